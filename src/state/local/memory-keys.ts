import type { KeyStore, StoredKey } from '../key-store.ts';

/** Keys that end with the process. */
export class MemoryKeys implements KeyStore {
  readonly #keys = new Map<string, StoredKey>();
  #revision = 0;

  add(key: StoredKey): void {
    for (const { id, hash } of this.#keys.values()) {
      if (id === key.id) throw new Error(`there is a key ${key.id} already`);
      if (hash === key.hash) throw new Error(`there is a key with the hash of ${key.id} already`);
    }
    this.#keys.set(key.id, key);
    this.#revision++;
  }

  list(): readonly StoredKey[] {
    return [...this.#keys.values()].sort((one, two) => one.createdAt - two.createdAt);
  }

  revoke(id: string, at: number): boolean {
    const key = this.#keys.get(id);
    if (key === undefined) return false;
    if (key.revokedAt !== undefined && key.revokedAt <= at) return true;
    this.#keys.set(id, { ...key, revokedAt: at });
    this.#revision++;
    return true;
  }

  revision(): string {
    return String(this.#revision);
  }
}
