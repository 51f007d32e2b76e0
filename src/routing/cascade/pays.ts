import { LruMap } from '../../lru-map.ts';

/** Kinds of work remembered, over all tenants and pairs. A count that is forgotten begins anew. */
const KEPT = 4_096;
/** Requests after which a past one counts half. */
const HALF_LIFE = 100;
const FADE = 0.5 ** (1 / HALF_LIFE);
/** What is believed before anything is known: of ten tries two were not taken. */
const PRIOR_TRIES = 10;
const PRIOR_ESCALATED = 2;
/** Requests that go by before a cascade that did not pay is tried again, doubled each time it still does not. */
const FIRST_REST = 200;
const LONGEST_REST = 3_200;

/** What is known of a kind of work, fading. */
export interface CascadeCounts {
  /** Cheap answers that were looked at, and those of them that were not taken. */
  readonly tried: number;
  readonly escalated: number;
  /** Requests, and those of them that the strong model would have been asked at once. */
  readonly seen: number;
  readonly strong: number;
}

/** The counts as shares. */
export interface CascadeShares {
  /** Of cheap answers: not taken. 0..1 */
  readonly escalations: number;
  /** Of requests: those that went to the strong model were there no cascade. 0..1 */
  readonly strong: number;
}

/** @param strongOtherwise of the request at hand: what is believed of those before it */
export function sharesOf({ tried, escalated, seen, strong }: CascadeCounts, strongOtherwise: boolean): CascadeShares {
  return {
    escalations: (escalated + PRIOR_ESCALATED) / (tried + PRIOR_TRIES),
    strong: (strong + (strongOtherwise ? PRIOR_TRIES : 0)) / (seen + PRIOR_TRIES),
  };
}

/**
 * Whether asking the cheap model first costs less than sending each request where it is predicted to belong. In prices of the strong
 * call: `ratio + escalations` against `strong + (1 - strong) * ratio`.
 *
 * @param ratio price of a cheap call over that of a strong one
 */
export function pays(ratio: number, { escalations, strong }: CascadeShares): boolean {
  return strong > 0 && ratio < 1 - escalations / strong;
}

/** That a kind of work began to be cascaded again, or ceased to be. */
export interface CascadeChange extends CascadeShares {
  readonly id: string;
  readonly on: boolean;
  readonly ratio: number;
}

interface Entry {
  tried: number;
  escalated: number;
  seen: number;
  strong: number;
  /** Requests that still go by without being tried; 0: it is on. */
  rest: number;
  /** The rest after this one. */
  nextRest: number;
}

/** Counts what cascades came to, and turns them off where they do not pay. In memory: a restart begins with the prior. */
export class CascadeBook {
  readonly #entries = new LruMap<string, Entry>(KEPT);
  readonly #onChange: (change: CascadeChange) => void;

  constructor(onChange: (change: CascadeChange) => void) {
    this.#onChange = onChange;
  }

  /**
   * Whether this request is tried on the cheap model first. Counts it.
   *
   * @param id tenant, route key and pair
   * @param strongOtherwise without a cascade the strong model is asked
   */
  mayTry(id: string, ratio: number, strongOtherwise: boolean): boolean {
    const entry = this.#entry(id);
    entry.seen = entry.seen * FADE + 1;
    entry.strong = entry.strong * FADE + (strongOtherwise ? 1 : 0);
    if (entry.rest > 0) {
      entry.rest--;
      if (entry.rest > 0) return false;
      // What it was turned off for is old: the prior decides, and the next answers soon after.
      entry.tried = 0;
      entry.escalated = 0;
      const shares = sharesOf(entry, strongOtherwise);
      if (pays(ratio, shares)) this.#onChange({ id, on: true, ratio, ...shares });
    }
    const shares = sharesOf(entry, strongOtherwise);
    if (pays(ratio, shares)) return true;
    this.#onChange({ id, on: false, ratio, ...shares });
    entry.rest = entry.nextRest;
    entry.nextRest = Math.min(LONGEST_REST, entry.nextRest * 2);
    return false;
  }

  /** A cheap answer was looked at. */
  looked(id: string, escalated: boolean): void {
    const entry = this.#entry(id);
    entry.tried = entry.tried * FADE + 1;
    entry.escalated = entry.escalated * FADE + (escalated ? 1 : 0);
    if (entry.tried > HALF_LIFE) entry.nextRest = FIRST_REST;
  }

  counts(id: string): CascadeCounts {
    return this.#entry(id);
  }

  #entry(id: string): Entry {
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      entry = { tried: 0, escalated: 0, seen: 0, strong: 0, rest: 0, nextRest: FIRST_REST };
      this.#entries.set(id, entry);
    }
    return entry;
  }
}
