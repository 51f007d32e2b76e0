import type { Clock } from '../../clock.ts';
import type { CacheStore } from '../store/cache-store.ts';
import type { Claim, IdempotencyStore, StoredKeyName } from './idempotency-store.ts';

interface Running {
  readonly owner: string;
  readonly fingerprint: string;
}

/** Separates the fingerprint from the answer in what is kept: no base64url has it. */
const SEPARATOR = 0x0a;

/**
 * Keys of one process: those that run are in memory, as their calls are; answers are in a store of their own, which may have a file behind
 * it. A restart forgets what was running and keeps what is done.
 */
export class LocalIdempotencyStore implements IdempotencyStore {
  readonly #clock: Clock;
  readonly #answers: CacheStore;
  readonly #running = new Map<string, Running>();

  /** @param answers kept for nothing else: its limits bound what is remembered */
  constructor(clock: Clock, answers: CacheStore) {
    this.#clock = clock;
    this.#answers = answers;
  }

  claim({ tenant, key }: StoredKeyName, fingerprint: string, owner: string): Claim | Promise<Claim> {
    const running = this.#running.get(key);
    if (running !== undefined) return { kind: 'running', fingerprint: running.fingerprint };
    const kept = this.#answers.get(tenant, key);
    if (!(kept instanceof Promise)) return this.#claimed(key, fingerprint, owner, kept?.body);
    return kept.then((entry) => this.#claimed(key, fingerprint, owner, entry?.body));
  }

  renew({ key }: StoredKeyName, owner: string): boolean {
    return this.#running.get(key)?.owner === owner;
  }

  complete({ tenant, key }: StoredKeyName, owner: string, answer: Buffer, ttlMs: number): void {
    const running = this.#running.get(key);
    if (running?.owner !== owner) return;
    this.#running.delete(key);
    const now = this.#clock.now();
    this.#answers.put({
      key,
      tenant,
      model: '',
      user: undefined,
      tags: [],
      epoch: '',
      target: '',
      createdAt: now,
      freshUntil: now + ttlMs,
      keepUntil: now + ttlMs,
      cost: undefined,
      inputTokens: 0,
      cachedTokens: 0,
      outputTokens: 0,
      body: Buffer.concat([Buffer.from(running.fingerprint), Buffer.of(SEPARATOR), answer]),
    });
  }

  release({ key }: StoredKeyName, owner: string): void {
    if (this.#running.get(key)?.owner === owner) this.#running.delete(key);
  }

  close(): void | Promise<void> {
    return this.#answers.close();
  }

  #claimed(key: string, fingerprint: string, owner: string, kept: Buffer | undefined): Claim {
    if (kept !== undefined) {
      const end = kept.indexOf(SEPARATOR);
      return { kind: 'done', fingerprint: kept.toString('utf8', 0, end), answer: kept.subarray(end + 1) };
    }
    const running = this.#running.get(key);
    if (running !== undefined) return { kind: 'running', fingerprint: running.fingerprint };
    this.#running.set(key, { owner, fingerprint });
    return { kind: 'mine' };
  }
}
