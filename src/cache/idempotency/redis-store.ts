import { type RedisCommands, tenantKey } from '../store/redis-keys.ts';
import { cacheScripts } from '../store/redis-scripts.ts';
import type { Seal } from '../store/seal.ts';
import type { Claim, IdempotencyStore, StoredKeyName } from './idempotency-store.ts';

/** Keys that all replicas share. A replica that dies gives its running keys up with their leases. */
export class RedisIdempotencyStore implements IdempotencyStore {
  readonly #link: RedisCommands;
  readonly #prefix: string;
  readonly #seal: Seal;

  constructor(link: RedisCommands, prefix: string, seal: Seal) {
    this.#link = link;
    this.#prefix = prefix;
    this.#seal = seal;
  }

  async claim(name: StoredKeyName, fingerprint: string, owner: string, leaseMs: number): Promise<Claim> {
    const reply = await this.#link.run(cacheScripts.claim, this.#key(name), [owner, fingerprint, leaseMs]);
    const [kind, known, answer]: readonly unknown[] = Array.isArray(reply) ? reply : [];
    if (kind === 'mine') return { kind };
    if (kind === 'running') return { kind, fingerprint: String(known) };
    const sealed = Buffer.from(String(answer), 'base64');
    return { kind: 'done', fingerprint: String(known), answer: this.#seal.open(sealed, name.key) };
  }

  async renew(name: StoredKeyName, owner: string, leaseMs: number): Promise<boolean> {
    return (await this.#held(name, [owner, 'renew', leaseMs, ''])) === 1;
  }

  async complete(name: StoredKeyName, owner: string, answer: Buffer, ttlMs: number): Promise<void> {
    const sealed = this.#seal.close(answer, name.key).toString('base64');
    await this.#held(name, [owner, 'complete', ttlMs, sealed]);
  }

  async release(name: StoredKeyName, owner: string): Promise<void> {
    await this.#held(name, [owner, 'release', 0, '']);
  }

  close(): void {}

  #held(name: StoredKeyName, args: readonly (string | number)[]): Promise<unknown> {
    return this.#link.run(cacheScripts.claimHeld, this.#key(name), args);
  }

  #key({ tenant, key }: StoredKeyName): string {
    return tenantKey(this.#prefix, tenant, `:i:${key}`);
  }
}
