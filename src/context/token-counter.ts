import { type Transferable, Worker } from 'node:worker_threads';
import { type Clock, systemClock, type Timer } from '../clock.ts';
import type { PromptSketch } from './audit/sketch.ts';
import { tokenMargin } from './token-margin.ts';

interface Job {
  readonly id: number;
  /** Clock milliseconds. */
  readonly deadline: number;
}

/** All text of a request's body. */
export interface CountJob extends Job {
  readonly kind: 'body';
  readonly body: Uint8Array;
  readonly factor: number;
  readonly foreign: number;
}

/** Each of several texts. */
export interface TextsJob extends Job {
  readonly kind: 'texts';
  readonly texts: readonly string[];
}

/** A system prompt and the tools offered with it. */
export interface PromptJob extends Job {
  readonly kind: 'prompt';
  readonly prompt: string;
  /** JSON text of the list of tools; empty: none. */
  readonly tools: string;
}

export type TokenJob = CountJob | TextsJob | PromptJob;

/** Undefined: not done in time. */
export type TokenReply =
  | { readonly id: number; readonly kind: 'body'; readonly tokens: number | undefined }
  | { readonly id: number; readonly kind: 'texts'; readonly each: readonly number[] | undefined }
  | { readonly id: number; readonly kind: 'prompt'; readonly sketch: PromptSketch | undefined };

export interface TokenCounterOptions {
  readonly clock?: Clock;
  /** How long a count may take, waiting included, milliseconds. Default 500. */
  readonly limit?: number;
  /** Counts of bodies that may wait or run. Default 32. */
  readonly queue?: number;
  /** Bytes of all that waits or runs. Default 64 MiB. */
  readonly most?: number;
  /** The longest body that is counted, bytes: a longer one is not done in time. Default 4 MiB. */
  readonly longest?: number;
  /** The thread ends when nothing was asked of it for so long, milliseconds. Default 60,000. */
  readonly idle?: number;
}

interface Waiting {
  readonly settle: (reply: TokenReply | undefined) => void;
  readonly timer: Timer;
  readonly bytes: number;
}

/** Counts of texts and prompts may be so many times those of bodies: of a known conversation they bring the last turn only. */
const TEXTS_FOR_A_BODY = 16;

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
  readonly #most: number;
  readonly #longest: number;
  readonly #idle: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idleTimer: Timer | undefined;
  #lastId = 0;
  #waitingBytes = 0;
  #stays = false;

  constructor(options: TokenCounterOptions = {}) {
    const { clock = systemClock, limit = 500, queue = 32, most = 67_108_864 } = options;
    const { longest = 4_194_304, idle = 60_000 } = options;
    this.#clock = clock;
    this.#limit = limit;
    this.#queue = queue;
    this.#most = most;
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
  async count(body: Uint8Array, model: string): Promise<number | undefined> {
    if (body.byteLength > this.#longest) return undefined;
    const { factor, foreign } = tokenMargin(model);
    if (this.#waiting.size >= this.#queue) return undefined;
    const reply = await this.#ask(this.#limit, body.byteLength, (id, deadline) => {
      const copy = new Uint8Array(body);
      return [{ kind: 'body', id, deadline, body: copy, factor, foreign }, [copy.buffer]];
    });
    return reply?.kind === 'body' ? reply.tokens : undefined;
  }

  /**
   * Tokens of each text in o200k_base, without a margin: for planning and reports, not for admission. See `tokenFactor` for other models.
   * Undefined: not known in time. Never fails.
   *
   * @param limit how long it may take, milliseconds
   */
  async countEach(texts: readonly string[], limit = this.#limit): Promise<readonly number[] | undefined> {
    let characters = 0;
    for (const text of texts) characters += text.length;
    if (characters > this.#longest) return undefined;
    const reply = await this.#ask(limit, characters, (id, deadline) => [{ kind: 'texts', id, deadline, texts }, []]);
    return reply?.kind === 'texts' ? reply.each : undefined;
  }

  /**
   * What the audit has to know of a system prompt. Undefined: not known in time. Never fails.
   *
   * @param tools JSON text of the list of tools; empty: none
   */
  async sketch(prompt: string, tools: string, limit = this.#limit): Promise<PromptSketch | undefined> {
    if (prompt.length + tools.length > this.#longest) return undefined;
    const reply = await this.#ask(limit, prompt.length + tools.length, (id, deadline) => [
      { kind: 'prompt', id, deadline, prompt, tools },
      [],
    ]);
    return reply?.kind === 'prompt' ? reply.sketch : undefined;
  }

  /** Starts the thread ahead of need: a budget nears its limit. Until it runs, counts are not known in time. */
  warm(): void {
    this.#start();
    this.#rest();
  }

  /** The thread is not ended for being idle: somebody counts with each request, and none is to wait for its tables. */
  stay(): void {
    this.#stays = true;
    this.warm();
  }

  /** Ends the thread. Counts under way are answered as unknown. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#stopped();
    await worker?.terminate();
  }

  #ask(
    limit: number,
    bytes: number,
    jobOf: (id: number, deadline: number) => readonly [TokenJob, Transferable[]],
  ): Promise<TokenReply | undefined> {
    const full = this.#waiting.size >= this.#queue * TEXTS_FOR_A_BODY || this.#waitingBytes + bytes > this.#most;
    if (full) return Promise.resolve(undefined);
    const id = ++this.#lastId;
    const worker = this.#start();
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => this.#settle(id, undefined), limit);
      this.#waiting.set(id, { settle: resolve, timer, bytes });
      this.#waitingBytes += bytes;
      const [job, transferred] = jobOf(id, this.#clock.now() + limit);
      worker.postMessage(job, transferred);
    });
  }

  #start(): Worker {
    this.#clock.clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(WORKER, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 512 } });
    worker.unref();
    worker.on('message', (reply: TokenReply) => this.#settle(reply.id, reply));
    // It broke (out of memory, say): those who wait take the bound, and the next count starts another.
    const gone = () => {
      if (this.#worker === worker) this.#stopped();
    };
    worker.on('error', gone);
    worker.on('exit', gone);
    this.#worker = worker;
    return worker;
  }

  #settle(id: number, reply: TokenReply | undefined): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#waitingBytes -= waiting.bytes;
    this.#clock.clearTimeout(waiting.timer);
    waiting.settle(reply);
    this.#rest();
  }

  /** Nothing to do: the thread ends unless something comes. */
  #rest(): void {
    if (this.#waiting.size > 0 || this.#worker === undefined || this.#stays) return;
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
