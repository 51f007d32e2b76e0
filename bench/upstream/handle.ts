import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Shape } from './answers.ts';
import type { FaultMix } from './faults.ts';
import type { Order, UpstreamReport } from './main.ts';

/** The bench's side of the upstream process. */
export class Upstream {
  readonly port: number;
  readonly #child: ChildProcess;
  #lastId = 0;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(): Promise<Upstream> {
    const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const report = await nextReport(child);
    if (!('port' in report)) throw new Error('the upstream did not say its port');
    return new Upstream(child, report.port);
  }

  /**
   * Answers like this from the next request on, with these faults on the first provider (`a`) and the second (`b`). Resolves,
   * once in force, to the requests seen so far.
   */
  async answer(shape: Shape, faults: { a?: FaultMix; b?: FaultMix } = {}, seed = 1): Promise<number> {
    const order: Order = { id: ++this.#lastId, shape, faults, seed };
    this.#child.send(order);
    const report = await nextReport(this.#child);
    if (!('id' in report) || report.id !== order.id) throw new Error('the upstream answered out of turn');
    return report.requests;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** The next IPC message; an error where the process ends instead. */
function nextReport(child: ChildProcess): Promise<UpstreamReport> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      child.off('exit', onExit);
      resolve(message as UpstreamReport);
    };
    const onExit = (code: number | null) => {
      child.off('message', onMessage);
      reject(new Error(`the upstream ended with code ${code}`));
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
  });
}
