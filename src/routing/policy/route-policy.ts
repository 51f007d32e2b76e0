import type { EvidenceSettings, RoutingPolicy } from '../../config/routing-config.ts';
import type { Endpoint } from '../../dialects/endpoint.ts';
import type { JsonMembers } from '../../dialects/json-members.ts';
import type { ModelPair, RouteDecision, Verdict } from '../decision.ts';
import { readPrompt } from '../features/read-prompt.ts';
import { Scorer } from '../score/scorer.ts';
import { conversationHash } from './conversation.ts';
import { type Closed, closedTiers, needsOfTiers, type TierNeeds, type TierTargets, tokensOf } from './gates.ts';
import { type Opening, openingOf } from './opening.ts';
import { PhraseRules } from './phrases.ts';
import { moveCost } from './prompt-cache.ts';
import { fingerprintOf, systemPrintOf } from './route-key.ts';
import type { RouteContext, RouteRequest } from './route-request.ts';
import type { Pin } from './session-pins.ts';
import { workOf } from './work.ts';

/** Nobody keeps evidence: the strong model serves, and nothing is learned. */
const UNKNOWN: Verdict = { state: 'observe', n: 0, loss: 0, upper: 1, serve: 'strong', shadow: false };

/** What is asked of the part that keeps sessions with their model. */
interface Standpoint {
  /** Index of the tier that rules chose, gates passed. */
  readonly tier: number;
  /** Index of the tier that would serve. */
  readonly serve: number;
  readonly verdict: Verdict | undefined;
  readonly inToolLoop: boolean;
  readonly tokens: number;
  readonly closed: readonly Closed[];
}

/**
 * A policy made ready: where one request goes, and why. Synchronous, bounded in what it reads, and without any call: at most some tens of
 * microseconds for a usual request.
 */
export class RoutePolicy {
  readonly config: RoutingPolicy;
  readonly tiers: readonly TierTargets[];
  readonly #needs: TierNeeds;
  readonly #rules: PhraseRules;
  readonly #scorer: Scorer | undefined;

  /** @param tiers of the policy, in its order, with what is known of their targets */
  constructor(config: RoutingPolicy, tiers: readonly TierTargets[]) {
    this.config = config;
    this.tiers = tiers;
    this.#needs = needsOfTiers(tiers);
    this.#rules = new PhraseRules(config.rules);
    this.#scorer = config.score && new Scorer(config.score.policy);
  }

  /** Undefined: whoever asks may be served by none of the tiers' models. */
  decide(request: RouteRequest, context: RouteContext): RouteDecision | undefined {
    const { endpoint, body } = request;
    const { config } = this;
    const reasons: string[] = [];
    const opening = openingOf(endpoint, body);
    const system = this.#systemOf(request, opening);
    const key = request.routeName ?? fingerprintOf(body, system);
    const prompt = readPrompt(endpoint === 'count-tokens' ? 'messages' : endpoint, body);
    const work = workOf(config, this.#rules, this.#scorer, request.taskType, prompt, key, reasons);

    const tokens = tokensOf(body, this.#needs);
    const closed = closedTiers(this.tiers, this.#needs, endpoint, body, tokens, (model) => context.allows(model));
    const tier = this.#nearestOpen(work.tier, closed, context, reasons);
    if (tier === undefined) return undefined;

    const pair = this.#pairFor(tier, closed, reasons);
    const verdict = pair === undefined ? undefined : this.#verdict(pair, key, context, reasons);
    const serve = verdict?.serve === 'strong' ? this.#reference : tier;

    const session = this.#sessionKey(request, opening, system, context.tenant);
    // Where no user's text stands near the end, what stands there are the results of tools.
    const inToolLoop = prompt === undefined || prompt.flags.inToolLoop || livesAtProvider(body);
    const at: Standpoint = { tier, serve, verdict, inToolLoop, tokens, closed };
    const pin = session === undefined ? undefined : context.pins.get(session);
    const served = pin === undefined ? serve : this.#keptWith(pin, at, request, context, reasons);
    const model = this.tiers[served]?.model ?? '';
    if (session !== undefined && !context.dry) context.pins.set(session, { model, at: context.now, tokens });

    const inPair = pair !== undefined && (model === pair.cheap || model === pair.strong);
    return {
      policy: config.name,
      task: work.task,
      tier: this.tiers[tier]?.name ?? '',
      complexity: work.complexity,
      bumped: work.bumped,
      key,
      pair: inPair ? pair : undefined,
      verdict: inPair ? verdict && { ...verdict, serve: model === pair.cheap ? 'cheap' : 'strong' } : undefined,
      model,
      cascade: this.#cascadeFor(served, closed),
      pinned: served !== serve,
      session: context.dry ? undefined : session,
      reasons,
    };
  }

  /**
   * Names the conversation that a request goes on with, which somebody else may have served before: what its pin is asked by. Undefined: it has
   * none, or it begins with this request.
   */
  conversationOf(request: RouteRequest, tenant: string): string | undefined {
    const { endpoint, body } = request;
    if (!this.#remembers(endpoint)) return undefined;
    const opening = openingOf(endpoint, body);
    if (request.session === undefined && opening.firstUser?.alone !== false) return undefined;
    return this.#sessionKey(request, opening, this.#systemOf(request, opening), tenant);
  }

  #systemOf({ endpoint, body, routeName }: RouteRequest, opening: Opening): string {
    return routeName === undefined || this.#remembers(endpoint) ? systemPrintOf(body, opening) : '';
  }

  /** Index of the tier that others are measured against. */
  get #reference(): number {
    const { evidence, tiers } = this.config;
    const index = evidence === undefined ? -1 : tiers.findIndex(({ name }) => name === evidence.reference);
    return index < 0 ? tiers.length - 1 : index;
  }

  /** The tier itself where it can serve the request, else the next better one, else the next cheaper one. */
  #nearestOpen(
    wanted: number,
    closed: readonly Closed[],
    context: RouteContext,
    reasons: string[],
  ): number | undefined {
    if (closed[wanted] === undefined) return wanted;
    for (const [index, reason] of closed.entries())
      if (reason !== undefined)
        reasons.push(`tier ${this.tiers[index]?.name} is out: ${this.tiers[index]?.model} ${reason}`);
    const open = nearest(wanted, closed.length, (index) => closed[index] === undefined);
    // None can serve it: the one that may is asked, and what it says is the client's to read.
    const chosen = open ?? nearest(wanted, closed.length, (index) => this.#isAllowed(index, context));
    if (chosen !== undefined) reasons.push(`tier ${this.tiers[chosen]?.name} in its place`);
    return chosen;
  }

  #isAllowed(index: number, context: RouteContext): boolean {
    const tier = this.tiers[index];
    return tier !== undefined && context.allows(tier.model);
  }

  /** What is measured against what; undefined where nothing is, or nothing can be saved. */
  #pairFor(tier: number, closed: readonly Closed[], reasons: string[]): ModelPair | undefined {
    const reference = this.#reference;
    const cheap = this.tiers[tier]?.model;
    const strong = this.tiers[reference]?.model;
    if (this.config.evidence === undefined || tier >= reference || cheap === strong) return undefined;
    if (cheap === undefined || strong === undefined) return undefined;
    if (closed[reference] === undefined) return { cheap, strong };
    reasons.push(`${strong} ${closed[reference]}, so there is nothing to measure ${cheap} against`);
    return undefined;
  }

  #verdict(pair: ModelPair, key: string, { book, tenant, dry }: RouteContext, reasons: string[]): Verdict {
    const settings: EvidenceSettings | undefined = this.config.evidence;
    let verdict = UNKNOWN;
    if (book !== undefined && settings !== undefined) {
      if (dry) {
        const standing = book.peek(tenant, key, pair, settings);
        verdict = { ...standing, serve: standing.state === 'admitted' ? 'cheap' : 'strong', shadow: false };
      } else verdict = book.consult(tenant, key, pair, settings);
    }
    const { state, n, loss, upper } = verdict;
    const known = n === 0 ? 'nothing compared yet' : `${n} compared, loss ${points(loss)}, at most ${points(upper)}`;
    reasons.push(
      `evidence of ${key} is at ${state} (${known}): ${verdict.serve === 'cheap' ? pair.cheap : pair.strong} serves`,
    );
    return verdict;
  }

  /** Whether conversations are kept with their model. */
  #remembers(endpoint: Endpoint): boolean {
    return this.config.pin && this.tiers.length > 1 && endpoint !== 'embeddings' && endpoint !== 'count-tokens';
  }

  /** Names the conversation; undefined where it has no name and no beginning, or is not remembered. */
  #sessionKey(
    { endpoint, body, session }: RouteRequest,
    { firstUser }: Opening,
    system: string,
    tenant: string,
  ): string | undefined {
    if (!this.#remembers(endpoint)) return undefined;
    // With the system prompt: agents that share a session do not share a conversation. Not with the tools: they come and go in one.
    if (session !== undefined) return `${tenant}\n${this.config.name}\n${system}\ns:${session}`;
    if (firstUser === undefined) return undefined;
    return `${tenant}\n${this.config.name}\n${system}\nc:${conversationHash(body, firstUser)}`;
  }

  /** Index of the tier that serves a conversation which was with a model before. */
  #keptWith(pin: Pin, at: Standpoint, request: RouteRequest, context: RouteContext, reasons: string[]): number {
    const before = this.tiers.findIndex(({ model }) => model === pin.model);
    const { serve, closed } = at;
    if (before < 0 || before === serve || this.tiers[serve]?.model === pin.model) return serve;
    if (at.inToolLoop) {
      if (closed[before] !== undefined) {
        // It can no more serve the conversation: up from where it was, not down.
        const up = closed.findIndex((reason, index) => index > before && reason === undefined);
        const next = Math.max(serve, up);
        reasons.push(`${pin.model}, which served the session, ${closed[before]}: moved to ${this.tiers[next]?.model}`);
        return next;
      }
      const upward =
        serve > before && (at.verdict === undefined || at.verdict.state === 'suspended' || at.tier > before);
      if (upward) {
        reasons.push(`the session moves up from ${pin.model} inside its tool loop`);
        return serve;
      }
      reasons.push(`the session stays with ${pin.model} inside its tool loop`);
      return before;
    }
    if (serve > before || closed[before] !== undefined) return serve;
    const cost = moveCost(
      pin,
      context.now,
      at.tokens,
      request.maxTokens,
      context.price(pin.model),
      context.price(this.tiers[serve]?.model ?? ''),
    );
    if (cost === undefined || cost.move < cost.stay) return serve;
    reasons.push(
      `the session stays with ${pin.model}, whose provider holds some ${cost.cachedTokens} tokens of it: the next answer would cost $${dollars(cost.move)} elsewhere, and $${dollars(cost.stay)} here`,
    );
    return before;
  }

  /** Cheap first and the reference after it, where the cheap one is what serves. Which requests that suits is not decided here. */
  #cascadeFor(served: number, closed: readonly Closed[]): ModelPair | undefined {
    const reference = this.#reference;
    if (!this.config.cascade || served >= reference || closed[reference] !== undefined) return undefined;
    const cheap = this.tiers[served]?.model;
    const strong = this.tiers[reference]?.model;
    return cheap === undefined || strong === undefined || cheap === strong ? undefined : { cheap, strong };
  }
}

/** What was said before is kept by the provider, and is nothing to another one. */
function livesAtProvider(body: JsonMembers): boolean {
  return body.kind('previous_response_id') === 'string';
}

/** The index itself, the next above, then the next below. */
function nearest(wanted: number, length: number, fits: (index: number) => boolean): number | undefined {
  for (let index = wanted; index < length; index++) if (fits(index)) return index;
  for (let index = wanted - 1; index >= 0; index--) if (fits(index)) return index;
  return undefined;
}

function points(share: number): string {
  return `${(share * 100).toFixed(1)}pt`;
}

function dollars(nanos: number): string {
  return (nanos / 1e9).toFixed(6);
}
