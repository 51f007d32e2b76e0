import { type EvidenceKey, nameOf } from '../evidence-key.ts';

export interface StoredEvidence {
  /** JSON. */
  readonly record: string;
  /** Grows with each save. */
  readonly revision: number;
}

/** Where evidence is kept. Implementations reject where the store cannot be reached, and never wait for long. */
export interface EvidenceStore {
  /** Undefined: there is none. */
  load(key: EvidenceKey): Promise<StoredEvidence | undefined>;
  /**
   * Replaces what was loaded, atomically.
   *
   * @param expected the revision that was loaded; 0: there was none
   * @returns the new revision; undefined where another process has saved in the meantime, and nothing was changed
   */
  save(key: EvidenceKey, record: string, expected: number): Promise<number | undefined>;
  close(): void;
}

/** Evidence untouched for so long is forgotten, milliseconds: such a kind of work is not asked for any more. */
export const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
/** Records of one tenant. Above it the oldest go. */
export const MOST_PER_TENANT = 10_000;

/** For tests, and for one process that may forget. */
export class MemoryEvidenceStore implements EvidenceStore {
  readonly #most: number;
  readonly #stored = new Map<string, Map<string, StoredEvidence>>();

  /** @param most records of one tenant */
  constructor(most = MOST_PER_TENANT) {
    this.#most = most;
  }

  async load(key: EvidenceKey): Promise<StoredEvidence | undefined> {
    return this.#stored.get(key.tenant)?.get(nameOf(key));
  }

  async save(key: EvidenceKey, record: string, expected: number): Promise<number | undefined> {
    let own = this.#stored.get(key.tenant);
    if (own === undefined) {
      own = new Map();
      this.#stored.set(key.tenant, own);
    }
    const name = nameOf(key);
    if ((own.get(name)?.revision ?? 0) !== expected) return undefined;
    own.delete(name);
    own.set(name, { record, revision: expected + 1 });
    const [oldest] = own.keys();
    if (own.size > this.#most && oldest !== undefined) own.delete(oldest);
    return expected + 1;
  }

  close(): void {
    this.#stored.clear();
  }
}
