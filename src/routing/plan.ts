import type { Config, Model, Provider, Target } from '../config/config.ts';

/** One rung of the fallback chain: which target, and why it stands where it does. */
export interface PlannedTarget {
  readonly target: Target;
  readonly provider: Provider;
  readonly reason: string;
}

/** The ordered targets of one request. The last rung may be a configured text, served labelled as degraded. */
export interface Plan {
  readonly targets: readonly PlannedTarget[];
  readonly staticText: string | undefined;
}

/** The chain as configured. A pure function of the model, so callers may keep it as long as they keep the config. */
export function planFor(config: Config, model: Model): Plan {
  const targets: PlannedTarget[] = [];
  for (const [index, target] of model.targets.entries()) {
    const provider = config.providers.get(target.provider);
    // The loader refuses chains that name unknown providers, so a miss here is a defect and not a user's mistake.
    if (provider === undefined) throw new Error(`target ${target.id} names no configured provider`);
    targets.push({ target, provider, reason: index === 0 ? 'primary' : `fallback ${index}` });
  }
  return { targets, staticText: model.fallback.static };
}
