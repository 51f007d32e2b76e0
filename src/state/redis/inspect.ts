import { Cluster } from 'ioredis';
import type { Clock } from '../../clock.ts';
import type { RedisTopology } from '../../config/state-config.ts';
import { connectMasters, connectTimeoutMs, type RedisClient } from './client.ts';
import { RedisRefused } from './redis-url.ts';

/** The scripts use what came with it (PEXPIRE GT), and older ones get no security fixes. */
const oldestMajor = 7;

/** Errors of connecting that no waiting mends. */
const wrongSetting =
  /WRONGPASS|NOAUTH|NOPERM|ERR AUTH|invalid password|DB index is out of range|SELECT is not allowed|^(CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/;

/** Connects. @returns undefined once ready, else why it is not yet: it goes on trying. @throws {RedisRefused} */
export async function connectOnce(client: RedisClient, clock: Clock, where: string): Promise<string | undefined> {
  const problem = await new Promise<Error | undefined>((resolve) => {
    const timer = clock.setTimeout(() => done(new Error('no connection in time')), connectTimeoutMs + 1_000);
    const failed = (error: Error) => done(error);
    const ready = () => {
      if (client instanceof Cluster) connectMasters(client).then(() => done(undefined), failed);
      else done(undefined);
    };
    const done = (error: Error | undefined) => {
      clock.clearTimeout(timer);
      client.off('error', failed);
      client.off('ready', ready);
      resolve(error && 'lastNodeError' in error && error.lastNodeError instanceof Error ? error.lastNodeError : error);
    };
    client.on('error', failed);
    client.on('ready', ready);
    client.connect().catch(failed);
  });
  if (!problem) return undefined;
  const code = 'code' in problem ? String(problem.code) : '';
  if (/cluster support disabled/i.test(problem.message)) throw new RedisRefused(noCluster(where));
  if (wrongSetting.test(code) || wrongSetting.test(problem.message)) {
    throw new RedisRefused(`Redis at ${where} does not let us in: ${problem.message}`);
  }
  return problem.message;
}

/** @returns the server's version. @throws {RedisRefused} where it cannot be used */
export async function inspectServer(
  client: RedisClient,
  topology: RedisTopology['kind'],
  where: string,
): Promise<string> {
  let info: string;
  try {
    info = await client.info();
  } catch (error) {
    // A user may be denied INFO and everything else still work.
    if (error instanceof Error && error.message.startsWith('NOPERM')) return 'unknown';
    throw error;
  }
  const field = (name: string) => new RegExp(`^${name}:([^\\r\\n]*)`, 'm').exec(info)?.[1];
  const version = field('redis_version') ?? 'unknown';
  const major = Number.parseInt(version, 10);
  if (major < oldestMajor) {
    throw new RedisRefused(`Redis at ${where} is version ${version}; ${oldestMajor}.0 or newer is needed`);
  }
  const isCluster = field('cluster_enabled') === '1';
  if (isCluster && topology !== 'cluster') {
    throw new RedisRefused(`Redis at ${where} is a node of a Cluster: write "cluster: true" beside its address`);
  }
  if (!isCluster && topology === 'cluster') {
    throw new RedisRefused(noCluster(where));
  }
  return version;
}

const noCluster = (where: string): string => `Redis at ${where} is no Cluster: leave out "cluster: true"`;
