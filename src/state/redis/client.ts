import { once } from 'node:events';
import { Cluster, Redis } from 'ioredis';
import type { Random } from '../../clock.ts';
import type { RedisTopology } from '../../config/state-config.ts';
import { addressLabel, parseRedisUrl, type RedisAddress } from './redis-url.ts';

/** What the rest of the room needs of ioredis, whichever kind of client it is. */
export type RedisClient = Redis | Cluster;

export interface RedisServers {
  /** Never empty. */
  readonly urls: readonly string[];
  readonly topology: RedisTopology;
}

/** How long connecting may take, and how long a connection may leave commands unanswered before it is taken for dead; ms. */
export const connectTimeoutMs = 2_000;

/** A client that is not connected yet, and what its servers are called in logs and errors: nothing secret. */
export function createClient(servers: RedisServers, random: Random): { client: RedisClient; where: string } {
  const { topology, urls } = servers;
  const addresses = urls.map((url) => parseRedisUrl(url, topology.kind === 'sentinel' ? 26379 : 6379));
  const [first] = addresses;
  if (!first) throw new RangeError('no address of a Redis');
  const where = addresses.map(addressLabel).join(', ');
  if (topology.kind === 'cluster') return { client: clusterClient(first, addresses, random), where };
  if (topology.kind === 'sentinel') {
    const client = sentinelClient(first, addresses, topology.master, random);
    return { client, where: `${topology.master} (Sentinel ${where})` };
  }
  return { client: new Redis({ ...options(first, random), host: first.host, port: first.port }), where };
}

/**
 * What keeps a command from ever waiting inside ioredis. Its own defaults would hold one for more than 40 seconds: a queue while there is no
 * connection, and twenty tries on new ones. Here a command is sent at once or fails at once; how long its answer may take is
 * the link's business.
 */
function options({ username, password, tls, host, db }: RedisAddress, random: Random) {
  return {
    lazyConnect: true,
    // Nothing here needs RESP3, whose handshake is one more thing that can fail.
    protocol: 2 as const,
    connectTimeout: connectTimeoutMs,
    // A server that is gone without a word (its network is) shows by what it does not answer.
    socketTimeout: connectTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: 1_000,
    retryStrategy: (times: number) => backoff(times, random),
    // A master that was made a replica answers so until we ask anew where the master is: Sentinel, or the name server.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    disableClientInfo: true,
    connectionName: 'breakwater',
    db,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: { servername: host } }),
  };
}

/** 50 ms to 1 s, half of it random, so that a fleet of replicas does not come back in step. */
function backoff(times: number, random: Random): number {
  const most = Math.min(1_000, 50 * 2 ** Math.min(times, 10));
  return most / 2 + (random() * most) / 2;
}

function clusterClient(first: RedisAddress, nodes: readonly RedisAddress[], random: Random): Cluster {
  const { lazyConnect, enableOfflineQueue, retryStrategy, db: _one, ...redisOptions } = options(first, random);
  const cluster = new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      lazyConnect,
      enableOfflineQueue,
      clusterRetryStrategy: retryStrategy,
      // No retries inside ioredis: they outlast the time a request waits, and run when nobody expects them any more.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      retryDelayOnTryAgain: 10,
      maxRedirections: 5,
      slotsRefreshTimeout: connectTimeoutMs,
      redisOptions,
    },
  );
  // ioredis connects to a node with the first command for it, and refuses those that come meanwhile. Not before the Cluster is ready: the
  // check for that is such a command.
  const connect = (node: Redis) => {
    if (node.status === 'wait' && node.options.readOnly !== true) node.connect().catch(toldByNode);
  };
  cluster.on('ready', () => cluster.nodes('master').forEach(connect));
  cluster.on('+node', (node: Redis) => {
    if (cluster.status === 'ready') connect(node);
  });
  return cluster;
}

/** What fails there comes as the client's `node error` too. */
function toldByNode(): void {}

/** Until each master of a Cluster can be written to. Rejects with the error of the first that cannot. */
export async function connectMasters(cluster: Cluster): Promise<void> {
  await Promise.all(cluster.nodes('master').map((node) => (node.status === 'ready' ? undefined : once(node, 'ready'))));
}

function sentinelClient(
  first: RedisAddress,
  sentinels: readonly RedisAddress[],
  master: string,
  random: Random,
): Redis {
  return new Redis({
    ...options(first, random),
    name: master,
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    sentinelRetryStrategy: (times: number) => backoff(times, random),
    sentinelCommandTimeout: connectTimeoutMs,
    ...(first.sentinelUsername !== undefined && { sentinelUsername: first.sentinelUsername }),
    ...(first.sentinelPassword !== undefined && { sentinelPassword: first.sentinelPassword }),
    ...(first.tls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
  });
}
