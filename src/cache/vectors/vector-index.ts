/** What vectors can be compared with one another: those of one embedder, in one number of dimensions. */
export interface VectorSpace {
  /** Names the embedder, with everything that changes its vectors: `openai/text-embedding-3-small`. */
  readonly embedder: string;
  readonly dimensions: number;
}

/** Where an entry lies. Ids are unique within their scope. */
export interface EntryKey {
  /** At most 128 bytes; braces are not allowed in it (it is the hash tag of a Redis Cluster). */
  readonly tenant: string;
  /** Opaque, without spaces, at most 200 bytes: a keyed hash of everything but the last question. */
  readonly scope: string;
  /** Without spaces, at most 200 bytes. */
  readonly id: string;
}

export interface VectorEntry extends EntryKey {
  /** Of any length but zero; it is normalised here. */
  readonly vector: Float32Array;
  /** Clock milliseconds; from then on it is no hit any more. */
  readonly expiresAt: number;
  /** What leads to the answer, such as its key in the store: at most 1,000 bytes. */
  readonly ref: string;
}

export interface VectorQuery {
  readonly tenant: string;
  readonly scope: string;
  readonly vector: Float32Array;
  /** The most hits wanted, 1 to 100. */
  readonly k: number;
  /**
   * The least cosine of a hit. Indexes that approximate use it: of entries at least so near practically none is overlooked, which they
   * could not promise for far ones.
   */
  readonly atLeast: number;
}

export interface VectorHit {
  readonly id: string;
  /** Exact to 0.001, computed here from both vectors and not taken from a server. */
  readonly cosine: number;
  readonly expiresAt: number;
  readonly ref: string;
}

/**
 * Finds the entries of one scope that are nearest to a vector. A hit is always of the tenant and scope asked for and not expired: every
 * implementation checks that itself for each hit, whatever its server says.
 *
 * One index holds one {@link VectorSpace}. Implementations: in process, Redis vector sets, Redis search.
 */
export interface VectorIndex {
  readonly space: VectorSpace;
  /** Puts an entry in, in place of one of the same key. @throws {VectorRefused} @throws {StateUnavailable} */
  add(entry: VectorEntry): void | Promise<void>;
  /** The nearest first. @throws {VectorRefused} @throws {StateUnavailable} */
  search(query: VectorQuery): readonly VectorHit[] | Promise<readonly VectorHit[]>;
  /** @returns how many there were @throws {StateUnavailable} */
  remove(keys: readonly EntryKey[]): number | Promise<number>;
  /** @returns how many there were @throws {StateUnavailable} */
  purgeScope(tenant: string, scope: string): number | Promise<number>;
  /** @returns how many there were @throws {StateUnavailable} */
  purgeTenant(tenant: string): number | Promise<number>;
  /** Frees what has expired at `now`, clock milliseconds; a bounded part of it a call. @returns how many @throws {StateUnavailable} */
  sweep(now: number): number | Promise<number>;
  /** Entries held, expired ones that nobody swept included. @throws {StateUnavailable} */
  size(): number | Promise<number>;
  close(): void | Promise<void>;
}
