import type { CircuitChange } from '../breakers/circuits.ts';
import type { AttemptSummary, TryOutcome } from '../failures/attempt-summary.ts';
import type { Failure } from '../failures/failure.ts';
import { FAILURE_TABLE } from '../failures/table.ts';
import { createLogs, type Log, type LogLevel, standardOutput } from './log.ts';
import { Metrics } from './metrics.ts';

/** One finished exchange, as it is logged and counted. Holds no text of prompt or answer, and no key. */
export interface ExchangeRecord {
  readonly id: string;
  readonly endpoint: string;
  /** As the client named it. */
  readonly model: string;
  readonly stream: boolean;
  readonly status: 'ok' | 'degraded' | 'failed' | 'cancelled';
  readonly httpStatus: number;
  readonly target: string | undefined;
  readonly tries: number;
  readonly fallbackDepth: number;
  /** Breaks that were mended. */
  readonly resumed: number;
  /** Milliseconds from the request's arrival to the end of the answer. */
  readonly ms: number;
  /** Milliseconds of the proxy's own until the answer began. */
  readonly overheadMs: number;
  /** Milliseconds from a provider being asked to its first token; undefined where none came. */
  readonly firstTokenMs: number | undefined;
  readonly usage:
    | { readonly promptTokens: number | undefined; readonly completionTokens: number; readonly estimated: boolean }
    | undefined;
  /** Of all tries together, dollars; undefined where a price is not known. */
  readonly costUsd?: number | undefined;
  /** `x-breakwater-cache`, where the route has a cache. */
  readonly cache?: string;
  /** The answer of an earlier request with the same idempotency key. */
  readonly replayed?: true;
  /** Older turns gave way to a summary: `turns=40;tokens=180000->62000`. */
  readonly compacted?: string;
  /** Whose request it was, where the proxy asks for a key. `key` is the key's id. */
  readonly tenant?: string | undefined;
  readonly key?: string | undefined;
  readonly agent?: string | undefined;
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  readonly task?: string | undefined;
  /** Where a policy chose the model. */
  readonly route?: RouteLine | undefined;
  readonly failure: Failure | undefined;
  readonly attempts: readonly AttemptSummary[];
}

/** A request that never became an exchange: what it is told by. */
export interface RefusedRequest {
  /** As in `x-breakwater-request-id`. */
  readonly id: string;
  readonly httpStatus: number;
  /** Whose key it carried, where that was known by then. */
  readonly tenant?: string | undefined;
  readonly key?: string | undefined;
  readonly agent?: string | undefined;
}

/** A routing decision as it is logged and counted. */
export interface RouteLine {
  readonly policy: string;
  readonly task: string | undefined;
  readonly tier: string;
  /** The configured model that was chosen. */
  readonly model: string;
  readonly key: string;
  /** Of the evidence; undefined: none was asked for. */
  readonly state: string | undefined;
  readonly bumped: boolean;
  readonly pinned: boolean;
}

/** A kept answer to a near question. */
interface NearAnswer {
  readonly tenant: string;
  readonly route: string;
  readonly id: string;
  readonly cosine: number;
}

/** Whose hits a certificate is about. */
interface Certified {
  readonly tenant: string;
  readonly route: string;
  readonly embedder: string;
}

/** A store that is away is away for every request: that is one thing to tell, milliseconds. */
const CACHE_QUIET_MS = 60_000;
/** Refusals of which a line each would be one more load where there is too much already. */
const COUNTED_ONLY: readonly (string | undefined)[] = ['proxy_overloaded', 'draining'];
/** What a client made up may stand in a message, and may be long: characters of it that are logged. */
const LONGEST_REASON = 300;

/** Where everything that happens is told: one log line and a few counters for each. Never throws into the request's way. */
export class Telemetry {
  readonly metrics: Metrics;
  readonly log: Log;
  readonly #requests: Log;
  readonly #cacheToldUntil = new Map<string, number>();

  /** @param options.write takes the log's lines in place of standard output */
  constructor(options: { level: LogLevel; write?: (line: string) => void }) {
    const { events, requests } = createLogs(options);
    this.log = events;
    this.#requests = requests;
    this.metrics = new Metrics();
    if (options.write === undefined) this.metrics.read({ logLinesLost: () => standardOutput.lost });
  }

  /** The names in the configuration: they keep labels of their own. Told at the start and at every reload. */
  configured(names: { models: Iterable<string>; targets: Iterable<string> }): void {
    this.metrics.expect(names);
  }

  /** Where the number of requests in flight is read at a scrape. */
  countsInFlight(read: () => number): void {
    this.metrics.read({ inflightRequests: read });
  }

  /** Stops what samples the process. */
  close(): void {
    this.metrics.close();
  }

  exchangeDone(record: ExchangeRecord): void {
    this.metrics.requestDone({
      model: record.model,
      status: record.status,
      endpoint: record.endpoint,
      overheadSeconds: record.overheadMs / 1000,
      firstTokenSeconds: record.firstTokenMs === undefined ? undefined : record.firstTokenMs / 1000,
      fallbackDepth: record.fallbackDepth,
      promptTokens: record.usage?.promptTokens,
      completionTokens: record.usage?.completionTokens,
      costUsd: record.costUsd,
    });
    const { failure, attempts, ...line } = record;
    if (failure === undefined) {
      // The attempts of what went well at once say nothing that the line does not.
      this.#requests.info(record.tries > 1 ? { ...line, attempts } : line, 'request');
    } else if (failure.class === 'client_cancelled') {
      this.log.info({ ...line, httpStatus: 499, attempts }, 'request');
    } else {
      const { class: failureClass, code, message } = failure;
      this.log.warn({ ...line, class: failureClass, code, reason: message, attempts }, 'request');
    }
  }

  /**
   * A policy chose the model of a request that is done.
   *
   * @param saved nano-dollars less than the reference model would have cost; undefined: not known
   */
  routed(
    {
      policy,
      tier,
      model,
      verdict,
    }: { policy: string; tier: string; model: string; verdict?: { state: string } | undefined },
    saved: number | undefined,
  ): void {
    this.metrics.routed(policy, tier, model, verdict?.state ?? 'none', (saved ?? 0) / 1e9);
  }

  /** A request was refused before it was clear what it asks for: no key, an unknown model, a broken body, too much to do. */
  refused(request: RefusedRequest, { class: failureClass, code = failureClass, message }: Failure): void {
    this.metrics.refused(code);
    if (COUNTED_ONLY.includes(code)) return;
    this.log.info({ ...request, code, reason: message.slice(0, LONGEST_REASON) }, 'refused');
  }

  attemptDone(target: string, outcome: TryOutcome): void {
    this.metrics.attemptDone(target, outcome);
    if (outcome !== 'ok' && outcome !== 'skipped' && FAILURE_TABLE[outcome].alarm) {
      this.log.error({ target, class: outcome }, 'alarm: this will stay wrong until somebody mends it');
    }
  }

  retryDone(success: boolean): void {
    this.metrics.retryDone(success);
  }

  circuitChanged(change: CircuitChange): void {
    this.metrics.circuitChanged(change.circuit, change.from, change.to);
    this.log.warn({ ...change }, 'circuit');
  }

  keyQuarantined(provider: string, key: string, reason: 'auth' | 'quota', ms: number): void {
    this.metrics.keyQuarantined(provider, reason);
    this.log.error({ provider, key, reason, ms }, 'key quarantined');
  }

  hedged(target: string, backup: string): void {
    this.metrics.hedged(target);
    this.log.debug({ target, backup }, 'hedge');
  }

  /** @param result `kept`, `failed`, or what was wrong with the cheap answer */
  cascaded(model: string, result: string): void {
    this.metrics.cascaded(model, result);
  }

  streamBroke(target: string): void {
    this.metrics.streamBroke(target);
  }

  malformedEvents(target: string, count: number): void {
    this.metrics.malformedEvents(target, count);
    this.log.warn({ target, count }, 'malformed events left out of a stream');
  }

  /** A limit of this proxy's own refused a request. @param code of the error */
  limited(code: string): void {
    this.metrics.limited(code);
  }

  /** An act of the proxy's own that changed what a request gets. */
  decided(what: 'downgrade' | 'clamp', facts: Readonly<Record<string, string | undefined>>): void {
    this.metrics.decided(what);
    this.log.info({ decision: what, ...facts }, 'decision');
  }

  /** What a request used will not be found in its budgets. */
  settlementLost(id: string, reason: string): void {
    this.metrics.settlementLost();
    this.log.error({ id, reason }, 'a settlement was lost: budgets show less than was spent');
  }

  /** The store of budgets cannot be used. Logged by whoever watches the store, counted here for each request. */
  stateUnavailable(): void {
    this.metrics.stateUnavailable();
  }

  /** A route with an exact cache was asked. */
  cacheAsked(model: string, result: 'hit' | 'coalesced' | 'stale' | 'miss' | 'bypass'): void {
    this.metrics.cacheAsked(model, result);
  }

  /** The cache could not do its work: the request went on without it. Each kind is logged once a minute at most, and counted always. */
  cacheTrouble(what: 'open' | 'read' | 'write' | 'decrypt', reason: string, now: number): void {
    this.metrics.cacheTrouble(what);
    if (now < (this.#cacheToldUntil.get(what) ?? 0)) return;
    this.#cacheToldUntil.set(what, now + CACHE_QUIET_MS);
    this.log.warn({ what, reason }, 'the cache is in trouble, requests go on without it');
  }

  /** A request looked for an answer to a near question. */
  semanticAsked(model: string, result: string, reason: string | undefined): void {
    this.metrics.semanticAsked(model, result, reason);
  }

  semanticVetoed(guard: string): void {
    this.metrics.semanticVetoed(guard);
  }

  /** An answer was near enough, and not given: what the cache would have done. */
  semanticWouldHit({ tenant, route, id, cosine }: NearAnswer): void {
    this.log.info({ tenant, model: route, entry: id, cosine }, 'semantic cache: would have answered');
  }

  semanticAudited({ tenant, route, id, cosine }: NearAnswer, result: string): void {
    this.metrics.semanticAudited(route, result);
    this.log.info({ tenant, model: route, entry: id, cosine, result }, 'semantic cache: audited');
  }

  /** What was learned of a route's hits, or has to be done about them. */
  certificate({ tenant, route, embedder }: Certified, event: { readonly kind: string }): void {
    this.metrics.semanticCertificate(route, event.kind);
    const alert = event.kind === 'tightened' || event.kind === 'suspended';
    this.log[alert ? 'error' : 'info']({ tenant, model: route, embedder, ...event }, `semantic cache: ${event.kind}`);
  }

  /** The semantic cache could not do its work: logged once a minute at most for each kind, and counted always. */
  semanticTrouble(what: string, reason: string, now: number): void {
    this.metrics.semanticTrouble(what);
    if (now < (this.#cacheToldUntil.get(what) ?? 0)) return;
    this.#cacheToldUntil.set(what, now + CACHE_QUIET_MS);
    this.log.warn({ what, reason }, 'the semantic cache is in trouble, requests go on without it');
  }

  /** @param nanos what the kept answer had cost, nano-dollars */
  cacheSaved(by: 'exact' | 'semantic', nanos: number): void {
    this.metrics.cacheSaved(by, nanos / 1e9);
  }

  /** @param nanos for an embedding or a judge's word, nano-dollars; undefined: not known */
  cacheSpent(target: string, nanos: number | undefined): void {
    this.metrics.cacheSpent(target, (nanos ?? 0) / 1e9);
  }

  /** Two models' answers were compared for evidence. */
  routesCompared(policy: string, result: string): void {
    this.metrics.compared(policy, result);
  }

  /** @param nanos for a second answer or a judge's word, nano-dollars; undefined: not known */
  evidenceSpent(target: string, nanos: number | undefined): void {
    this.metrics.evidenceSpent(target, (nanos ?? 0) / 1e9);
  }

  /** What was learned of a cheap model on one kind of work changed what it may serve. */
  evidenceChanged(facts: { readonly tenant: string; readonly key: string }, event: { readonly kind: string }): void {
    this.log[event.kind === 'suspended' ? 'warn' : 'info']({ ...facts, ...event }, `route: ${event.kind}`);
  }

  /** Evidence could not be gathered or kept: logged once a minute at most for each kind. */
  evidenceTrouble(what: string, reason: string, now: number): void {
    const kind = `evidence-${what}`;
    if (now < (this.#cacheToldUntil.get(kind) ?? 0)) return;
    this.#cacheToldUntil.set(kind, now + CACHE_QUIET_MS);
    this.log.warn({ what, reason }, 'no evidence is gathered for the moment, requests go on as they did');
  }

  /** Which model a conversation is with could not be kept in its file. At most once a minute. */
  pinsTrouble(reason: string, now: number): void {
    if (now < (this.#cacheToldUntil.get('pins') ?? 0)) return;
    this.#cacheToldUntil.set('pins', now + CACHE_QUIET_MS);
    this.log.warn({ reason }, 'conversations are pinned in memory only for the moment');
  }

  /** A caller said how a session or a task went. No text of it is logged. */
  outcomeReported(facts: Readonly<Record<string, string | number | undefined>>): void {
    this.log.info(facts, 'outcome');
  }

  /** A conversation was too long for its agent. @param tokens left out of it */
  contextAsked(result: 'compacted' | 'unfit' | 'uncounted' | 'unsummarized', tokens: number): void {
    this.metrics.contextAsked(result, tokens);
  }

  /** A summary was wanted. Why there is none is logged once a minute at most for each kind, and counted always. */
  summaryMade(result: 'made' | 'failed' | 'unaffordable', reason: string | undefined, now: number): void {
    this.metrics.summaryMade(result);
    const what = `summary-${result}`;
    if (reason === undefined || now < (this.#cacheToldUntil.get(what) ?? 0)) return;
    this.#cacheToldUntil.set(what, now + CACHE_QUIET_MS);
    this.log.warn({ result, reason }, 'a conversation could not be summarized, it goes out as it is');
  }

  /** Replicas could not share a summary: each has its own. */
  summaryUnshared(reason: string, now: number): void {
    this.metrics.summaryMade('unshared');
    if (now < (this.#cacheToldUntil.get('summary-unshared') ?? 0)) return;
    this.#cacheToldUntil.set('summary-unshared', now + CACHE_QUIET_MS);
    this.log.warn({ reason }, 'a summary could not be shared with the other replicas');
  }

  /** @param nanos for a summary, nano-dollars */
  contextSpent(target: string, nanos: number): void {
    this.metrics.contextSpent(target, nanos / 1e9);
  }

  /** A request came with an idempotency key that is heeded. */
  idempotent(result: string): void {
    this.metrics.idempotent(result);
  }

  shed(): void {
    this.metrics.shed();
  }

  /** A fault of the proxy itself: with its stack, as somebody has to mend it. */
  defect(error: unknown): void {
    this.log.error({ err: error }, 'defect');
  }

  notice(text: string): void {
    this.log.warn(text);
  }

  started(url: string, source: string): void {
    this.log.info({ url, config: source }, `listening on ${url}`);
  }

  /** All that was under way is done or cut off, and everything is closed. */
  stopped(): void {
    this.log.info('stopped');
  }

  reloaded(path: string, notices: readonly string[]): void {
    this.metrics.reloaded(true);
    this.log.info({ config: path, notices }, 'configuration reloaded');
  }

  reloadRefused(path: string, reason: string): void {
    this.metrics.reloaded(false);
    this.log.error({ config: path, reason }, 'configuration refused, the old one stays in force');
  }
}
