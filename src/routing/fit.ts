import type { Capability, Need } from '../dialects/capability.ts';

/** What of a target decides whether it can serve a request. */
export interface Able {
  /** Capabilities it is known not to have. */
  readonly lacks: readonly Capability[];
  /** Tokens; undefined: unknown. */
  readonly contextWindow: number | undefined;
}

/** Why a target is not asked. */
export type Misfit =
  | { readonly kind: 'lacks'; readonly need: Need }
  | { readonly kind: 'too-small'; readonly contextWindow: number };

/** Capabilities without which a request can still be served: it is sent without the wish. */
const DISPENSABLE: ReadonlySet<Capability> = new Set(['reasoning']);

/** What of a target's lacks keeps it from requests. */
export function hardLacks(capabilities: Readonly<Partial<Record<Capability, boolean>>>): Capability[] {
  const names = Object.keys(capabilities) as Capability[];
  return names.filter((name) => capabilities[name] === false && !DISPENSABLE.has(name));
}

/**
 * The targets that cannot serve a request, with the reason. Unknown is tried. A window never leaves a request without any target that
 * could do what it asks: of those that are all too small the largest is asked, for the estimate may be wrong and the provider's own
 * error says more.
 *
 * @param tokens of which the request has at least so many
 */
export function misfits<T extends Able>(
  targets: readonly T[],
  needs: readonly Need[],
  tokens: number,
): ReadonlyMap<T, Misfit> {
  const found = new Map<T, Misfit>();
  const tooSmall: T[] = [];
  let able = 0;
  for (const target of targets) {
    const need = needs.find(({ capability }) => target.lacks.includes(capability));
    if (need !== undefined) found.set(target, { kind: 'lacks', need });
    else if (target.contextWindow !== undefined && tokens > target.contextWindow) tooSmall.push(target);
    else able++;
  }
  if (able === 0 && tooSmall.length > 0) tooSmall.splice(tooSmall.indexOf(largest(tooSmall)), 1);
  for (const target of tooSmall) found.set(target, { kind: 'too-small', contextWindow: target.contextWindow ?? 0 });
  return found;
}

function largest<T extends Able>(targets: readonly T[]): T {
  return targets.reduce((most, one) => ((one.contextWindow ?? 0) > (most.contextWindow ?? 0) ? one : most));
}
