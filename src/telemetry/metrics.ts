import { Registry } from 'prom-client';
import { showCounter, showHistogram, showReading } from './exposition.ts';
import { METRICS } from './metric-definitions.ts';
import { maxDescriptors, openDescriptors, openSockets, ProcessHealth, type Reading } from './process-health.ts';
import type { Readings } from './readings.ts';
import { RecentRatio } from './recent-ratio.ts';
import { ByLabel, Count, Distribution, LabelValues } from './series.ts';

/** Values a label may take beside those of the configuration. */
const MAX_NAMES = 200;
/** For labels whose values this program sets itself, all metrics' together: a mistake must not grow without end either. */
const MAX_TERMS = 300;
const RECENT_RETRIES = 256;
const CIRCUIT_STATES = { closed: 0, 'half-open': 1, open: 2 } as const;

type CircuitStateName = keyof typeof CIRCUIT_STATES;

/** One finished request, as far as it is counted. */
export interface RequestMeasures {
  readonly model: string;
  readonly endpoint: string;
  /** `ok`, `degraded`, `failed` or `cancelled`. */
  readonly status: string;
  readonly overheadSeconds: number;
  readonly firstTokenSeconds: number | undefined;
  readonly fallbackDepth: number;
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  /** Dollars; undefined: not known. */
  readonly costUsd: number | undefined;
}

/** Everything that is counted, and the text Prometheus reads. Counting never throws and never waits. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #health = new ProcessHealth();
  readonly #readings: Readings = {};
  readonly #models = new LabelValues(MAX_NAMES);
  readonly #targets = new LabelValues(MAX_NAMES);
  readonly #terms = new LabelValues(MAX_TERMS);
  /** The semantic cache has many reasons. */
  readonly #reasons = new LabelValues(MAX_TERMS);

  readonly #requests = new ByLabel(this.#models, () => this.#byTerm(() => this.#byTerm(newCount)));
  readonly #overhead = this.#byTerm(() => new Distribution(METRICS.overhead.buckets));
  readonly #firstToken = new ByLabel(this.#models, () => new Distribution(METRICS.firstToken.buckets));
  readonly #fallbackDepth = new Distribution(METRICS.fallbackDepth.buckets);
  readonly #tokens = new ByLabel(this.#models, () => this.#byTerm(newCount));
  readonly #attempts = new ByLabel(this.#targets, () => this.#byTerm(newCount));
  readonly #retries = this.#byTerm(newCount);
  readonly #recentRetries = new RecentRatio(RECENT_RETRIES);
  readonly #hedges = new ByLabel(this.#targets, newCount);
  readonly #cascades = new ByLabel(this.#models, () => this.#byTerm(newCount));
  readonly #circuits = new ByLabel(this.#targets, newCount);
  readonly #transitions = new ByLabel(this.#targets, () => this.#byTerm(() => this.#byTerm(newCount)));
  readonly #quarantines = new ByLabel(new LabelValues(MAX_NAMES), () => this.#byTerm(newCount));
  readonly #streamBreaks = new ByLabel(this.#targets, newCount);
  readonly #cacheRequests = new ByLabel(this.#models, () => this.#byTerm(newCount));
  readonly #cacheTrouble = this.#byTerm(newCount);
  readonly #semanticRequests = new ByLabel(this.#models, () => this.#byReason(newCount));
  readonly #semanticReasons = this.#byReason(newCount);
  readonly #vetoes = this.#byReason(newCount);
  readonly #semanticAudits = new ByLabel(this.#models, () => this.#byReason(newCount));
  readonly #semanticCertificates = new ByLabel(this.#models, () => this.#byReason(newCount));
  readonly #semanticTrouble = this.#byReason(newCount);
  readonly #cacheSaved = this.#byTerm(newCount);
  readonly #cacheSpent = new ByLabel(this.#targets, newCount);
  readonly #contextRequests = this.#byTerm(newCount);
  readonly #contextSaved = new Count();
  readonly #summaries = this.#byTerm(newCount);
  readonly #contextSpent = new ByLabel(this.#targets, newCount);
  readonly #idempotent = this.#byTerm(newCount);
  readonly #malformed = new ByLabel(this.#targets, newCount);
  readonly #cost = new ByLabel(this.#models, newCount);
  readonly #limited = this.#byTerm(newCount);
  readonly #decisions = this.#byTerm(newCount);
  readonly #policies = new LabelValues(MAX_NAMES);
  readonly #tiers = new LabelValues(MAX_NAMES);
  readonly #routed = new ByLabel(
    this.#policies,
    () => new ByLabel(this.#tiers, () => new ByLabel(this.#models, () => this.#byTerm(newCount))),
  );
  readonly #routeSaved = new ByLabel(this.#policies, newCount);
  readonly #compared = new ByLabel(this.#policies, () => this.#byTerm(newCount));
  readonly #evidenceSpent = new ByLabel(this.#targets, newCount);
  readonly #settlementsLost = new Count();
  readonly #stateUnavailable = new Count();
  readonly #shed = new Count();
  readonly #refused = this.#byTerm(newCount);
  #configReloaded = true;

  constructor() {
    const registry = this.#registry;
    showCounter(registry, METRICS.requests, this.#requests);
    showReading(registry, METRICS.inflight, () => some(this.#readings.inflightRequests?.()));
    showCounter(registry, METRICS.refused, this.#refused);
    showCounter(registry, METRICS.shed, this.#shed);
    showHistogram(registry, METRICS.overhead, this.#overhead);
    showHistogram(registry, METRICS.firstToken, this.#firstToken);
    showHistogram(registry, METRICS.fallbackDepth, this.#fallbackDepth);
    showCounter(registry, METRICS.tokens, this.#tokens);
    showCounter(registry, METRICS.cost, this.#cost);
    showCounter(registry, METRICS.limited, this.#limited);
    showCounter(registry, METRICS.decisions, this.#decisions);
    showCounter(registry, METRICS.routeDecisions, this.#routed);
    showReading(registry, METRICS.routeSaved, () => this.#savedByPolicy());
    showCounter(registry, METRICS.routesCompared, this.#compared);
    showReading(registry, METRICS.routePairs, () => this.#pairsByState());
    showCounter(registry, METRICS.evidenceSpent, this.#evidenceSpent);
    showReading(registry, METRICS.webhookEvents, () => this.#webhookResults());
    showReading(registry, METRICS.webhooksWaiting, () => some(this.#readings.webhooks?.().waiting));
    showReading(registry, METRICS.configReloaded, () => some(this.#configReloaded ? 1 : 0));
    showCounter(registry, METRICS.stateUnavailable, this.#stateUnavailable);
    showCounter(registry, METRICS.settlementsLost, this.#settlementsLost);
    showCounter(registry, METRICS.attempts, this.#attempts);
    showCounter(registry, METRICS.retries, this.#retries);
    showReading(registry, METRICS.retrySuccess, () => some(this.#recentRetries.ratio));
    showCounter(registry, METRICS.hedges, this.#hedges);
    showCounter(registry, METRICS.cascades, this.#cascades);
    showReading(registry, METRICS.circuitState, () => this.#circuitStates());
    showCounter(registry, METRICS.circuitTransitions, this.#transitions);
    showCounter(registry, METRICS.keyQuarantines, this.#quarantines);
    showCounter(registry, METRICS.streamBreaks, this.#streamBreaks);
    showCounter(registry, METRICS.cacheRequests, this.#cacheRequests);
    showCounter(registry, METRICS.cacheTrouble, this.#cacheTrouble);
    showReading(registry, METRICS.cacheEntries, () => some(this.#readings.cache?.()?.entries));
    showReading(registry, METRICS.cacheBytes, () => some(this.#readings.cache?.()?.bytes));
    showReading(registry, METRICS.cacheEvictions, () => some(this.#readings.cache?.()?.evicted));
    showCounter(registry, METRICS.semanticRequests, this.#semanticRequests);
    showCounter(registry, METRICS.semanticReasons, this.#semanticReasons);
    showCounter(registry, METRICS.cacheVetoes, this.#vetoes);
    showCounter(registry, METRICS.semanticAudits, this.#semanticAudits);
    showCounter(registry, METRICS.semanticCertificates, this.#semanticCertificates);
    showReading(registry, METRICS.semanticErrorBound, () => this.#errorBounds());
    showCounter(registry, METRICS.semanticTrouble, this.#semanticTrouble);
    showCounter(registry, METRICS.cacheSaved, this.#cacheSaved);
    showCounter(registry, METRICS.cacheSpent, this.#cacheSpent);
    showCounter(registry, METRICS.contextRequests, this.#contextRequests);
    showCounter(registry, METRICS.contextSaved, this.#contextSaved);
    showCounter(registry, METRICS.contextSummaries, this.#summaries);
    showCounter(registry, METRICS.contextSpent, this.#contextSpent);
    showCounter(registry, METRICS.idempotent, this.#idempotent);
    showCounter(registry, METRICS.malformedEvents, this.#malformed);
    showReading(registry, METRICS.logLinesLost, () => some(this.#readings.logLinesLost?.()));
    this.#showProcess();
  }

  /**
   * Names of the configuration: they keep labels of their own however many others come, and each target's circuit is shown from
   * the start. Call again when the configuration changes.
   */
  expect(names: { models: Iterable<string>; targets: Iterable<string> }): void {
    for (const model of names.models) this.#models.know(model);
    for (const target of names.targets) {
      this.#targets.know(target);
      this.#circuits.at(target);
    }
  }

  /** Where to read at a scrape what is counted elsewhere. */
  read(readings: Readings): void {
    Object.assign(this.#readings, readings);
  }

  requestDone(request: RequestMeasures): void {
    const { model, endpoint, promptTokens, completionTokens, firstTokenSeconds, costUsd } = request;
    if (costUsd !== undefined && costUsd > 0) this.#cost.at(model).value += costUsd;
    this.#requests.at(model).at(endpoint).at(request.status).value++;
    this.#overhead.at(endpoint).observe(request.overheadSeconds);
    this.#fallbackDepth.observe(request.fallbackDepth);
    if (firstTokenSeconds !== undefined) this.#firstToken.at(model).observe(firstTokenSeconds);
    if (promptTokens !== undefined || completionTokens !== undefined) {
      const tokens = this.#tokens.at(model);
      tokens.at('prompt').value += promptTokens ?? 0;
      tokens.at('completion').value += completionTokens ?? 0;
    }
  }

  /** @param outcome `ok`, `skipped` or a failure class */
  attemptDone(target: string, outcome: string): void {
    this.#attempts.at(target).at(outcome).value++;
  }

  retryDone(success: boolean): void {
    this.#retries.at(success ? 'answered' : 'failed').value++;
    this.#recentRetries.add(success);
  }

  circuitChanged(target: string, from: CircuitStateName, to: CircuitStateName): void {
    this.#transitions.at(target).at(from).at(to).value++;
    this.#circuits.at(target).value = CIRCUIT_STATES[to];
  }

  keyQuarantined(provider: string, reason: string): void {
    this.#quarantines.at(provider).at(reason).value++;
  }

  cascaded(model: string, result: string): void {
    this.#cascades.at(model).at(result).value++;
  }

  hedged(target: string): void {
    this.#hedges.at(target).value++;
  }

  streamBroke(target: string): void {
    this.#streamBreaks.at(target).value++;
  }

  malformedEvents(target: string, count: number): void {
    this.#malformed.at(target).value += count;
  }

  /** @param code of the error the client got */
  limited(code: string): void {
    this.#limited.at(code).value++;
  }

  decided(what: string): void {
    this.#decisions.at(what).value++;
  }

  /** @param usd dollars saved, where that is known */
  compared(policy: string, result: string): void {
    this.#compared.at(policy).at(result).value++;
  }

  evidenceSpent(target: string, usd: number): void {
    this.#evidenceSpent.at(target).value += usd;
  }

  routed(policy: string, tier: string, model: string, state: string, usd: number): void {
    this.#routed.at(policy).at(tier).at(model).at(state).value++;
    this.#routeSaved.at(policy).value += usd;
  }

  settlementLost(): void {
    this.#settlementsLost.value++;
  }

  stateUnavailable(): void {
    this.#stateUnavailable.value++;
  }

  cacheAsked(model: string, result: string): void {
    this.#cacheRequests.at(model).at(result).value++;
  }

  cacheTrouble(what: string): void {
    this.#cacheTrouble.at(what).value++;
  }

  semanticAsked(model: string, result: string, reason: string | undefined): void {
    this.#semanticRequests.at(model).at(result).value++;
    if (reason !== undefined) this.#semanticReasons.at(reason).value++;
  }

  semanticVetoed(guard: string): void {
    this.#vetoes.at(guard).value++;
  }

  semanticAudited(model: string, result: string): void {
    this.#semanticAudits.at(model).at(result).value++;
  }

  semanticCertificate(model: string, event: string): void {
    this.#semanticCertificates.at(model).at(event).value++;
  }

  semanticTrouble(what: string): void {
    this.#semanticTrouble.at(what).value++;
  }

  /** @param usd dollars that a kept answer had cost */
  cacheSaved(by: string, usd: number): void {
    this.#cacheSaved.at(by).value += usd;
  }

  /** @param usd dollars for an embedding or a judge's word */
  cacheSpent(target: string, usd: number): void {
    this.#cacheSpent.at(target).value += usd;
  }

  /** @param tokens left out */
  contextAsked(result: string, tokens: number): void {
    this.#contextRequests.at(result).value++;
    this.#contextSaved.value += tokens;
  }

  summaryMade(result: string): void {
    this.#summaries.at(result).value++;
  }

  /** @param usd dollars for a summary */
  contextSpent(target: string, usd: number): void {
    this.#contextSpent.at(target).value += usd;
  }

  idempotent(result: string): void {
    this.#idempotent.at(result).value++;
  }

  shed(): void {
    this.#shed.value++;
  }

  /** @param code of the proxy's own error */
  refused(code: string): void {
    this.#refused.at(code).value++;
  }

  /** @param taken false: the configuration that was read is refused */
  reloaded(taken: boolean): void {
    this.#configReloaded = taken;
  }

  /** What Prometheus reads, in its text format 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  close(): void {
    this.#health.close();
  }

  #byTerm<T>(create: () => T): ByLabel<T> {
    return new ByLabel(this.#terms, create);
  }

  #byReason<T>(create: () => T): ByLabel<T> {
    return new ByLabel(this.#reasons, create);
  }

  *#errorBounds(): Generator<Reading> {
    for (const [model, bound] of this.#readings.semanticBounds?.() ?? []) yield [[this.#models.admit(model)], bound];
  }

  *#webhookResults(): Generator<Reading> {
    const counts = this.#readings.webhooks?.();
    if (counts === undefined) return;
    yield [['delivered'], counts.delivered];
    yield [['failed-try'], counts.failedTries];
    yield [['given-up'], counts.givenUp];
    yield [['dropped'], counts.dropped];
  }

  *#pairsByState(): Generator<Reading> {
    const counts = new Map<string, Map<string, number>>();
    for (const { policy, state } of this.#readings.routePairs?.() ?? []) {
      const name = this.#policies.admit(policy);
      const states = counts.get(name) ?? new Map<string, number>();
      counts.set(name, states.set(state, (states.get(state) ?? 0) + 1));
    }
    for (const [policy, states] of counts) for (const [state, count] of states) yield [[policy, state], count];
  }

  *#savedByPolicy(): Generator<Reading> {
    for (const [policy, saved] of this.#routeSaved.entries()) yield [[policy], saved.value];
  }

  *#circuitStates(): Generator<Reading> {
    for (const [target, state] of this.#circuits.entries()) yield [[target], state.value];
  }

  #showProcess(): void {
    const registry = this.#registry;
    showReading(registry, METRICS.sockets, () => some(openSockets()));
    showReading(registry, METRICS.eventLoopDelay, () => this.#health.eventLoopDelay());
    showReading(registry, METRICS.residentMemory, () => some(process.memoryUsage.rss()));
    showReading(registry, METRICS.heapUsed, () => some(process.memoryUsage().heapUsed));
    showReading(registry, METRICS.externalMemory, () => some(process.memoryUsage().external));
    showReading(registry, METRICS.openDescriptors, openDescriptors);
    showReading(registry, METRICS.maxDescriptors, maxDescriptors);
    showReading(registry, METRICS.cpuSeconds, () => some(cpuSeconds()));
    showReading(registry, METRICS.startTime, () => some(STARTED_AT));
  }
}

const STARTED_AT = Math.round(Date.now() / 1000 - process.uptime());

function newCount(): Count {
  return new Count();
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** The one reading of a metric without labels; none where there is no number. */
function some(value: number | undefined): Reading[] {
  return value === undefined ? [] : [[[], value]];
}
