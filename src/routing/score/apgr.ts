/** What there is to know of one prompt to judge a router: how much it wants the strong model, and what either model scored. */
export interface Routed {
  /** Higher: rather the strong one. Only the order counts. */
  readonly want: number;
  /** Scores of the two answers, 0 to 1. */
  readonly cheap: number;
  readonly strong: number;
}

/** Prompts in the order in which a router would give them up to the strong model, equal ones together. */
export interface Ranking {
  /** Indices of the prompts, the one that wants the strong model most first. */
  readonly order: Uint32Array;
  /** For each place of the order: whether the next one begins a new rank. */
  readonly endsTie: Uint8Array;
}

export function rank(wants: ArrayLike<number>): Ranking {
  const order = Uint32Array.from({ length: wants.length }, (_, index) => index);
  const want = (index: number) => wants[index] ?? 0;
  order.sort((a, b) => want(b) - want(a) || a - b);
  const endsTie = new Uint8Array(order.length);
  for (let at = 0; at < order.length; at++) {
    const next = order[at + 1];
    endsTie[at] = next === undefined || want(next) !== want(order[at] ?? 0) ? 1 : 0;
  }
  return { order, endsTie };
}

/**
 * The average performance gap recovered: the area under (q(s) - q(0)) / (q(1) - q(0)) for shares s of strong calls from 0 to 1, q(s) being
 * the mean score where the share s that wants the strong model most goes there (Ong et al., RouteLLM, 2024). 0.5 for random routing,
 * above 1 only where the cheap model wins some. Ties count as their average over all orders, exactly.
 *
 * @param uplift strong minus cheap, by prompt
 * @param times  how often each prompt counts, for a bootstrap
 * @returns NaN where both models score the same: there is no gap to recover
 */
export function apgr(ranking: Ranking, uplift: ArrayLike<number>, times?: ArrayLike<number>): number {
  const { area, gap } = recovered(ranking, uplift, times);
  return area / gap;
}

/** The two parts of it, in sums over the prompts: those of several groups, each ranked on its own, can be added. */
export function recovered(
  { order, endsTie }: Ranking,
  uplift: ArrayLike<number>,
  times?: ArrayLike<number>,
): { readonly area: number; readonly gap: number } {
  let gained = 0;
  let area = 0;
  let calls = 0;
  let tied = 0;
  let tiedGain = 0;
  for (let at = 0; at < order.length; at++) {
    const index = order[at] ?? 0;
    const count = times === undefined ? 1 : (times[index] ?? 0);
    tied += count;
    tiedGain += count * (uplift[index] ?? 0);
    if (endsTie[at] === 0) continue;
    area += tied * (gained + tiedGain / 2);
    gained += tiedGain;
    calls += tied;
    tied = 0;
    tiedGain = 0;
  }
  return { area: area / calls, gap: gained };
}

/**
 * The smallest share of strong calls at which so much of the gap is recovered (CPT50 at 0.5). Within a tie the gain is spread evenly.
 *
 * @returns 1 where it is never reached; NaN where there is no gap
 */
export function callsFor({ order, endsTie }: Ranking, uplift: ArrayLike<number>, recovered: number): number {
  let total = 0;
  for (let index = 0; index < uplift.length; index++) total += uplift[index] ?? 0;
  if (!(total > 0)) return Number.NaN;
  const wanted = total * recovered;
  let gained = 0;
  let calls = 0;
  let tied = 0;
  let tiedGain = 0;
  for (let at = 0; at < order.length; at++) {
    tied++;
    tiedGain += uplift[order[at] ?? 0] ?? 0;
    if (endsTie[at] === 0) continue;
    if (gained + tiedGain >= wanted) return (calls + (tied * (wanted - gained)) / tiedGain) / order.length;
    gained += tiedGain;
    calls += tied;
    tied = 0;
    tiedGain = 0;
  }
  return 1;
}
