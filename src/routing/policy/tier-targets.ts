import type { Config } from '../../config/config.ts';
import type { RoutingPolicy } from '../../config/routing-config.ts';
import { ENDPOINTS } from '../../dialects/endpoint.ts';
import { spokenWires } from '../../providers/spoken-wires.ts';
import { planFor, type WindowOf } from '../plan.ts';
import type { TierTargets } from './gates.ts';
import { RoutePolicy } from './route-policy.ts';

/** A policy with what is known of the targets it chooses among. As long-lived as what is known of them. */
export function readyPolicy(config: Config, policy: RoutingPolicy, windowOf: WindowOf): RoutePolicy {
  return new RoutePolicy(policy, tierTargets(config, policy, windowOf));
}

function tierTargets(config: Config, { tiers }: RoutingPolicy, windowOf: WindowOf): TierTargets[] {
  return tiers.map(({ name, model: modelName }) => {
    const model = config.models.get(modelName);
    // The loader refuses tiers of unknown models.
    if (model === undefined) throw new Error(`tier ${name} names no configured model`);
    const { targets } = planFor(config, model, windowOf);
    return {
      name,
      model: modelName,
      targets: targets.map(({ target, provider, lacks, contextWindow }) => {
        const wires = spokenWires(provider, target);
        return { lacks, contextWindow, serves: new Set(ENDPOINTS.filter((one) => wires[one] !== undefined)) };
      }),
    };
  });
}
