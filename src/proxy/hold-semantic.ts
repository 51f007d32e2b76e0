import type { AnswerCache } from '../cache/answer-cache.ts';
import type { Embedder } from '../cache/embedders/embedder.ts';
import type { SemanticCache } from '../cache/semantic/semantic-cache.ts';
import type { SemanticEvents } from '../cache/semantic/semantic-events.ts';
import type { Config } from '../config/config.ts';
import type { State } from '../state/open-state.ts';
import { certificateEvent } from '../tenants/events/certificate-event.ts';
import { estimatedTokens } from './bill.ts';
import { costOfUse } from './cache-spending.ts';
import { askTarget, callTarget, rungOf } from './internal-call.ts';
import { judgeBudgets } from './judge-budgets.ts';
import type { Runtime } from './runtime.ts';

/** A call that was given up is ended by its signal; without one it would end so much later, milliseconds. */
const SLACK_MS = 1_000;

/** What the semantic cache in force was opened with. */
const openedWith = new WeakMap<Runtime, string>();

/**
 * Opens the semantic cache where a route has one, again where another embedder makes the vectors, and closes it where none has. Never
 * fails: what cannot be had is told, and there is none then.
 */
export async function holdSemantic(runtime: Runtime, cache: AnswerCache, state: State | undefined): Promise<void> {
  const { config, telemetry } = runtime;
  const wanted = usesSemantic(config) ? JSON.stringify([config.cache.embedder, config.state]) : '';
  if ((openedWith.get(runtime) ?? '') === wanted) return;
  openedWith.set(runtime, wanted);
  const before = runtime.semantic;
  runtime.semantic = undefined;
  try {
    await before?.close();
    if (wanted !== '') runtime.semantic = await open(runtime, cache, state);
  } catch (error) {
    telemetry.notice(`there is no semantic cache: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function usesSemantic({ cache, models }: Config): boolean {
  return cache.embedder !== undefined && [...models.values()].some((model) => model.cache.semantic !== undefined);
}

async function open(
  runtime: Runtime,
  answers: AnswerCache,
  state: State | undefined,
): Promise<SemanticCache | undefined> {
  const { clock, random, config } = runtime;
  const { embedder: choice, maxBytes, perTenant } = config.cache;
  if (choice === undefined) return undefined;
  const [{ openEmbedder }, { SemanticCache }, { VectorIndexes }] = await Promise.all([
    import('../cache/embedders/open-embedder.ts'),
    import('../cache/semantic/semantic-cache.ts'),
    import('../cache/semantic/vector-indexes.ts'),
  ]);
  const events = eventsOf(runtime);
  const embedder: Embedder = await openEmbedder(choice, {
    clock,
    callTarget: (request, signal) => {
      const target = choice.kind === 'target' ? choice.target : '';
      // The embedder's own limit ends it, and knows that it was one.
      const until = clock.now() + choice.timeout + SLACK_MS;
      return callTarget(runtime, { target, endpoint: 'embeddings', json: { ...request }, until, signal }).then(
        ({ json }) => json,
      );
    },
    onTrouble: ({ kind, reason }) => events.trouble(`embedder-${kind}`, reason),
  });
  const semantic = new SemanticCache({
    embedder,
    embedTimeout: choice.timeout,
    indexes: new VectorIndexes({
      clock,
      maxBytes,
      perTenant,
      directory: config.state.kind === 'sqlite' ? config.state.dir : undefined,
      redis: state?.redis,
      onTrouble: (what, reason) => events.trouble(what, reason),
    }),
    answers,
    askModel: async (question) => {
      const { text, tokens } = await askTarget(runtime, question);
      const inputTokens = tokens?.promptTokens ?? Math.ceil(question.prompt.length / 4);
      const outputTokens = tokens?.completionTokens ?? 1;
      const use = { target: question.target, inputTokens, outputTokens, estimated: tokens === undefined };
      const counted = tokens ?? estimatedTokens(inputTokens, outputTokens);
      return { text, use, cost: costOfUse(runtime, rungOf(runtime, question.target), counted) };
    },
    holdForJudge: await judgeBudgets(runtime, state, (reason) => events.trouble('judge-budget', reason)),
    clock,
    random,
    events,
  });
  runtime.telemetry.metrics.read({ semanticBounds: () => semantic.bounds() });
  return semantic;
}

function eventsOf(runtime: Runtime): SemanticEvents {
  const { telemetry, clock } = runtime;
  return {
    looked: (route, result, reason) => telemetry.semanticAsked(route, result, reason),
    vetoed: (guard) => telemetry.semanticVetoed(guard),
    wouldHit: (facts) => telemetry.semanticWouldHit(facts),
    audited: (facts, result) => telemetry.semanticAudited(facts, result),
    certificate: (key, event) => {
      telemetry.certificate(key, event);
      if (event.kind !== 'certified' && event.kind !== 'tightened' && event.kind !== 'suspended') return;
      // Without tenants there is nobody whose webhooks could be told.
      if (key.tenant !== '') runtime.tenancy?.tell(certificateEvent(key, event, Math.floor(clock.now())));
    },
    trouble: (what, reason) => telemetry.semanticTrouble(what, reason, clock.now()),
  };
}
