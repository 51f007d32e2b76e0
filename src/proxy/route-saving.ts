import { NO_TOKENS } from '../dialects/reported-tokens.ts';
import type { ReportedTokens } from '../dialects/stream-progress.ts';
import type { ProviderFamily } from '../failures/family.ts';
import { costOf } from '../prices/cost.ts';
import { leastRepeat, mostCached } from '../prices/least-repeat.ts';
import type { Price } from '../prices/price.ts';
import type { Exchange } from './exchange.ts';
import { priceOf } from './route.ts';
import type { Runtime } from './runtime.ts';
import { type Spending, spendingOf } from './spending.ts';

/**
 * What a routed request cost less than the reference model would have for the same tokens: negative where failed tries made it dearer. What
 * the cache spent on the way is not counted: it would have been spent on the reference model's answer, too. Of a kept answer it is what its
 * call cost less; that the call was not made is what the cache saved. Nano-dollars; undefined where nothing was routed or answered, or a price is
 * not known.
 */
export function routeSaving(exchange: Exchange, runtime: Runtime, { unpriced }: Spending): number | undefined {
  const { route, outcome, bills, account, endpoint } = exchange;
  if (route === undefined || outcome.target === undefined || unpriced || endpoint === 'count-tokens') return undefined;
  // Moved further down by a budget: that is no merit of the policy.
  if (account?.downgrade !== undefined) return undefined;
  const reference = referenceOf(route.policy, runtime);
  if (reference === undefined) return undefined;
  if (route.model === reference && route.cascade === undefined) return 0;
  const price = priceOf(reference, runtime);
  if (price === undefined) return undefined;
  const { saved, kept } = exchange.cache ?? {};
  if (saved !== undefined) {
    // An answer that stands in for targets that failed was asked of no model, and would have been asked of none.
    if (kept === undefined) return undefined;
    const tokens = { ...NO_TOKENS, ...kept };
    return leastRepeat(price, tokens, mostCached(familyOf(reference, runtime), tokens)) - saved;
  }
  const answers = bills.filter(({ forCache }) => !forCache);
  const { cost } = spendingOf({ ...exchange, bills: answers }, runtime.prices);
  return difference(price, answers.findLast(({ tokens }) => tokens !== undefined)?.tokens, cost);
}

function difference(price: Price, tokens: ReportedTokens | undefined, cost: number): number | undefined {
  return tokens === undefined ? undefined : costOf(price, tokens) - cost;
}

/** Of the model's first target, which its price is taken from. */
function familyOf(model: string, { chains }: Runtime): ProviderFamily {
  const chain = chains.find(model);
  return ('error' in chain ? undefined : chain.rungs[0]?.provider.family) ?? 'generic';
}

/** The model that a policy's others are measured against: of the reference tier, else of the last. */
function referenceOf(name: string, { config }: Runtime): string | undefined {
  const policy = config.routing.policies.get(name);
  return policy?.evidence?.strong ?? policy?.tiers.at(-1)?.model;
}
