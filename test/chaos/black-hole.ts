import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';

/** Listens, and then never runs its event loop again: nothing is accepted. */
const LISTEN_AND_SLEEP = `
const { parentPort, workerData } = require('node:worker_threads');
const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(workerData), 0, 0);
});`;

/** So often nothing has come, ten milliseconds apart, and a connection attempt is taken to hang: looks, for a busy machine is slow. */
const LOOKS = 25;
const LOOK_MS = 10;
/** Linux queues one connection more than the backlog says; more than this is another system's idea. */
const MOST_QUEUED = 32;

/**
 * A port of this machine that swallows connection attempts: the queue of a listener that accepts nothing is full, so the system
 * drops every further SYN, as a firewall between two machines would. Closed at the end of the test.
 */
export async function blackHole(t: TestContext): Promise<string> {
  const worker = new Worker(LISTEN_AND_SLEEP, { eval: true, workerData: new SharedArrayBuffer(4) });
  const queued: Socket[] = [];
  t.after(async () => {
    for (const socket of queued) socket.destroy();
    await worker.terminate();
  });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  while (queued.length < MOST_QUEUED) {
    const socket = connect(port, '127.0.0.1');
    queued.push(socket);
    if (await hangs(socket)) return `http://127.0.0.1:${port}/v1`;
  }
  throw new Error('this system accepts connections for a program that does not');
}

function hangs(socket: Socket): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let looks = 0;
    const timer = setInterval(() => {
      if (++looks >= LOOKS) settle(() => resolve(true));
    }, LOOK_MS);
    const settle = (then: () => void) => {
      clearInterval(timer);
      then();
    };
    socket.once('connect', () => settle(() => resolve(false)));
    socket.once('error', (error) => settle(() => reject(error)));
  });
}
