import type { AnswerCache } from '../cache/answer-cache.ts';
import { assembleStream, type SeenTokens } from '../cache/exact/assemble.ts';
import { isFinished } from '../cache/exact/finished.ts';
import type { CacheEntry, NearQuestion } from '../cache/store/cache-store.ts';
import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import type { CacheVisit } from './cache-visit.ts';
import type { Exchange } from './exchange.ts';
import { keptCost } from './kept-cost.ts';
import { routeCacheOf } from './route-cache.ts';
import type { Runtime } from './runtime.ts';
import { keepNear, liveAnswer, tellAudit } from './semantic-store.ts';

/**
 * The end of a visit to the cache: the answer is kept where it may be, those who wait for it are told, the idempotency key is closed. After the client
 * has its answer, and never throws.
 */
export function cacheStore(exchange: Exchange, runtime: Runtime, cache: AnswerCache): void {
  const { cache: visit } = exchange;
  if (visit === undefined) return;
  try {
    const entry = visit.key === undefined ? undefined : keepAnswer(exchange, runtime, cache, visit, visit.key);
    if (entry !== undefined) visit.flight?.land({ kind: 'answer', entry });
    else if (wasAnswered(exchange)) visit.flight?.land({ kind: 'unshared' });
    closeClaim(exchange, cache, visit);
    if (visit.near !== undefined && runtime.semantic !== undefined)
      tellAudit(
        runtime.semantic,
        visit,
        ofNamedTarget(exchange) && !visit.hasGap ? liveAnswer(exchange, answerIn(exchange, visit, false)) : NONE,
      );
  } catch (error) {
    runtime.telemetry.defect(error);
  } finally {
    visit.flight?.land({ kind: 'failed' });
    visit.claim?.release();
  }
}

/** Keeps a finished answer of the first target, given under its own name to the request as it was. */
function keepAnswer(
  exchange: Exchange,
  runtime: Runtime,
  cache: AnswerCache,
  visit: CacheVisit,
  key: string,
): CacheEntry | undefined {
  const { chain, outcome } = exchange;
  const { delivered } = visit;
  const answer = finishedAnswer(exchange, visit);
  const { target } = outcome;
  if (answer === undefined || delivered === undefined || target === undefined) return undefined;
  const cost = keptCost(exchange, runtime);
  const keep = (near: NearQuestion | undefined) =>
    cache.keep(
      {
        key,
        tenant: visit.tenant,
        model: chain.model.name,
        user: visit.user,
        tags: visit.wishes.tags,
        target,
        ...cost,
        body: delivered.json === undefined ? Buffer.from(JSON.stringify(answer)) : delivered.body,
        near: near === undefined ? undefined : { scope: near.scope, question: near.question },
      },
      routeCacheOf(exchange),
      exchange.startedAt,
    );
  return runtime.semantic === undefined ? keep(undefined) : keepNear(runtime.semantic, exchange, visit, keep);
}

/** What an audit is told of a request that failed, or that another target has answered. */
const NONE = { kind: 'none' } as const;

/** The answer that may be given again; undefined: it may not. */
function finishedAnswer(exchange: Exchange, visit: CacheVisit): JsonRecord | undefined {
  const answer = ofNamedTarget(exchange) && !visit.hasGap ? answerIn(exchange, visit, true) : undefined;
  return answer !== undefined && isFinished(exchange.endpoint, answer) ? answer : undefined;
}

/** The client has an answer of the target that is named first, and of nobody and nothing else. */
function ofNamedTarget(exchange: Exchange): boolean {
  const { chain, outcome } = exchange;
  return isOfFirstTarget(exchange) && outcome.target === chain.rungs[0]?.target.id;
}

/** Nobody and nothing stood in for the target, and it was told all that was asked. */
function isOfFirstTarget({ outcome, outputCap, compaction, dropped, account, attempts }: Exchange): boolean {
  return (
    outcome.status === 'ok' &&
    outcome.httpStatus === 200 &&
    outcome.failure === undefined &&
    outcome.fallbackDepth === 0 &&
    outcome.resumed === 0 &&
    outputCap === undefined &&
    compaction === undefined &&
    dropped.size === 0 &&
    account?.downgrade === undefined &&
    // None was made for an answer that is kept already.
    attempts.length > 0
  );
}

/** What the client was given, whole; undefined: it was too long to be held, or is no answer. @param toKeep see {@link assembleStream} */
function answerIn(exchange: Exchange, { delivered }: CacheVisit, toKeep: boolean): JsonRecord | undefined {
  if (delivered === undefined) return undefined;
  const { json, body } = delivered;
  if (json !== undefined) return isRecord(json) ? json : undefined;
  return assembleStream(exchange.endpoint, body, seenTokens(exchange), toKeep);
}

/** For an answer whose stream told no counts: what it is billed by, which may be an estimate. */
function seenTokens({ bills }: Exchange): SeenTokens | undefined {
  return bills.findLast(({ forCache }) => !forCache)?.tokens;
}

function wasAnswered({ outcome }: Exchange): boolean {
  return outcome.status === 'ok' || outcome.status === 'degraded';
}

/** Any answer that was delivered whole is what repeats of the key get, whoever gave it. */
function closeClaim(exchange: Exchange, cache: AnswerCache, { claim, delivered }: CacheVisit): void {
  const { outcome } = exchange;
  const ttl = cache.terms.idempotencyTtl;
  if (claim === undefined || delivered === undefined || ttl === undefined || outcome.httpStatus !== 200) return;
  if (outcome.status !== 'ok' && outcome.status !== 'degraded') return;
  const { contentType, body } = delivered;
  if (body.length > cache.terms.maxEntry) return;
  claim.complete({ contentType, status: outcome.status, target: outcome.target, body }, ttl);
}
