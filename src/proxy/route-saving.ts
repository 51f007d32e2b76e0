import { costOf } from '../prices/cost.ts';
import type { Exchange } from './exchange.ts';
import { priceOf } from './route.ts';
import type { Runtime } from './runtime.ts';
import type { Spending } from './spending.ts';

/**
 * What a routed request cost less than the reference model would have for the same tokens: negative where failed tries made it dearer.
 * Nano-dollars; undefined where nothing was routed or answered, or a price is not known.
 */
export function routeSaving(exchange: Exchange, runtime: Runtime, { cost, unpriced }: Spending): number | undefined {
  const { route, outcome, bills, account, endpoint } = exchange;
  if (route === undefined || outcome.target === undefined || unpriced || endpoint === 'count-tokens') return undefined;
  // Moved further down by a budget: that is no merit of the policy.
  if (account?.downgrade !== undefined) return undefined;
  const reference = referenceOf(route.policy, runtime);
  if (reference === undefined) return undefined;
  if (route.model === reference && route.cascade === undefined) return 0;
  const tokens = bills.findLast((bill) => bill.tokens !== undefined && !bill.forCache)?.tokens;
  const price = tokens === undefined ? undefined : priceOf(reference, runtime);
  return tokens === undefined || price === undefined ? undefined : costOf(price, tokens) - cost;
}

/** The model that a policy's others are measured against: of the reference tier, else of the last. */
function referenceOf(name: string, { config }: Runtime): string | undefined {
  const policy = config.routing.policies.get(name);
  return policy?.evidence?.strong ?? policy?.tiers.at(-1)?.model;
}
