import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '../../src/config/config.ts';
import type { Failure } from '../../src/failures/failure.ts';
import type { KeyStore, StoredKey } from '../../src/state/key-store.ts';
import { type Identity, identify, isIdentity } from '../../src/tenants/identify.ts';
import { KeyDirectory } from '../../src/tenants/key-directory.ts';
import { TenantRegistry } from '../../src/tenants/registry.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { configOf } from '../config/problems-of.ts';

/** A key for tests: named, and long enough. */
export function key(name: string): string {
  return `bw_${name.padEnd(40, '0')}`;
}

const REST = `
providers: {openai: {apiKey: k}, anthropic: {apiKey: k}}
models: {smart: {targets: [openai/gpt-4o, anthropic/claude-x]}, cheap: {targets: [openai/gpt-4o-mini]}}
`;

/** A configuration of tenants, beside two providers and the models `smart` and `cheap`. */
export function tenantsOf(tenants: string): Config {
  return configOf(`${REST}tenants:\n${tenants}`);
}

/** A key store that does as it is told. */
export class FakeKeyStore implements KeyStore {
  readonly keys = new Map<string, StoredKey>();
  revisions = 0;
  lists = 0;
  failing: Error | undefined;

  add(stored: StoredKey): void {
    this.#check();
    this.keys.set(stored.id, stored);
    this.revisions++;
  }

  list(): readonly StoredKey[] {
    this.#check();
    this.lists++;
    return [...this.keys.values()];
  }

  revoke(id: string, at: number): boolean {
    this.#check();
    const stored = this.keys.get(id);
    if (stored === undefined) return false;
    this.keys.set(id, { ...stored, revokedAt: Math.min(at, stored.revokedAt ?? Number.POSITIVE_INFINITY) });
    this.revisions++;
    return true;
  }

  revision(): string {
    this.#check();
    return String(this.revisions);
  }

  #check(): void {
    if (this.failing !== undefined) throw this.failing;
  }
}

/** Everything that says who asks, over one configuration. */
export class TenantRig {
  readonly config: Config;
  readonly clock = new FakeClock(Date.UTC(2026, 10, 22, 12));
  readonly store = new FakeKeyStore();
  readonly troubles: unknown[] = [];
  readonly keys: KeyDirectory;
  readonly registry: TenantRegistry;

  constructor(tenants: string) {
    this.config = tenantsOf(tenants);
    this.registry = new TenantRegistry(this.config.tenants);
    this.keys = new KeyDirectory({
      tenants: this.config.tenants,
      store: this.store,
      clock: this.clock,
      onTrouble: (error) => this.troubles.push(error),
      onRecovered: () => this.troubles.push('recovered'),
    });
  }

  identify(headers: IncomingHttpHeaders): Identity | Failure {
    return identify(headers, this.keys, this.registry);
  }

  /** As {@link identify}, where it must succeed. */
  identity(headers: IncomingHttpHeaders): Identity {
    const found = this.identify(headers);
    if (!isIdentity(found)) throw new Error(found.message);
    return found;
  }
}
