import type { Config, Model, Provider, Target } from '../config/config.ts';
import { listedProvider } from '../prices/model-name.ts';
import { type Able, hardLacks } from './fit.ts';

/** One rung of the fallback chain: which target, why it stands where it does, and what keeps it from requests. */
export interface PlannedTarget extends Able {
  readonly target: Target;
  readonly provider: Provider;
  readonly reason: string;
}

/** The ordered targets of one request. The last rung may be a configured text, served labelled as degraded. */
export interface Plan {
  readonly targets: readonly PlannedTarget[];
  readonly staticText: string | undefined;
}

/** The context window of a model where the configuration does not say it, tokens; undefined: unknown. */
export type WindowOf = (provider: Provider, model: string) => number | undefined;

/** The chain as configured. A pure function of the model, so callers may keep it as long as they keep the config. */
export function planFor(config: Config, model: Model, windowOf: WindowOf): Plan {
  const targets: PlannedTarget[] = [];
  for (const [index, target] of model.targets.entries()) {
    const provider = config.providers.get(target.provider);
    // The loader refuses chains that name unknown providers, so a miss here is a defect and not a user's mistake.
    if (provider === undefined) throw new Error(`target ${target.id} names no configured provider`);
    targets.push({
      target,
      provider,
      reason: index === 0 ? 'primary' : `fallback ${index}`,
      lacks: hardLacks(target.capabilities),
      contextWindow: target.contextWindow ?? windowOf(provider, target.model),
    });
  }
  return { targets, staticText: model.fallback.static };
}

/** Whether a chain with a choice holds a target whose window the list of prices may know. */
export function missesWindows(config: Config): boolean {
  for (const { targets } of config.models.values()) {
    if (targets.length < 2) continue;
    for (const { contextWindow, provider: name } of targets) {
      const provider = config.providers.get(name);
      if (contextWindow === undefined && provider !== undefined && listedProvider(provider) !== undefined) return true;
    }
  }
  return false;
}
