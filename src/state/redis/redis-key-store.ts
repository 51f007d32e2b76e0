import type { KeyStore, StoredKey } from '../key-store.ts';
import type { RedisLink } from './link.ts';
import { scripts } from './scripts.ts';

/**
 * Client keys in one hash: a field a key (its id), one a secret (`hash:<sha256>`), one a revocation (`revoked:<id>`), and the
 * `revision`.
 */
export class RedisKeyStore implements KeyStore {
  readonly #link: RedisLink;
  readonly #key: string;

  constructor(link: RedisLink, prefix: string) {
    this.#link = link;
    this.#key = `${prefix}:keys`;
  }

  /** @throws {Error} where the id or the secret is taken. @throws {StateUnavailable} */
  async add(key: StoredKey): Promise<void> {
    const taken = await this.#link.run(scripts.addKey, this.#key, [key.id, key.hash, JSON.stringify(key)]);
    if (taken === 'id') throw new Error(`there is a key ${key.id} already`);
    if (taken === 'hash') throw new Error('there is a key with the same hash already');
  }

  async list(): Promise<readonly StoredKey[]> {
    const fields = new Map(Object.entries((await this.#link.call('hgetall', this.#key)) ?? {}));
    const keys: StoredKey[] = [];
    for (const [field, text] of fields) {
      if (field === 'revision' || field.includes(':')) continue;
      keys.push(readKey(String(text), fields.get(`revoked:${field}`)));
    }
    return keys.sort((one, two) => one.createdAt - two.createdAt || (one.id < two.id ? -1 : 1));
  }

  async revoke(id: string, at: number): Promise<boolean> {
    return (await this.#link.run(scripts.revokeKey, this.#key, [id, at])) === 1;
  }

  async revision(): Promise<string> {
    return String((await this.#link.call('hget', this.#key, 'revision')) ?? '0');
  }
}

function readKey(text: string, revoked: unknown): StoredKey {
  const key = JSON.parse(text) as StoredKey;
  const times = [key.revokedAt, revoked === undefined ? undefined : Number(revoked)].filter((at) => at !== undefined);
  return {
    ...key,
    agent: key.agent,
    label: key.label,
    expiresAt: key.expiresAt,
    revokedAt: times.length === 0 ? undefined : Math.min(...times),
  };
}
