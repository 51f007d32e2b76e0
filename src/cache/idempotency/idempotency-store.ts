import type { Soon } from '../store/cache-store.ts';

/** What taking a key came to. */
export type Claim =
  | { readonly kind: 'mine' }
  /** Somebody's call is under way. */
  | { readonly kind: 'running'; readonly fingerprint: string }
  | { readonly kind: 'done'; readonly fingerprint: string; readonly answer: Buffer };

/** A key in its store: an HMAC of tenant, agent and what the client wrote. */
export interface StoredKeyName {
  readonly tenant: string;
  readonly key: string;
}

/**
 * Where idempotency keys are kept. A running key belongs to one owner, for as long as it renews it; a done one keeps its answer. One conformance
 * suite runs over all implementations. Any call may reject: the request then goes on as if it had no key.
 */
export interface IdempotencyStore {
  /** @param owner names the request, for the calls below */
  claim(name: StoredKeyName, fingerprint: string, owner: string, leaseMs: number): Soon<Claim>;
  /** False: it is not the owner's any more. */
  renew(name: StoredKeyName, owner: string, leaseMs: number): Soon<boolean>;
  /** Keeps the answer for repeats. Nothing happens where it is not the owner's any more. */
  complete(name: StoredKeyName, owner: string, answer: Buffer, ttlMs: number): Soon<void>;
  /** The call came to nothing: a repeat makes it anew. */
  release(name: StoredKeyName, owner: string): Soon<void>;
  close(): Soon<void>;
}
