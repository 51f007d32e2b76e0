import type { TargetGate, TargetGates } from '../breakers/target-gate.ts';
import type { Config, Model, Provider } from '../config/config.ts';
import { resolveModel } from '../config/resolve-model.ts';
import type { Capability } from '../dialects/capability.ts';
import type { Endpoint } from '../dialects/endpoint.ts';
import { type SpokenWires, spokenWires } from '../providers/spoken-wires.ts';
import { type PlannedTarget, planFor, type WindowOf } from '../routing/plan.ts';
import type { RoutePolicy } from '../routing/policy/route-policy.ts';
import { readyPolicy } from '../routing/policy/tier-targets.ts';

/** One target of a chain with everything a try against it needs, worked out once and not per request. */
export interface Rung extends PlannedTarget {
  readonly index: number;
  readonly gate: TargetGate;
  /** The dialect to speak with it, by what the client speaks; undefined: it cannot serve such a call. */
  readonly wires: SpokenWires;
  /** Upstream path with query, by the dialect spoken. */
  readonly paths: Readonly<Record<Endpoint, string>>;
}

/** A model's fallback chain, ready to be dispatched along. */
export interface Chain {
  readonly model: Model;
  readonly rungs: readonly Rung[];
  readonly staticText: string | undefined;
  /** What some target is known to lack: all that a request has to be looked through for. */
  readonly lacking: readonly Capability[];
  /** The smallest known context window, tokens; infinite where none is known. */
  readonly leastWindow: number;
}

/** Names a client may ask for without bound; so many chains are kept ready. */
const CHAINS_KEPT = 1000;

/** The chains of one configuration. A reload makes a new set; exchanges under way keep theirs. */
export class Chains {
  readonly config: Config;
  readonly #gates: TargetGates;
  readonly #windowOf: WindowOf;
  readonly #ready = new Map<string, Chain>();
  /** By policy. */
  readonly #policies = new Map<string, RoutePolicy>();

  /** @param windowOf knows the context windows that the configuration does not say */
  constructor(config: Config, gates: TargetGates, windowOf: WindowOf = () => undefined) {
    this.config = config;
    this.#gates = gates;
    this.#windowOf = windowOf;
  }

  /** Chains are put together anew: what is known of their models has changed. */
  forget(): void {
    this.#ready.clear();
    this.#policies.clear();
  }

  /** What chooses a model for requests that name this one; undefined: it stands for a chain of its own, or for nothing. */
  policyFor(name: string): RoutePolicy | undefined {
    const policy = this.config.routing.models.get(name);
    if (policy === undefined) return undefined;
    let ready = this.#policies.get(policy.name);
    if (ready === undefined) {
      ready = readyPolicy(this.config, policy, this.#windowOf);
      this.#policies.set(policy.name, ready);
    }
    return ready;
  }

  /** The chain for the model a client named, or why there is none. */
  find(name: string): Chain | { readonly error: 'unknown' | 'ambiguous'; readonly message: string } {
    const ready = this.#ready.get(name);
    if (ready !== undefined) return ready;
    const model = resolveModel(this.config, name);
    if ('error' in model) return model;
    const plan = planFor(this.config, model, this.#windowOf);
    const rungs = plan.targets.map((planned, index) => ({
      index,
      ...planned,
      gate: this.#gates.get(planned.target, planned.provider, model),
      wires: spokenWires(planned.provider, planned.target),
      paths: pathsOf(planned.provider, planned.target.model),
    }));
    const chain: Chain = {
      model,
      rungs,
      staticText: plan.staticText,
      lacking: [...new Set(rungs.flatMap(({ lacks }) => lacks))],
      leastWindow: Math.min(...rungs.map(({ contextWindow }) => contextWindow ?? Number.POSITIVE_INFINITY)),
    };
    if (this.#ready.size >= CHAINS_KEPT) {
      const oldest = this.#ready.keys().next();
      if (!oldest.done) this.#ready.delete(oldest.value);
    }
    this.#ready.set(name, chain);
    return chain;
  }
}

function pathsOf(provider: Provider, model: string): Rung['paths'] {
  const { chat, completions, embeddings, messages, responses, countTokens } = provider.paths;
  return {
    chat: upstreamPath(provider, chat, model),
    completions: upstreamPath(provider, completions, model),
    embeddings: upstreamPath(provider, embeddings, model),
    messages: upstreamPath(provider, messages, model),
    responses: upstreamPath(provider, responses, model),
    'count-tokens': upstreamPath(provider, countTokens, model),
  };
}

/** Path and query of one of a provider's endpoints, relative to its origin. */
export function upstreamPath(provider: Provider, path: string, model: string): string {
  const base = new URL(provider.baseUrl).pathname.replace(/\/$/, '');
  const query = new URLSearchParams(provider.query).toString();
  return base + path.replace('{model}', encodeURIComponent(model)) + (query === '' ? '' : `?${query}`);
}
