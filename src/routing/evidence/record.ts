import { z } from 'zod';
import { ROUTE_STATES } from '../decision.ts';

const count = z.number().int().min(0);
const money = z.number().int().min(0);
/** Counts of values by tick, see `MeanBound`. */
const counts = z.record(z.string().regex(/^-?\d{1,2}$/), count);
/** The latest few of what was seen. */
const names = z.array(z.string()).max(8);

/** Why a pair is suspended, in a word. */
export const SUSPENSIONS = ['regression', 'loss', 'outcomes', 'cost'] as const;
export type Suspension = (typeof SUSPENSIONS)[number];

/** Why evidence was begun anew, in a word. */
export const RENEWALS = ['model', 'prompt', 'price', 'retry'] as const;
export type Renewal = (typeof RENEWALS)[number];

const recordSchema = z.object({
  format: z.literal(1),
  /** What was asked: see `versionOf`. */
  version: z.string(),
  state: z.enum(ROUTE_STATES),
  /** Milliseconds since the epoch, as all times here. */
  since: z.number(),
  /** Counted from 1. Each may err with half the chance of the one before. */
  attempt: z.number().int().min(1),
  suspended: z.enum(SUSPENSIONS).nullable(),
  /** When a suspended pair is tried again. */
  until: z.number(),
  renewed: z.enum(RENEWALS).nullable(),
  renewedAt: z.number(),
  /** Requests, and answers of the cheap model that clients got; since the version began. */
  seen: count,
  served: count,
  /** Requests that a failed try of the cheap model made dearer. */
  failures: count,
  /** Answers of the cheap model that clients got since it is in the canary. */
  trial: count,
  /** Paired losses of this attempt. */
  losses: counts,
  /** What the pair was admitted with: regressions are measured against it. */
  baseline: z.object({ n: count, losses: count, wins: count }).nullable(),
  /** The detector's sums. */
  sums: z.array(z.number().min(0)).max(8),
  /** Whether a regression could be noticed in time; null: not asked yet. */
  watchable: z.boolean().nullable(),
  /** Comparisons since the version began. */
  results: z.object({ same: count, strongBetter: count, cheapBetter: count, undecided: count, unavailable: count }),
  /** As answers named them, and as the price list has them. */
  known: z.object({ cheap: names, strong: names, prompt: names, price: names }),
  /** Nano-dollars, since the version began. `cheap` and `strong`: of `priced` compared requests. */
  money: z.object({
    priced: count,
    cheap: money,
    strong: money,
    shadow: money,
    judge: money,
    /** By how much failed tries made requests dearer. */
    failed: money,
    /** May be below 0: where failed cheap tries cost more than was saved. */
    saved: z.number().int(),
  }),
  /** What callers reported, 0 to 1, of work that one model alone served; of this attempt. */
  outcomes: z.object({ cheap: counts, strong: counts }),
  /** How many changes of each process are in it. */
  applied: z.record(z.string(), count).default({}),
});

type Parsed = z.infer<typeof recordSchema>;
type Deep<T> = { readonly [K in keyof T]: T[K] extends object ? Readonly<T[K]> : T[K] };

/** All that is known about one pair on one kind of work. Immutable; JSON. Counts, money and names of models: no text of anybody. */
export type EvidenceRecord = Deep<Parsed>;

export function freshRecord(version: string, now: number): EvidenceRecord {
  return {
    format: 1,
    version,
    state: 'observe',
    since: now,
    attempt: 1,
    suspended: null,
    until: 0,
    renewed: null,
    renewedAt: 0,
    seen: 0,
    served: 0,
    failures: 0,
    trial: 0,
    losses: {},
    baseline: null,
    sums: [],
    watchable: null,
    results: { same: 0, strongBetter: 0, cheapBetter: 0, undecided: 0, unavailable: 0 },
    known: { cheap: [], strong: [], prompt: [], price: [] },
    money: { priced: 0, cheap: 0, strong: 0, shadow: 0, judge: 0, failed: 0, saved: 0 },
    outcomes: { cheap: {}, strong: {} },
    applied: {},
  };
}

/** @returns undefined where the text is no record */
export function parseRecord(text: string): EvidenceRecord | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = recordSchema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}
