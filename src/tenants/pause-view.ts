import type { Clock } from '../clock.ts';
import type { Failure } from '../failures/failure.ts';
import { LruMap } from '../lru-map.ts';
import type { BudgetStore, PausedScope } from '../state/budget-store.ts';
import type { Identity } from './identify.ts';
import { pausedFailure } from './refusal.ts';

/** So long may a pause made elsewhere go unseen where asking takes a round trip, milliseconds. */
const SEEN_FOR_MS = 1_000;
const MOST_TENANTS = 10_000;

interface Seen {
  readonly at: number;
  readonly scopes: readonly PausedScope[] | Promise<readonly PausedScope[]>;
}

/**
 * Which scopes are paused, for requests that hold no money: kept answers cost nothing, and are refused to who is paused all the same. A store
 * that answers at once is asked each time; another once a second for each tenant.
 */
export class PauseView {
  readonly #store: Pick<BudgetStore, 'paused'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #seen = new LruMap<string, Seen>(MOST_TENANTS);

  constructor(store: Pick<BudgetStore, 'paused'>, clock: Pick<Clock, 'now'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Why the request goes no further; undefined: nothing it belongs to is paused. A store that cannot be reached has paused what was known
   * last. Never rejects.
   */
  find(identity: Identity): Failure | undefined | Promise<Failure | undefined> {
    const scopes = this.#scopesOf(identity.tenant.name);
    return scopes instanceof Promise ? scopes.then((some) => refused(identity, some)) : refused(identity, scopes);
  }

  /** Something was paused here: it holds at once. */
  forget(tenant: string): void {
    this.#seen.set(tenant, { at: Number.NEGATIVE_INFINITY, scopes: this.#known(tenant) });
  }

  #scopesOf(tenant: string): readonly PausedScope[] | Promise<readonly PausedScope[]> {
    const seen = this.#seen.get(tenant);
    const now = this.#clock.now();
    if (seen !== undefined && now - seen.at < SEEN_FOR_MS) return seen.scopes;
    const known = this.#known(tenant);
    try {
      const asked = this.#store.paused(tenant);
      if (!(asked instanceof Promise)) return asked;
      const scopes = asked.then(
        (found) => {
          this.#seen.set(tenant, { at: now, scopes: found });
          return found;
        },
        () => {
          this.#seen.set(tenant, { at: now, scopes: known });
          return known;
        },
      );
      this.#seen.set(tenant, { at: now, scopes });
      return scopes;
    } catch {
      // The store tells of its trouble itself.
      return known;
    }
  }

  #known(tenant: string): readonly PausedScope[] {
    const scopes = this.#seen.get(tenant)?.scopes;
    return scopes === undefined || scopes instanceof Promise ? [] : scopes;
  }
}

function refused(identity: Identity, paused: readonly PausedScope[]): Failure | undefined {
  if (paused.length === 0) return undefined;
  const found = paused.filter(({ scope }) => identity.scopes.includes(scope));
  return found.length === 0 ? undefined : pausedFailure(identity, found);
}
