import type { Config } from '../config/config.ts';
import type { Policy, Tenant } from '../config/tenant-config.ts';
import { Limits } from './limits.ts';

/** What holds for the requests of one agent of a tenant. */
export interface Membership {
  readonly tenant: Tenant;
  readonly policy: Policy;
  readonly limits: Limits;
}

/** A tenant with the limits of its agents worked out. */
export class TenantEntry {
  readonly tenant: Tenant;
  readonly #agents: ReadonlyMap<string, Membership>;
  readonly #others: Membership;

  constructor(tenant: Tenant) {
    this.tenant = tenant;
    const of = (agent: Tenant['otherAgents']): Membership => ({
      tenant,
      policy: agent?.policy ?? tenant.policy,
      limits: new Limits(tenant, agent?.limits),
    });
    this.#agents = new Map([...tenant.agents].map(([name, agent]) => [name, of(agent)]));
    this.#others = of(tenant.otherAgents);
  }

  /** @param agent as the client names it; undefined: it names none */
  memberFor(agent: string | undefined): Membership {
    return (agent === undefined ? undefined : this.#agents.get(agent)) ?? this.#others;
  }
}

/** The tenants of one configuration. A reload makes a new registry; requests under way keep theirs. */
export class TenantRegistry {
  readonly #tenants: ReadonlyMap<string, TenantEntry>;

  constructor(tenants: Config['tenants']) {
    this.#tenants = new Map([...tenants].map(([name, tenant]) => [name, new TenantEntry(tenant)]));
  }

  /** Nobody is asked for a key. */
  get open(): boolean {
    return this.#tenants.size === 0;
  }

  find(name: string): TenantEntry | undefined {
    return this.#tenants.get(name);
  }
}
