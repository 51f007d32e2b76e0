import type { EvidenceRecord } from './record.ts';

/** Compared requests with known prices, before anything is said about money. */
const LEAST_PRICED = 30;

/** What serving the cheap model saves a request, and what watching it costs, nano-dollars. */
export interface Economy {
  /** A request of the strong model and one of the cheap, on average. */
  readonly strong: number;
  readonly cheap: number;
  /** What a judge costs a comparison. */
  readonly judge: number;
  /** Saved by a request that is for the cheap model: failed tries, which the strong one had to make good, are in it. */
  readonly saving: number;
  /** What comparing a share of the requests costs each of them. */
  readonly watching: number;
  /** Saving minus watching: below 0 it does not pay. */
  readonly net: number;
}

/**
 * Expected from what was compared so far. Undefined: too little, or a price is not known.
 *
 * @param share of requests that both models are asked
 */
export function economyOf({ money, results, served, failures }: EvidenceRecord, share: number): Economy | undefined {
  const { priced } = money;
  if (priced < LEAST_PRICED) return undefined;
  const compared = results.same + results.strongBetter + results.cheapBetter + results.undecided;
  const strong = money.strong / priced;
  const cheap = money.cheap / priced;
  const judge = money.judge / Math.max(1, compared);
  const tried = Math.max(1, served + failures);
  const saving = (strong - cheap) * (1 - failures / tried) - money.failed / tried;
  // Where the cheap one serves, it is the strong one that is asked besides.
  const watching = share * (strong + judge);
  return { strong, cheap, judge, saving, watching, net: saving - watching };
}

/** Saved so far, less what shadow calls and judging have cost; nano-dollars. Failed cheap tries are in what was saved. */
export function netSaved({ money }: EvidenceRecord): number {
  return money.saved - money.shadow - money.judge;
}
