import { Worker } from 'node:worker_threads';
import type { Clock } from '../../clock.ts';
import type { Embedder, EmbedOptions, EmbedTrouble, EmbedTroubleKind } from './embedder.ts';
import { BadEmbeddings, checkVectors } from './embeddings-call.ts';
import { FailurePause } from './failure-pause.ts';
import { within } from './within.ts';

/** What a thread is asked. */
export interface ThreadJob {
  readonly id: number;
  readonly texts: readonly string[];
}

/** Said to a thread that ends by itself: it is to finish what it is at, and nothing more. */
export const END = 'end';

/** What it answers. `kind`: where a text is to blame and not the thread. */
export type ThreadReply =
  | { readonly id: number; readonly vectors: readonly Float32Array[] }
  | { readonly id: number; readonly failure: string; readonly kind?: 'too-long' };

export interface ThreadEmbedderOptions {
  readonly id: string;
  /** Undefined: whatever the first vector has. */
  readonly dimensions: number | undefined;
  readonly shadowOnly: boolean;
  /** What the thread runs, and what it is given as `workerData`. */
  readonly thread: { readonly url: URL; readonly data: unknown };
  /**
   * The thread runs native code, and must not be ended from outside: that would take the whole process with it. It is told {@link END}.
   * Default false.
   */
  readonly isNative?: boolean;
  /** The most a call may take, milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly onTrouble?: ((trouble: EmbedTrouble) => void) | undefined;
}

/** Calls that may wait or run, at some 10 to 20 ms each. */
const mostWaiting = 16;
/** The most that closing waits for a thread to end by itself, milliseconds. */
const endsWithin = 10_000;
/** A thread that has answered nothing for so long is ended; the next call starts another. Milliseconds. */
const stuckAfter = 60_000;

/** An embedder in a thread of its own, so that its sums delay no other request. A thread that ends is started again. */
export class ThreadEmbedder implements Embedder {
  readonly id: string;
  readonly shadowOnly: boolean;
  readonly #options: ThreadEmbedderOptions;
  readonly #pause: FailurePause;
  readonly #waiting = new Map<number, (reply: ThreadReply) => void>();
  #worker: Worker | undefined;
  #dimensions: number | undefined;
  #lastId = 0;
  /** When it last answered, or was given something to do while it had nothing. Clock milliseconds. */
  #aliveAt = 0;

  constructor(options: ThreadEmbedderOptions) {
    this.#options = options;
    this.id = options.id;
    this.shadowOnly = options.shadowOnly;
    this.#dimensions = options.dimensions;
    this.#pause = new FailurePause(options.clock);
  }

  get dimensions(): number | undefined {
    return this.#dimensions;
  }

  /** Loads the model ahead of need. */
  warm(): void {
    this.#start();
  }

  async embed(texts: readonly string[], { deadline }: EmbedOptions): Promise<readonly Float32Array[] | undefined> {
    const { clock, timeout } = this.#options;
    const ownLimit = clock.now() + timeout;
    const until = Math.min(deadline, ownLimit);
    if (until <= clock.now()) return this.#trouble('timeout', 'no time is left');
    this.#endIfStuck();
    if (this.#waiting.size >= mostWaiting) return this.#trouble('overloaded', `${mostWaiting} calls wait already`);
    if (!this.#pause.admits()) return this.#trouble('paused', 'it has failed too often lately');
    const reply = await within(clock, until, this.#ask(texts), late);
    if (reply === late) {
      // A caller in a hurry says nothing of the embedder.
      if (until < ownLimit) this.#pause.unknown();
      else this.#pause.failed();
      return this.#trouble('timeout', 'not ready in time');
    }
    if ('failure' in reply) {
      if (reply.kind === undefined) this.#pause.failed();
      else this.#pause.succeeded();
      return this.#trouble(reply.kind ?? 'failed', reply.failure);
    }
    try {
      if (reply.vectors.length !== texts.length) throw new BadEmbeddings('invalid', 'too few vectors');
      checkVectors(reply.vectors, this.#dimensions);
    } catch (error) {
      if (!(error instanceof BadEmbeddings)) throw error;
      this.#pause.failed();
      return this.#trouble(error.kind, error.message);
    }
    this.#pause.succeeded();
    this.#dimensions ??= reply.vectors[0]?.length;
    return reply.vectors;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#stopped('it was closed');
    if (worker === undefined) return;
    if (this.#options.isNative !== true) {
      await worker.terminate();
      return;
    }
    const { clock } = this.#options;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    // The process must not end before it either.
    worker.ref();
    worker.postMessage(END);
    await within(clock, clock.now() + endsWithin, ended, undefined);
    worker.unref();
  }

  #ask(texts: readonly string[]): Promise<ThreadReply> {
    const worker = this.#start();
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      if (this.#waiting.size === 0) {
        worker.ref();
        this.#aliveAt = this.#options.clock.now();
      }
      this.#waiting.set(id, resolve);
      const job: ThreadJob = { id, texts };
      worker.postMessage(job);
    });
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const { url, data } = this.#options.thread;
    const worker = new Worker(url, { execArgv: [], workerData: data });
    worker.unref();
    worker.on('message', (reply: ThreadReply) => {
      // One that was given up may still have had an answer under way.
      if (this.#worker === worker) this.#settle(reply);
    });
    let reason = 'the thread ended';
    worker.on('error', (error) => {
      reason = error.message;
    });
    // The next call starts another.
    worker.on('exit', () => {
      if (this.#worker === worker) this.#stopped(reason);
    });
    this.#worker = worker;
    return worker;
  }

  #endIfStuck(): void {
    const { clock, isNative } = this.#options;
    if (isNative === true || this.#waiting.size === 0 || clock.now() - this.#aliveAt < stuckAfter) return;
    const worker = this.#worker;
    this.#stopped('the thread was stuck');
    // Nobody waits for its end.
    void worker?.terminate();
  }

  #settle(reply: ThreadReply): void {
    const settle = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    this.#aliveAt = this.#options.clock.now();
    if (this.#waiting.size === 0) this.#worker?.unref();
    settle?.(reply);
  }

  #stopped(failure: string): void {
    this.#worker = undefined;
    for (const id of [...this.#waiting.keys()]) this.#settle({ id, failure });
  }

  #trouble(kind: EmbedTroubleKind, reason: string): undefined {
    this.#options.onTrouble?.({ kind, embedder: this.id, reason });
    return undefined;
  }
}

const late = Symbol('late');

/** A worker's file beside the one that starts it: built by tsc, it has another ending. */
export function workerBeside(module: string, name: string): URL {
  return new URL(`./${name}${module.endsWith('.ts') ? '.ts' : '.js'}`, module);
}
