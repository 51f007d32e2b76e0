import type { Capability } from '../../dialects/capability.ts';
import { chatDialect, type Endpoint } from '../../dialects/endpoint.ts';
import type { JsonMembers } from '../../dialects/json-members.ts';
import { needsOf } from '../../dialects/request-needs.ts';
import { textBytes } from '../../dialects/text-bytes.ts';
import type { Able } from '../fit.ts';

/** A tier as far as it decides whether a request can go there. */
export interface TierTargets {
  /** The tier's name. */
  readonly name: string;
  /** Its configured model. */
  readonly model: string;
  /** The model's chain. */
  readonly targets: readonly (Able & { readonly serves: ReadonlySet<Endpoint> })[];
}

/** What is known of all tiers together, so that a request is looked through once, and only for what some target lacks. */
export interface TierNeeds {
  readonly lacking: readonly Capability[];
  /** The smallest known window, tokens; infinite where none is known. */
  readonly leastWindow: number;
}

/** Why a tier cannot serve a request; undefined: it can. */
export type Closed = string | undefined;

/** Text of agents, code and tables among it, has about so many bytes for each token. */
const BYTES_A_TOKEN = 4;

export function needsOfTiers(tiers: readonly TierTargets[]): TierNeeds {
  const targets = tiers.flatMap((tier) => tier.targets);
  return {
    lacking: [...new Set(targets.flatMap(({ lacks }) => lacks))],
    leastWindow: Math.min(...targets.map(({ contextWindow }) => contextWindow ?? Number.POSITIVE_INFINITY)),
  };
}

/** About how many tokens a request has. Its text is added up only where it might be too long for some target. */
export function tokensOf(body: JsonMembers, { leastWindow }: TierNeeds): number {
  const most = Math.ceil(body.bytes.length / BYTES_A_TOKEN);
  return most <= leastWindow ? most : Math.ceil(textBytes(body.json) / BYTES_A_TOKEN);
}

/**
 * Which tiers can serve a request, in their order: one of their targets must have the endpoint, what is asked for, and a window that is probably large
 * enough; and the tenant must be allowed the model. Where all that is wrong with every tier is its window, those of the largest stay
 * open: the count is an estimate, and the provider's own error says more.
 */
export function closedTiers(
  tiers: readonly TierTargets[],
  needed: TierNeeds,
  endpoint: Endpoint,
  body: JsonMembers,
  tokens: number,
  allows: (model: string) => boolean,
): Closed[] {
  const dialect = chatDialect(endpoint);
  const needs = dialect === undefined || needed.lacking.length === 0 ? [] : needsOf(dialect, body, needed.lacking);
  let widest = 0;
  const windows: number[] = [];
  const closed = tiers.map(({ model, targets }): Closed => {
    let window = 0;
    windows.push(0);
    if (!allows(model)) return 'is not allowed for this key';
    const serving = targets.filter(({ serves }) => serves.has(endpoint));
    if (serving.length === 0) return `does not serve ${endpoint} requests`;
    const able = serving.filter(({ lacks }) => !needs.some(({ capability }) => lacks.includes(capability)));
    if (able.length === 0) {
      const lacked = needs.find(({ capability }) => serving.some(({ lacks }) => lacks.includes(capability)));
      return `lacks ${lacked?.capability ?? 'what is asked for'}, for ${lacked?.field ?? 'the request'}`;
    }
    for (const { contextWindow } of able) window = Math.max(window, contextWindow ?? Number.POSITIVE_INFINITY);
    windows[windows.length - 1] = window;
    widest = Math.max(widest, window);
    return tokens > window ? `reads ${window} tokens, and the request has about ${tokens}` : undefined;
  });
  if (widest === 0 || closed.some((reason) => reason === undefined)) return closed;
  return closed.map((reason, index) => (windows[index] === widest ? undefined : reason));
}
