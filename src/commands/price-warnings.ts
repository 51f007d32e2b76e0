import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { ScopeLimits, Tenant } from '../config/tenant-config.ts';
import type { PriceBook } from '../prices/price-book.ts';

/** Models that nobody with a budget in money can be served by. Nothing, where the list of prices is not loaded. */
export function priceWarnings(config: Config, prices: PriceBook): string[] {
  if (!prices.loaded || ![...config.tenants.values()].some(countsMoney)) return [];
  const warnings: string[] = [];
  const now = systemClock.now();
  for (const { name, targets } of config.models.values()) {
    const unpriced = targets.filter((target) => {
      const provider = config.providers.get(target.provider);
      return provider !== undefined && prices.price(provider, target, now) === undefined;
    });
    if (unpriced.length === 0) continue;
    const which = unpriced.map(({ id }) => id).join(', ');
    warnings.push(
      `models.${name}: no price is known of ${which}, so requests under a budget in money are refused (price_unknown): write prices, or free: true (docs/prices.md)`,
    );
  }
  return warnings;
}

function countsMoney({ limits, users, agents, otherAgents }: Tenant): boolean {
  const all = [limits, users, ...[...agents.values()].map((agent) => agent.limits)];
  if (otherAgents !== undefined) all.push(otherAgents.limits);
  return all.some(({ budget }: ScopeLimits) => budget.some(({ unit }) => unit === 'usd'));
}
