import { hash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { LruMap } from '../../lru-map.ts';
import type { Embedder, EmbedOptions, EmbedTrouble, EmbedTroubleKind } from './embedder.ts';
import { BadEmbeddings, type EmbeddingsRequest, readEmbeddings } from './embeddings-call.ts';
import { FailurePause } from './failure-pause.ts';
import { within } from './within.ts';

export interface TargetEmbedderOptions {
  /** `provider/model`. */
  readonly target: string;
  /** What the provider calls the model. */
  readonly model: string;
  /** Asked for and insisted on; undefined: whatever the first vector has. */
  readonly dimensions?: number | undefined;
  /** The most a call may take, milliseconds. */
  readonly timeout: number;
  /** Ask for base64, which is a quarter of the bytes; for providers known to have it. Default false. */
  readonly base64?: boolean;
  /** Texts whose vectors are remembered, 4 bytes a dimension each. Default 1,000. */
  readonly remembered?: number;
  readonly clock: Clock;
  /** Posts it to the target's /embeddings. Gives the answer's JSON, rejects where it was no 200. `signal`: nobody waits any more. */
  readonly callTarget: (request: EmbeddingsRequest, signal: AbortSignal) => Promise<unknown>;
  readonly onTrouble?: (trouble: EmbedTrouble) => void;
}

/** An embedder behind any OpenAI-compatible `/embeddings`. One call a question: what it cost is then its tenant's. */
export class TargetEmbedder implements Embedder {
  readonly id: string;
  readonly shadowOnly = false;
  readonly #options: TargetEmbedderOptions;
  readonly #known: LruMap<string, Float32Array>;
  readonly #pause: FailurePause;
  #dimensions: number | undefined;

  constructor(options: TargetEmbedderOptions) {
    this.#options = options;
    this.id = options.dimensions === undefined ? options.target : `${options.target}@${options.dimensions}`;
    this.#dimensions = options.dimensions;
    this.#known = new LruMap(options.remembered ?? 1_000);
    this.#pause = new FailurePause(options.clock);
  }

  get dimensions(): number | undefined {
    return this.#dimensions;
  }

  async embed(texts: readonly string[], options: EmbedOptions): Promise<readonly Float32Array[] | undefined> {
    const keys = texts.map((text) => hash('sha256', text, 'base64'));
    const unknown = new Map<string, string>();
    const vectors = new Map<string, Float32Array>();
    for (const [place, key] of keys.entries()) {
      const vector = this.#known.get(key);
      if (vector !== undefined) vectors.set(key, vector);
      else unknown.set(key, texts[place] ?? '');
    }
    if (unknown.size > 0) {
      const made = await this.#ask([...unknown.values()], options);
      if (made === undefined) return undefined;
      for (const [place, key] of [...unknown.keys()].entries()) {
        const vector = made[place];
        if (vector === undefined) return undefined;
        this.#known.set(key, vector);
        vectors.set(key, vector);
      }
    }
    return keys.map((key) => vectors.get(key)).filter((vector) => vector !== undefined);
  }

  close(): void {}

  async #ask(
    texts: readonly string[],
    { deadline, onUsage }: EmbedOptions,
  ): Promise<readonly Float32Array[] | undefined> {
    const { clock, timeout, model, dimensions, base64 } = this.#options;
    const ownLimit = clock.now() + timeout;
    const until = Math.min(deadline, ownLimit);
    if (until <= clock.now()) return this.#trouble('timeout', 'no time is left');
    if (!this.#pause.admits()) return this.#trouble('paused', 'it has failed too often lately');
    const request: EmbeddingsRequest = {
      model,
      input: texts,
      ...(dimensions !== undefined && { dimensions }),
      encoding_format: base64 === true ? 'base64' : 'float',
    };
    const cancel = new AbortController();
    try {
      const json = await within(clock, until, this.#options.callTarget(request, cancel.signal), late);
      if (json === late) {
        // A caller in a hurry says nothing of the embedder.
        if (until < ownLimit) this.#pause.unknown();
        else this.#pause.failed();
        return this.#trouble('timeout', `no answer within ${Math.round(until - (ownLimit - timeout))} ms`);
      }
      const { vectors, inputTokens } = readEmbeddings(json, texts.length, this.#dimensions);
      this.#pause.succeeded();
      this.#dimensions ??= vectors[0]?.length;
      onUsage?.({ inputTokens });
      return vectors;
    } catch (error) {
      this.#pause.failed();
      const kind = error instanceof BadEmbeddings ? error.kind : 'failed';
      // It was made all the same, and is to be paid.
      if (error instanceof BadEmbeddings) onUsage?.({ inputTokens: undefined });
      return this.#trouble(kind, error instanceof Error ? error.message : String(error));
    } finally {
      cancel.abort();
    }
  }

  #trouble(kind: EmbedTroubleKind, reason: string): undefined {
    this.#options.onTrouble?.({ kind, embedder: this.id, reason });
    return undefined;
  }
}

const late = Symbol('late');
