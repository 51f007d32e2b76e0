import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { CannotStart, type Place } from './subject.ts';

/** A started command and how to end it. */
export interface Launched {
  readonly pid: number;
  /** Ends it: SIGTERM, and SIGKILL five seconds later. */
  stop(): Promise<void>;
}

const START_MS = 20_000;
const STOP_MS = 5_000;

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Runs a command on the proxies' CPU, its output to `NAME.log` in the folder, and waits until it listens on the port.
 * @throws CannotStart with the end of its output where it does not.
 */
export async function launch(name: string, command: readonly string[], port: number, place: Place): Promise<Launched> {
  const logFile = join(place.folder, `${name}.log`);
  const log = openSync(logFile, 'w');
  const [program = '', ...args] = [...place.pinning.proxyPrefix, ...command];
  const child = spawn(program, args, {
    stdio: ['ignore', log, log],
    cwd: place.folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production' },
  });
  closeSync(log);
  running.add(child);
  child.once('exit', () => running.delete(child));
  const failed = once(child, 'error').then(([error]) => String(error));
  const ended = once(child, 'exit').then(([code]) => `ended with code ${code}`);
  const problem = await Promise.race([failed, ended, listening(port, child)]);
  if (problem !== undefined || child.pid === undefined) {
    await stop(child);
    const lastLines = readFileSync(logFile, 'utf8').trim().split('\n').slice(-4).join(' | ');
    throw new CannotStart(`${name}: ${problem}${lastLines === '' ? '' : `: ${lastLines.slice(0, 600)}`}`);
  }
  return { pid: child.pid, stop: () => stop(child) };
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function listening(port: number, child: ChildProcess): Promise<string | undefined> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    if (await accepts(port)) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return `does not listen after ${START_MS / 1000} s`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(killer);
}
