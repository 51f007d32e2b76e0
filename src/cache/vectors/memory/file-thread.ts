import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { RowChanges } from './vector-file.ts';

export interface FileThreadData {
  readonly file: string;
}

export interface FileReply {
  /** Undefined: written. */
  readonly failure: string | undefined;
}

/** Built by tsc, the worker's file has another ending. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './file-worker.ts' : './file-worker.js', import.meta.url);

/** Writes rows to a file in a thread of its own: SQLite waits for the disk, and the event loop must not. */
export class FileThread {
  readonly #file: string;
  #worker: Worker | undefined;
  #settle: ((failure: string | undefined) => void) | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** One at a time. @returns what went wrong; undefined: written. Never fails. */
  write(changes: RowChanges): Promise<string | undefined> {
    const worker = this.#start();
    worker.ref();
    return new Promise((resolve) => {
      this.#settle = resolve;
      worker.postMessage(changes);
    });
  }

  /** After what is being written. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    worker.ref();
    const ended = once(worker, 'exit');
    worker.postMessage('close');
    await ended;
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const data: FileThreadData = { file: this.#file };
    const worker = new Worker(WORKER, { execArgv: [], workerData: data });
    let reason = 'the thread that writes it ended';
    worker.on('message', ({ failure }: FileReply) => this.#answer(failure));
    worker.on('error', (error) => {
      reason = error.message;
    });
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#answer(reason);
    });
    this.#worker = worker;
    return worker;
  }

  #answer(failure: string | undefined): void {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#worker?.unref();
    settle?.(failure);
  }
}
