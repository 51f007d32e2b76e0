import type { Clock } from '../clock.ts';
import type { KeyStore, StoredKey } from '../state/key-store.ts';
import { hashKey, makeKey, makeKeyId, type RandomBytes } from './make-key.ts';

/** A key just made: the only moment at which it is known. */
export interface NewKey {
  /** To be shown once. */
  readonly key: string;
  readonly stored: StoredKey;
}

/** One that takes the place of another. */
export interface RotatedKey extends NewKey {
  /** When the other one ends, clock milliseconds: after the overlap, or before where that was settled already. */
  readonly oldUntil: number;
}

export interface KeyWish {
  readonly tenant: string;
  readonly agent?: string | undefined;
  readonly label?: string | undefined;
  /** Clock milliseconds. */
  readonly expiresAt?: number | undefined;
}

/** How long a rotated key goes on beside the new one, milliseconds: a day. */
export const ROTATION_OVERLAP_MS = 24 * 3_600_000;

/** Makes a key. Whether there is such a tenant or agent is for the caller to check. @throws {StateUnavailable} */
export async function createKey(store: KeyStore, wish: KeyWish, clock: Clock, random?: RandomBytes): Promise<NewKey> {
  const key = makeKey(random);
  const stored: StoredKey = {
    id: makeKeyId(random),
    hash: hashKey(key),
    hint: key.slice(-4),
    tenant: wish.tenant,
    agent: wish.agent,
    label: wish.label,
    createdAt: Math.floor(clock.now()),
    expiresAt: wish.expiresAt,
    revokedAt: undefined,
  };
  await store.add(stored);
  return { key, stored };
}

/**
 * A new key for the same tenant and agent. The old one goes on for the overlap, so that clients can change over one by one.
 *
 * @returns undefined where there is no such key, or it no longer is good
 * @throws {StateUnavailable}
 */
export async function rotateKey(
  store: KeyStore,
  id: string,
  clock: Clock,
  overlapMs = ROTATION_OVERLAP_MS,
  random?: RandomBytes,
): Promise<RotatedKey | undefined> {
  const now = Math.floor(clock.now());
  const old = (await store.list()).find((key) => key.id === id);
  if (old === undefined || !isGood(old, now)) return undefined;
  // First the new one: whatever happens in between, somebody has a key.
  const made = await createKey(store, old, clock, random);
  await store.revoke(id, now + overlapMs);
  const never = Number.POSITIVE_INFINITY;
  return { ...made, oldUntil: Math.min(now + overlapMs, old.revokedAt ?? never, old.expiresAt ?? never) };
}

/** Neither revoked nor expired. */
export function isGood(key: StoredKey, now: number): boolean {
  return !(
    (key.revokedAt !== undefined && key.revokedAt <= now) ||
    (key.expiresAt !== undefined && key.expiresAt <= now)
  );
}
