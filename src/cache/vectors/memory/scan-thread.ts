import { Worker } from 'node:worker_threads';
import type { CodeQuery } from './code-scan.ts';
import type { KernelMemory } from './kernel.ts';

export interface ScanThreadData {
  readonly memory: KernelMemory;
  readonly codeBytes: number;
}

export interface ScanJob {
  readonly id: number;
  readonly query: CodeQuery;
}

export interface ScanReply {
  readonly id: number;
  readonly positions: Uint32Array;
}

type Settle = (positions: Uint32Array | undefined) => void;

/** Scans that may wait or run: at 2 ms each, more would come too late to be of use. */
const mostWaiting = 32;

/** Built by tsc, the worker's file has another ending. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './scan-worker.ts' : './scan-worker.js', import.meta.url);

/** Scans codes in a thread of its own, so that the event loop goes on meanwhile. */
export class ScanThread {
  readonly #data: ScanThreadData;
  readonly #onCrash: (reason: string) => void;
  readonly #waiting = new Map<number, Settle>();
  #worker: Worker | undefined;
  #isReady = false;
  #lastId = 0;

  constructor(data: ScanThreadData, onCrash: (reason: string) => void) {
    this.#data = data;
    this.#onCrash = onCrash;
  }

  /** Whether it runs, so that a scan need not wait for its start. */
  get ready(): boolean {
    return this.#isReady;
  }

  get full(): boolean {
    return this.#waiting.size >= mostWaiting;
  }

  start(): void {
    if (this.#worker !== undefined) return;
    const worker = new Worker(WORKER, { execArgv: [], workerData: this.#data });
    worker.unref();
    worker.on('online', () => {
      if (this.#worker === worker) this.#isReady = true;
    });
    worker.on('message', ({ id, positions }: ScanReply) => this.#settle(id, positions));
    let reason = 'it ended';
    worker.on('error', (error) => {
      reason = error.message;
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#stopped();
      this.#onCrash(reason);
    });
    this.#worker = worker;
  }

  /** As {@link CodeScan.nearest}; undefined where the thread broke. Never fails. */
  nearest(query: CodeQuery): Promise<Uint32Array | undefined> {
    this.start();
    const worker = this.#worker;
    if (worker === undefined) return Promise.resolve(undefined);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      // Someone waits for it: it keeps the process alive as long.
      if (this.#waiting.size === 0) worker.ref();
      this.#waiting.set(id, resolve);
      const job: ScanJob = { id, query };
      worker.postMessage(job);
    });
  }

  /** Ends the thread. Scans under way are answered as unknown. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#stopped();
    await worker?.terminate();
  }

  #settle(id: number, positions: Uint32Array | undefined): void {
    const settle = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    settle?.(positions);
  }

  #stopped(): void {
    this.#worker = undefined;
    this.#isReady = false;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, undefined);
  }
}
