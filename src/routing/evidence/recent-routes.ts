import type { Clock } from '../../clock.ts';
import { LruMap } from '../../lru-map.ts';
import type { Side } from './change.ts';
import { type EvidenceKey, nameOf } from './evidence-key.ts';

/** Sessions and tasks remembered; those not heard of for longest are forgotten first. */
const MOST = 20_000;
/** Kinds of work of one session that are told apart. */
export const MOST_ROUTES = 16;
/** How long after its last request a session's outcome may come, milliseconds. */
export const OUTCOME_WITHIN_MS = 24 * 60 * 60 * 1000;

/** Routed work of one session or task. */
export interface RecentRoute {
  readonly key: EvidenceKey;
  readonly policy: string;
  /** The model that served all of it; undefined: both had a part in it. */
  readonly side: Side | undefined;
}

interface Remembered {
  readonly routes: Map<string, RecentRoute>;
  at: number;
}

/** What all replicas know of it. Rejects where it cannot be reached, and never waits for long. */
export interface SharedRecent {
  /** @param ids sessions and tasks of the key's tenant */
  remember(ids: readonly string[], route: RecentRoute & { readonly side: Side }): Promise<void>;
  /** What all have routed of it, for one of them only. */
  take(tenant: string, id: string): Promise<readonly RecentRoute[]>;
}

/**
 * Which model has served which session and task: for when somebody says how the work went. Of this process, and of all that share a store; and
 * bounded: what was forgotten is no evidence.
 */
export class RecentRoutes {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #shared: SharedRecent | undefined;
  readonly #remembered = new LruMap<string, Remembered>(MOST);

  /** @param shared undefined: there are no other replicas */
  constructor(clock: Pick<Clock, 'now'>, shared?: SharedRecent) {
    this.#clock = clock;
    this.#shared = shared;
  }

  /** A routed request was answered. One that names neither session nor task cannot be asked for. */
  remember(
    session: string | undefined,
    task: string | undefined,
    route: { readonly key: EvidenceKey; readonly policy: string; readonly side: Side },
  ): void {
    if (session === undefined && task === undefined) return;
    const { tenant } = route.key;
    const ids: string[] = [];
    if (session !== undefined) ids.push(idOf(tenant, session, undefined));
    if (task !== undefined) ids.push(idOf(tenant, undefined, task));
    if (session !== undefined && task !== undefined) ids.push(idOf(tenant, session, task));
    for (const id of ids) this.#add(id, route);
    // What cannot be told is no evidence; whoever watches the store tells of its trouble.
    this.#shared?.remember(ids, route).catch(() => undefined);
  }

  /**
   * What was routed of a session, of a task, or of a task within a session; and forgets it, so that nothing is counted twice. By all replicas, where
   * they share it and can be asked, else by this process.
   */
  async take(tenant: string, session: string | undefined, task: string | undefined): Promise<readonly RecentRoute[]> {
    const id = idOf(tenant, session, task);
    const own = this.#takeOwn(id);
    try {
      return this.#shared === undefined ? own : await this.#shared.take(tenant, id);
    } catch {
      // Somebody still wants to know, and this much is known.
      return own;
    }
  }

  #takeOwn(id: string): readonly RecentRoute[] {
    const found = this.#remembered.get(id);
    if (found === undefined || this.#clock.now() - found.at > OUTCOME_WITHIN_MS) return [];
    const routes = [...found.routes.values()];
    found.routes.clear();
    return routes;
  }

  #add(id: string, { key, policy, side }: { key: EvidenceKey; policy: string; side: Side }): void {
    const now = this.#clock.now();
    let found = this.#remembered.get(id);
    if (found === undefined || now - found.at > OUTCOME_WITHIN_MS) {
      found = { routes: new Map(), at: now };
      this.#remembered.set(id, found);
    }
    found.at = now;
    const name = nameOf(key);
    const before = found.routes.get(name);
    if (before === undefined && found.routes.size >= MOST_ROUTES) return;
    found.routes.set(name, { key, policy, side: before === undefined || before.side === side ? side : undefined });
  }
}

/** No two of them have the same name, whatever they contain. */
function idOf(tenant: string, session: string | undefined, task: string | undefined): string {
  return JSON.stringify([tenant, session ?? null, task ?? null]);
}
