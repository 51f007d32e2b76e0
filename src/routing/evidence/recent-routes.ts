import type { Clock } from '../../clock.ts';
import { LruMap } from '../../lru-map.ts';
import type { Side } from './change.ts';
import { type EvidenceKey, nameOf } from './evidence-key.ts';

/** Sessions and tasks remembered; those not heard of for longest are forgotten first. */
const MOST = 20_000;
/** Kinds of work of one session that are told apart. */
const MOST_ROUTES = 16;
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

/**
 * Which model has served which session and task: for when somebody says how the work went. Of this process only, and bounded: what was
 * forgotten is no evidence.
 */
export class RecentRoutes {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #remembered = new LruMap<string, Remembered>(MOST);

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** A routed request was answered. One that names neither session nor task cannot be asked for. */
  remember(
    session: string | undefined,
    task: string | undefined,
    route: { readonly key: EvidenceKey; readonly policy: string; readonly side: Side },
  ): void {
    if (session !== undefined) this.#add(idOf(route.key.tenant, session, undefined), route);
    if (task !== undefined) this.#add(idOf(route.key.tenant, undefined, task), route);
    if (session !== undefined && task !== undefined) this.#add(idOf(route.key.tenant, session, task), route);
  }

  /** What was routed of a session, of a task, or of a task within a session; and forgets it, so that nothing is counted twice. */
  take(tenant: string, session: string | undefined, task: string | undefined): readonly RecentRoute[] {
    const id = idOf(tenant, session, task);
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
