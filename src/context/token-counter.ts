import { Worker } from 'node:worker_threads';
import { type Clock, systemClock, type Timer } from '../clock.ts';
import { tokenMargin } from './token-margin.ts';

export interface CountJob {
  readonly id: number;
  readonly body: Uint8Array;
  /** Clock milliseconds. */
  readonly deadline: number;
  readonly factor: number;
  readonly foreign: number;
}

export interface CountReply {
  readonly id: number;
  readonly tokens: number | undefined;
}

export interface TokenCounterOptions {
  readonly clock?: Clock;
  /** How long a count may take, waiting included, milliseconds. Default 500. */
  readonly limit?: number;
  /** Counts that may wait or run. Default 32. */
  readonly queue?: number;
  /** The longest body that is counted, bytes: a longer one is not done in time. Default 4 MiB. */
  readonly longest?: number;
  /** The thread ends when nothing was asked of it for so long, milliseconds. Default 60,000. */
  readonly idle?: number;
}

interface Waiting {
  readonly settle: (tokens: number | undefined) => void;
  readonly timer: Timer;
}

/** Built by tsc, the worker's file has another ending. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './token-worker.ts' : './token-worker.js', import.meta.url);

/**
 * Counts the tokens of request bodies, in a thread of its own: the event loop only hands the bytes over. The thread starts with the first
 * count (its tables take most of a second of a slow core, and 60 MB) and ends when idle. Texts it has seen cost nothing: an agent sends its whole past each time.
 */
export class TokenCounter {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #queue: number;
  readonly #longest: number;
  readonly #idle: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idleTimer: Timer | undefined;
  #lastId = 0;

  constructor(options: TokenCounterOptions = {}) {
    const { clock = systemClock, limit = 500, queue = 32, longest = 4_194_304, idle = 60_000 } = options;
    this.#clock = clock;
    this.#limit = limit;
    this.#queue = queue;
    this.#longest = longest;
    this.#idle = idle;
  }

  /** The thread runs. */
  get running(): boolean {
    return this.#worker !== undefined;
  }

  /**
   * Tokens of the text in a request's JSON body, as the model would count them, with a margin where we do not have its tokenizer.
   * Pictures, documents and sound are not in it: see `countedBound`. Undefined: not known in time, take the bound from the bytes.
   * Never fails.
   */
  count(body: Uint8Array, model: string): Promise<number | undefined> {
    if (body.byteLength > this.#longest || this.#waiting.size >= this.#queue) return Promise.resolve(undefined);
    const id = ++this.#lastId;
    const { factor, foreign } = tokenMargin(model);
    const worker = this.#start();
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => this.#settle(id, undefined), this.#limit);
      this.#waiting.set(id, { settle: resolve, timer });
      const copy = new Uint8Array(body);
      const job: CountJob = { id, body: copy, deadline: this.#clock.now() + this.#limit, factor, foreign };
      worker.postMessage(job, [copy.buffer]);
    });
  }

  /** Starts the thread ahead of need: a budget nears its limit. Until it runs, counts are not known in time. */
  warm(): void {
    this.#start();
    this.#rest();
  }

  /** Ends the thread. Counts under way are answered as unknown. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#stopped();
    await worker?.terminate();
  }

  #start(): Worker {
    this.#clock.clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(WORKER, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 512 } });
    worker.unref();
    worker.on('message', ({ id, tokens }: CountReply) => this.#settle(id, tokens));
    // It broke (out of memory, say): those who wait take the bound, and the next count starts another.
    const gone = () => {
      if (this.#worker === worker) this.#stopped();
    };
    worker.on('error', gone);
    worker.on('exit', gone);
    this.#worker = worker;
    return worker;
  }

  #settle(id: number, tokens: number | undefined): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#clock.clearTimeout(waiting.timer);
    waiting.settle(tokens);
    this.#rest();
  }

  /** Nothing to do: the thread ends unless something comes. */
  #rest(): void {
    if (this.#waiting.size > 0 || this.#worker === undefined) return;
    this.#clock.clearTimeout(this.#idleTimer);
    this.#idleTimer = this.#clock.setTimeout(() => void this.close(), this.#idle);
    this.#idleTimer.unref?.();
  }

  #stopped(): void {
    this.#worker = undefined;
    this.#clock.clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, undefined);
  }
}
