import { type SplitQuestion, splitConversation } from '../cache/conversation-scope.ts';
import type { SemanticAsk } from '../cache/semantic/semantic-ask.ts';
import type { SemanticCache } from '../cache/semantic/semantic-cache.ts';
import { codecs } from '../dialects/codecs.ts';
import type { Turn } from '../dialects/conversation/request.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import { hasStoredContext } from '../dialects/responses/stored-state.ts';
import { parseJsonText } from '../failures/json-record.ts';
import { type Scoped, scopeOf } from './cache-scope.ts';
import { billForCache } from './cache-spending.ts';
import type { CacheVisit, NearVisit } from './cache-visit.ts';
import type { Exchange } from './exchange.ts';
import { textOf } from './internal-call.ts';
import { routeCacheOf } from './route-cache.ts';
import type { Runtime } from './runtime.ts';
import { semanticQuestion } from './semantic-question.ts';
import { sendKept } from './send-kept.ts';

/**
 * The part of the time a request has left that looking for a near question, judge included, may take of it: a silent embedder must leave enough
 * to answer live. It matters where a client is in a hurry; else the embedder's own limit is the shorter one.
 */
const LOOKUP_SHARE = 0.25;

/** Looks for the kept answer to a near question, after the exact cache had none. True: it was sent. */
export async function semanticLookup(
  exchange: Exchange,
  runtime: Runtime,
  semantic: SemanticCache,
  visit: CacheVisit,
): Promise<boolean> {
  const ask = askOf(exchange, runtime, visit);
  if (ask === undefined) return false;
  // Nothing kept will be given: what is to be known of the question is found out while its answer is made.
  if (!visit.wishes.read) {
    beside(
      visit,
      semantic.place(ask).then((place) => ({ place, audit: undefined })),
    );
    return false;
  }
  if (semantic.onlyWatches(ask.settings)) {
    beside(visit, semantic.watch(ask));
    return false;
  }
  const before = runtime.clock.now();
  const deadline = before + Math.max(0, exchange.deadlineAt - before) * LOOKUP_SHARE;
  const { hit, place, audit, result, reason } = await semantic.lookup({ ...ask, deadline });
  // The embedder is a provider like others: what it takes is no overhead of ours.
  exchange.waitedMs += runtime.clock.now() - before;
  if (hit !== undefined) {
    const tier = `semantic; sim=${hit.cosine.toFixed(3)}`;
    if (sendKept(exchange, runtime, visit, hit.entry, 'fresh', tier)) return true;
  }
  visit.near = { place, audit };
  visit.header = `miss; reason=${reason ?? result}`;
  return false;
}

function beside(visit: CacheVisit, looking: Promise<NearVisit>): void {
  // Mostly it is known long before the answer is complete.
  visit.near = looking.then((near) => {
    visit.near = near;
    return near;
  });
}

/** What the semantic cache has to know of the request; undefined: it takes no part. */
function askOf(exchange: Exchange, runtime: Runtime, { tenant, wishes }: CacheVisit): SemanticAsk | undefined {
  const { endpoint, call, account } = exchange;
  const settings = routeCacheOf(exchange).semantic;
  const dialect = chatDialect(endpoint);
  if (settings === undefined || dialect === undefined) return undefined;
  exchange.conversation ??= codecs[dialect].readRequest(call.json);
  const { conversation } = exchange;
  if ('mistake' in conversation) return undefined;
  const scoped = scopeOf(exchange, runtime);
  return {
    tenant,
    route: routeNameOf(exchange),
    fingerprint: scoped.route.fingerprint,
    settings,
    threshold: account?.identity.policy.cache.threshold,
    question: semanticQuestion(conversation, hasStoredContext(call.json)),
    epoch: runtime.config.cache.epoch,
    maxAge: wishes.maxAge,
    deadline: exchange.deadlineAt,
    split: () => splitOf(runtime, scoped, conversation.turns.at(-1)),
    textOf: (body) => textOf(dialect, parseJsonText(body.toString('utf8'))),
    onSpent: (use) => billForCache(exchange, runtime, use),
  };
}

/** Of a cascade, whose hits are another question than those of either model: the pair's. */
function routeNameOf({ cascade, chain }: Exchange): string {
  const plan = cascade?.plan;
  return plan === undefined ? chain.model.name : `${plan.cheap.model.name}+${plan.strong.model.name}`;
}

function splitOf(
  { cache }: Runtime,
  { owner, route, request }: Scoped,
  last: Turn | undefined,
): SplitQuestion | undefined {
  return cache && splitConversation(cache.secret, owner, route, request, last);
}
