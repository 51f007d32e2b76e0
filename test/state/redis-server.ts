import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** Where a Redis for tests listens. */
export interface RedisPlace {
  readonly host: string;
  readonly port: number;
}

/** A server of one test's own, which it may kill, freeze and starve. */
export interface OwnRedis extends RedisPlace {
  readonly process: ChildProcess;
  /** As a crash does it. */
  kill(): Promise<void>;
  /** For good. */
  end(): Promise<void>;
  /** The same again on the same port, empty. */
  start(): Promise<void>;
  /** One command, on a connection of its own. */
  command(name: string, ...args: readonly (string | number)[]): Promise<unknown>;
}

/** The older ones lack what the product needs, or what the tests want to see of it. */
const oldest = [7, 2] as const;

/** A `redis-server` to start: what `BREAKWATER_TEST_REDIS_SERVER` names, else the one on PATH where it is new enough. */
export function redisServerCommand(): string | undefined {
  const command = process.env.BREAKWATER_TEST_REDIS_SERVER || 'redis-server';
  try {
    const [, major, minor] = /v=(\d+)\.(\d+)/.exec(execFileSync(command, ['--version'], { encoding: 'utf8' })) ?? [];
    const isNewEnough = Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
    return isNewEnough ? command : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What stands in a test's `skip`: false, or why it cannot run here. Where services are required nothing is skipped. */
export function skipWithout(what: unknown, reason: string): string | false {
  if (what !== undefined) return false;
  if (process.env.BREAKWATER_TEST_REQUIRE_SERVICES === '1') throw new Error(`services are required: ${reason}`);
  return reason;
}

/** `host:port` in an environment variable. */
export function placeFrom(variable: string): RedisPlace | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}

/** Starts a server with nothing on disk, on a port nobody uses. `args` are its own, and win over ours. */
export function startRedis(...args: readonly string[]): Promise<OwnRedis> {
  return launch((port, directory) => {
    return ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', directory, ...args];
  });
}

/** Starts a Sentinel. `lines` are those of its configuration that say what it watches. */
export function startSentinel(...lines: readonly string[]): Promise<OwnRedis> {
  return launch((port, directory) => {
    const file = join(directory, 'sentinel.conf');
    writeFileSync(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${directory}`, ...lines].join('\n'));
    return [file, '--sentinel'];
  });
}

async function launch(args: (port: number, directory: string) => readonly string[]): Promise<OwnRedis> {
  const server = redisServerCommand();
  if (server === undefined) throw new Error('no redis-server of 7.2 or newer on PATH');
  const directory = mkdtempSync(join(tmpdir(), 'breakwater-redis-'));
  const port = await freePort();
  const begin = () => spawn(server, args(port, directory), { stdio: 'ignore' });
  let child = begin();
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  await answers(port).catch(async (error: unknown) => {
    await kill();
    throw error;
  });
  return {
    host: '127.0.0.1',
    port,
    get process() {
      return child;
    },
    kill,
    async end() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
    async start() {
      child = begin();
      await answers(port);
    },
    async command(name, ...rest) {
      const send = () => withClient({ host: '127.0.0.1', port }, (client) => client.call(name, ...rest));
      try {
        return await send();
      } catch (error) {
        // A Sentinel that changes a server's role ends all its connections.
        if (error instanceof Error && error.message === 'Connection is closed.') return send();
        throw error;
      }
    },
  };
}

/** A port that is free, and so is the one 10,000 above it, on which the nodes of a Cluster talk. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = await listenOnce(0);
    if (port !== undefined && port < 55_000 && (await listenOnce(port + 10_000)) !== undefined) return port;
  }
}

/** @returns the port, if it was free */
async function listenOnce(wanted: number): Promise<number | undefined> {
  const server = createServer();
  const port = await new Promise<number | undefined>((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : undefined);
    });
  });
  if (port !== undefined) {
    server.close();
    await once(server, 'close');
  }
  return port;
}

/** One client for as long as `use` takes. */
export async function withClient<T>(place: RedisPlace, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({
    ...place,
    retryStrategy: () => null,
    lazyConnect: true,
    enableReadyCheck: false,
    protocol: 2,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    client.disconnect();
  }
}

/** Until it holds: what a real server does cannot be put forward. The bound only keeps a failing test from hanging. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 3_000; tries++) {
    if (await holds()) return;
    await wait(10);
  }
  throw new Error(`not within 30 s: ${what}`);
}

async function answers(port: number): Promise<void> {
  await until(`a server on port ${port}`, async () => {
    try {
      await withClient({ host: '127.0.0.1', port }, (client) => client.ping());
      return true;
    } catch (error) {
      // It is there, and wants a password.
      return error instanceof Error && error.message.startsWith('NOAUTH');
    }
  });
}
