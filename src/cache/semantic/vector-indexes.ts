import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { VectorIndexKind } from '../../config/cache-config.ts';
import { MemoryVectorIndex } from '../vectors/memory/memory-index.ts';
import type { VectorLink } from '../vectors/redis/vector-link.ts';
import type { VectorIndex, VectorSpace } from '../vectors/vector-index.ts';

/** An index that could not be opened is tried again after, milliseconds. */
const RETRY_MS = 30_000;
/** So many vectors of one tenant Redis keeps: at 1,536 dimensions about 700 MB with their graph. */
const MOST_PER_TENANT = 100_000;

export interface VectorIndexOptions {
  readonly clock: Clock;
  /** What vectors in this process may take, bytes. */
  readonly maxBytes: number;
  readonly perTenant: number;
  /** Where vectors in this process outlive it; undefined: nowhere. */
  readonly directory: string | undefined;
  readonly redis: { readonly link: VectorLink; readonly prefix: string } | undefined;
  readonly onTrouble: (what: string, reason: string) => void;
}

interface Opened {
  /** Undefined: it is being opened, or cannot be. */
  index: VectorIndex | undefined;
  opening: Promise<VectorIndex | undefined> | undefined;
  retryAt: number;
}

/** The indexes of one embedder, opened when they are first asked: until its first vector its dimensions may not be known. */
export class VectorIndexes {
  readonly #options: VectorIndexOptions;
  readonly #opened = new Map<VectorIndexKind, Opened>();

  constructor(options: VectorIndexOptions) {
    this.#options = options;
  }

  /** Undefined, now or later: it cannot be had for the moment. */
  find(kind: VectorIndexKind, space: VectorSpace): VectorIndex | undefined | Promise<VectorIndex | undefined> {
    let one = this.#opened.get(kind);
    if (one === undefined) {
      one = { index: undefined, opening: undefined, retryAt: Number.NEGATIVE_INFINITY };
      this.#opened.set(kind, one);
    }
    if (one.index !== undefined) return one.index;
    if (one.opening === undefined && this.#options.clock.now() >= one.retryAt) this.#open(one, kind, space);
    return one.opening;
  }

  *entries(): Generator<{ readonly kind: VectorIndexKind; readonly index: VectorIndex }> {
    for (const [kind, { index }] of this.#opened) if (index !== undefined) yield { kind, index };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map(({ opening }) => opening));
    for (const { index } of this.entries()) await index.close();
  }

  #open(one: Opened, kind: VectorIndexKind, space: VectorSpace): void {
    const { clock, onTrouble } = this.#options;
    one.opening = this.#make(kind, space).then(
      (index) => {
        one.index = index;
        one.opening = undefined;
        return index;
      },
      (error: unknown) => {
        one.retryAt = clock.now() + RETRY_MS;
        one.opening = undefined;
        onTrouble('index-open', error instanceof Error ? error.message : String(error));
        return undefined;
      },
    );
  }

  async #make(kind: VectorIndexKind, space: VectorSpace): Promise<VectorIndex> {
    const { clock, maxBytes, perTenant, directory, redis, onTrouble } = this.#options;
    if (kind === 'memory') {
      return MemoryVectorIndex.open({
        space,
        maxBytes,
        perTenant,
        file: directory === undefined ? undefined : join(directory, 'vectors.db'),
        clock,
        onTrouble: ({ kind: what, reason }) => onTrouble(`index-${what}`, reason),
      });
    }
    if (redis === undefined) throw new Error(`cache.semantic.index: ${kind} needs "state: {redis: ...}"`);
    const options = { space, link: redis.link, clock, keyPrefix: redis.prefix, mostPerTenant: MOST_PER_TENANT };
    if (kind === 'redis-vectorset') {
      const { VectorSetIndex } = await import('../vectors/redis/vector-set-index.ts');
      const index = new VectorSetIndex(options);
      await index.probe();
      return index;
    }
    const { SearchIndex } = await import('../vectors/redis/search-index.ts');
    const index = new SearchIndex(options);
    await index.probe();
    return index;
  }
}
