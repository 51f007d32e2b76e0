import type { Clock, Random, Timer } from '../../clock.ts';
import type { JudgeConfig, SemanticMode, SemanticSettings } from '../../config/cache-config.ts';
import type { AnswerCache } from '../answer-cache.ts';
import type { Certifier } from '../certify/certifier.ts';
import type { AnswerChecker } from '../certify/checkers/answer-checker.ts';
import { certifySettings } from '../certify/settings.ts';
import type { CheckResult } from '../certify/verdict.ts';
import { semanticScope } from '../conversation-scope.ts';
import type { Embedder } from '../embedders/embedder.ts';
import { within } from '../embedders/within.ts';
import { checkEligibility, ELIGIBILITY_DEFAULTS, type Eligibility, GUARD_VERSION } from '../guards/index.ts';
import type { CacheEntry, PurgeFilter } from '../store/cache-store.ts';
import type { VectorIndex } from '../vectors/vector-index.ts';
import { checkerFor, embeddingUse } from './answer-checkers.ts';
import { AuditTally } from './audit-tally.ts';
import { CertificateBook } from './certificates/certificate-book.ts';
import { Judge } from './judge.ts';
import { KnownPasts } from './known-pasts.ts';
import { type LiveAnswer, nothing, type OpenAudit, type SemanticLookup, served } from './lookup-result.ts';
import { sayTheSame } from './near-answers.ts';
import { type Candidate, indexTenant, type Neighbours, neighboursOf, type Place } from './near-candidates.ts';
import type { AskModel, HoldForJudge, ModelUse, SemanticAsk } from './semantic-ask.ts';
import type { MissReason, NearFacts, SemanticEvents } from './semantic-events.ts';
import { type SemanticReport, semanticReport } from './semantic-report.ts';
import { ServedHits } from './served-hits.ts';
import { leastCosine } from './thresholds.ts';
import type { VectorIndexes } from './vector-indexes.ts';

/** A runner-up so near to the best makes it doubtful which of the two is meant. */
const TIE = 0.01;
/** The share of a live route's hits that is compared with the live answer. */
const LIVE_AUDITS = 0.02;
/** How often what was learned is stored, and expired vectors are dropped, milliseconds. */
const TICK_MS = 5_000;
export interface SemanticCacheOptions {
  readonly embedder: Embedder;
  /** The most that a lookup takes, vectors and index together, milliseconds; a judge has its own time. */
  readonly embedTimeout: number;
  readonly indexes: VectorIndexes;
  readonly answers: AnswerCache;
  readonly askModel: AskModel;
  readonly holdForJudge: HoldForJudge;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: SemanticEvents;
}

/**
 * Finds kept answers to questions that mean the same. Accepted is only what is near enough, passes every guard, and has no rival; which of
 * that is served depends on the route's mode. Nothing here fails a request, and nothing keeps one waiting beyond the embedder's time.
 */
export class SemanticCache {
  readonly #options: SemanticCacheOptions;
  readonly #certificates: CertificateBook;
  readonly #served = new ServedHits();
  readonly #tallies = new Map<string, AuditTally>();
  readonly #judges = new WeakMap<JudgeConfig, Judge>();
  readonly #pasts = new KnownPasts();
  readonly #work = new Set<Promise<void>>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: SemanticCacheOptions) {
    this.#options = options;
    const { answers, clock, random, events } = options;
    this.#certificates = new CertificateBook({
      store: answers.certificates,
      clock,
      random,
      onEvent: (key, event) => {
        events.certificate(key, event);
        if (event.kind === 'purge') this.#purgeServed(key.tenant, key.route, event.from, event.below);
      },
      onTrouble: (reason) => events.trouble('certificates', reason),
    });
    this.#wait();
  }

  /** Looks for a kept answer to a near question. Never rejects. */
  async lookup(ask: SemanticAsk): Promise<SemanticLookup> {
    const eligible = eligibilityOf(ask);
    if (!eligible.ok) return this.#told(ask, nothing('ineligible', eligible.reason));
    try {
      return this.#told(ask, await this.#lookup(ask));
    } catch (error) {
      this.#trouble('index', error);
      return this.#told(ask, nothing('unavailable', 'index'));
    }
  }

  /** Whether hits of such a route are never given: then nobody has to wait for the lookup. */
  onlyWatches({ mode }: SemanticSettings): boolean {
    return mode === 'shadow' || this.#options.embedder.shadowOnly;
  }

  /** The same lookup beside the request. */
  watch(ask: SemanticAsk): Promise<SemanticLookup> {
    const lookup = this.lookup(ask);
    this.#behind('lookup', async () => {
      await lookup;
    });
    return lookup;
  }

  /** Where an answer may be kept though none was looked for; undefined: it may not. Never rejects. */
  async place(ask: SemanticAsk): Promise<Place | undefined> {
    if (!eligibilityOf(ask).ok) return undefined;
    const embedding = this.#embed(ask).catch((error: unknown) => {
      this.#trouble('lookup', error);
      return { place: undefined };
    });
    this.#behind('lookup', async () => {
      await embedding;
    });
    return (await embedding).place;
  }

  /** Makes a kept answer findable for near questions. Its question is kept with the answer. */
  keep(entry: CacheEntry, place: Place, { index: kind }: SemanticSettings): void {
    const { scope, vector } = place;
    // The configuration has changed meanwhile: two embedders' vectors cannot be compared.
    if (place.embedder !== this.#options.embedder.id) return;
    const tenant = indexTenant(place.tenant);
    const { key: id, freshUntil: expiresAt } = entry;
    this.#behind('index', async () => {
      const index = await this.#indexFor(kind, vector.length);
      await index?.add({ tenant, scope, id, vector, expiresAt, ref: id });
    });
  }

  /** What came of asking an audited question live. Where the two cannot be compared though both are there, the hit is no right one: see `Verdict`. */
  audited({ facts, question, cachedAnswer, checker, tell }: OpenAudit, live: LiveAnswer): void {
    const finish = (result: CheckResult) => {
      tell(result);
      this.#options.events.audited(facts, result);
    };
    if (live.kind === 'none') finish('unavailable');
    else if (live.kind === 'other' || cachedAnswer === undefined) finish('unsure');
    else
      this.#behind('audit', async () => finish(await checker.check({ question, cachedAnswer, liveAnswer: live.text })));
  }

  /** Work that belongs to the cache and that no request waits for. */
  after(work: Promise<void>): void {
    this.#behind('after', () => work);
  }

  /** Drops the vectors of what a purge took away. Those of single answers go when they are next met: alone they serve nothing. */
  async purge({ tenant, scope, ...narrower }: PurgeFilter): Promise<void> {
    if (tenant === undefined || Object.values(narrower).some((value) => value !== undefined)) return;
    for (const { index } of this.#options.indexes.entries()) {
      if (scope !== undefined) await index.purgeScope(indexTenant(tenant), scope);
      else await index.purgeTenant(indexTenant(tenant));
    }
  }

  report(): Promise<SemanticReport> {
    const { embedder, indexes } = this.#options;
    return semanticReport(embedder, indexes, this.#certificates, this.#tallies);
  }

  /** The worst bound on the error among hits of each route that has a certificate. */
  bounds(): ReadonlyMap<string, number> {
    const worst = new Map<string, number>();
    for (const { key, certifier } of this.#certificates.entries())
      worst.set(key.route, Math.max(worst.get(key.route) ?? 0, certifier.report().bound));
    return worst;
  }

  /** Resolves when what happens behind requests is done. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#timer);
    await this.settled();
    await this.#certificates.close();
    await this.#options.indexes.close();
    await this.#options.embedder.close();
  }

  async #lookup(ask: SemanticAsk): Promise<SemanticLookup> {
    const { embedder, clock, embedTimeout } = this.#options;
    const until = Math.min(ask.deadline, clock.now() + embedTimeout);
    const { place, reason } = await this.#embed(ask);
    if (place === undefined) return nothing(RESULTS[reason], reason);
    const mode = this.onlyWatches(ask.settings) ? 'shadow' : ask.settings.mode;
    const certifier = mode === 'live' ? undefined : this.#certifier(ask, mode);
    const least = leastCosine(ask, mode, embedder.id);
    const neighbours = await within(clock, until, this.#neighbours(ask, place, least), undefined);
    if (neighbours === undefined) return { ...nothing('unavailable', 'index'), place };
    this.#drop(ask.settings, neighbours);
    const chosen = await this.#choose(ask, place, neighbours.candidates, mode, least);
    if (typeof chosen === 'string') {
      certifier?.missed();
      return { ...nothing('miss', chosen), place };
    }
    return { ...this.#decide(ask, place, chosen, mode, certifier), place };
  }

  async #neighbours(ask: SemanticAsk, place: Place, least: number): Promise<Neighbours | undefined> {
    const { answers, clock } = this.#options;
    const index = await this.#indexFor(ask.settings.index, place.vector.length);
    return index && neighboursOf(ask, place, index, answers, least, clock.now());
  }

  async #embed(ask: SemanticAsk): Promise<{ readonly place?: Place; readonly reason: keyof typeof RESULTS }> {
    const { embedder, clock, embedTimeout, answers } = this.#options;
    const split = ask.split();
    if (split === undefined) return { reason: 'no-scope' };
    const { setting, question } = split;
    if (ask.question.earlierTurns > 0 && !this.#pasts.see(setting)) return { reason: 'unseen' };
    const { text } = ask.question;
    const deadline = Math.min(ask.deadline, clock.now() + embedTimeout);
    const onUsage = ({ inputTokens }: { readonly inputTokens: number | undefined }) =>
      ask.onSpent(embeddingUse(embedder.id, text, inputTokens));
    const vectors = await embedder.embed([text], { deadline, onUsage });
    const vector = vectors?.[0];
    if (vector === undefined) return { reason: 'embedder' };
    const scope = semanticScope(answers.secret, setting, [embedder.id, String(vector.length), GUARD_VERSION]);
    return { place: { tenant: ask.tenant, scope, question, vector, embedder: embedder.id }, reason: 'embedder' };
  }

  /** The nearest candidate that may answer, or why there is none. */
  async #choose(
    ask: SemanticAsk,
    place: Place,
    candidates: readonly Candidate[],
    mode: SemanticMode,
    least: number,
  ): Promise<Candidate | MissReason> {
    if (candidates.length === 0) return 'not-found';
    const passed: Candidate[] = [];
    for (const candidate of candidates) {
      if (!candidate.verdict.ok) this.#options.events.vetoed(candidate.verdict.reason);
      if (candidate.verdict.ok || candidate.verdict.judgeable) passed.push(candidate);
    }
    const { judge: config } = ask.settings;
    const best = passed.find(({ verdict }) => verdict.ok || config !== undefined);
    if (best === undefined) return 'vetoed';
    const answer = ask.textOf(best.entry.body);
    const rivals = passed.filter((other) => other !== best && Math.abs(best.cosine - other.cosine) <= TIE);
    for (const { entry } of rivals) {
      const other = ask.textOf(entry.body);
      if (answer === undefined || other === undefined || !sayTheSame(answer, other)) return 'near-tie';
    }
    if (config === undefined) return best;
    // Where hits are measured, their certificate speaks for the cosine: asking near a threshold that moves would change what is measured.
    const isGrey = mode === 'live' && best.cosine < least + config.band;
    if (best.verdict.ok && !isGrey) return best;
    const judge = this.#judge(config);
    return (await judge.agrees(place.question, best.question, ask.onSpent, ask.deadline)) ? best : 'judge';
  }

  #decide(
    ask: SemanticAsk,
    place: Place,
    chosen: Candidate,
    mode: SemanticMode,
    certifier: Certifier | undefined,
  ): SemanticLookup {
    const { cosine, entry } = chosen;
    const facts: NearFacts = { tenant: ask.tenant, route: ask.route, id: entry.key, cosine };
    const audit = (tell: OpenAudit['tell']): OpenAudit => ({
      facts,
      question: place.question,
      cachedAnswer: ask.textOf(entry.body),
      checker: this.#checker(ask.settings, ask.onSpent),
      tell,
    });
    if (mode === 'live') {
      const checked = ask.settings.checker !== undefined || ask.settings.judge !== undefined;
      if (!checked || this.#options.random() >= LIVE_AUDITS) return served(entry, cosine);
      this.#options.events.wouldHit(facts);
      return { ...nothing('audit', undefined), audit: audit((result) => this.#tally(ask).add(result)) };
    }
    const decision = certifier?.wouldHit(cosine, entry.key);
    const ticket = decision?.audit;
    if (mode === 'certified' && decision?.serve === true && ticket === undefined) {
      this.#served.add(ask.tenant, ask.route, entry.key, cosine);
      return served(entry, cosine);
    }
    this.#options.events.wouldHit(facts);
    if (certifier === undefined || ticket === undefined) return nothing('shadow', undefined);
    const result = mode === 'certified' ? 'audit' : 'shadow';
    return { ...nothing(result, undefined), audit: audit((found) => certifier.audited(ticket, found)) };
  }

  #certifier(ask: SemanticAsk, mode: SemanticMode): Certifier | undefined {
    const { embedder } = this.#options;
    const { settings, tenant, route, fingerprint: model, epoch } = ask;
    const checker = this.#checker(settings, ask.onSpent).id;
    // Follow-up questions are another kind of traffic: what was learned without them says nothing of them. A judge decides like a guard
    // which hits there are.
    const followUps = settings.multiTurn === 'off' ? [] : ['multi-turn'];
    const judges = settings.judge === undefined ? [] : [settings.judge.target];
    const guards = [GUARD_VERSION, ...followUps, ...judges].join(' ');
    return this.#certificates.find(
      { tenant, route, embedder: embedder.id },
      mode,
      { model, embedder: embedder.id, guards, epoch, checker },
      certifySettings({ epsilon: settings.epsilon }),
    );
  }

  #checker(settings: SemanticSettings, onSpent: (use: ModelUse) => void): AnswerChecker {
    const { judge } = settings;
    return checkerFor(settings, judge && this.#judge(judge), this.#options, onSpent);
  }

  #judge(config: JudgeConfig): Judge {
    let judge = this.#judges.get(config);
    if (judge === undefined) {
      const { askModel, holdForJudge, clock, events } = this.#options;
      judge = new Judge(config, askModel, holdForJudge, clock, (reason) => events.trouble('judge', reason));
      this.#judges.set(config, judge);
    }
    return judge;
  }

  #tally({ tenant, route }: SemanticAsk): AuditTally {
    const name = JSON.stringify([tenant, route]);
    let tally = this.#tallies.get(name);
    if (tally === undefined) {
      tally = new AuditTally();
      this.#tallies.set(name, tally);
    }
    return tally;
  }

  async #indexFor(kind: SemanticSettings['index'], dimensions: number): Promise<VectorIndex | undefined> {
    const { indexes, embedder } = this.#options;
    return indexes.find(kind, { embedder: embedder.id, dimensions });
  }

  #drop({ index: kind }: SemanticSettings, { dead }: Neighbours): void {
    if (dead.length === 0) return;
    this.#behind('index', async () => {
      for (const { kind: other, index } of this.#options.indexes.entries())
        if (other === kind) await index.remove(dead);
    });
  }

  #purgeServed(tenant: string, route: string, from: number, below: number): void {
    const keys = this.#served.take(tenant, route, from, below);
    this.#behind('purge', async () => {
      for (const key of keys) await this.#options.answers.purge({ tenant, key });
    });
  }

  #told(ask: SemanticAsk, lookup: SemanticLookup): SemanticLookup {
    this.#options.events.looked(ask.route, lookup.result, lookup.reason);
    return lookup;
  }

  /** Work that no request waits for. Its failure is told. */
  #behind(what: string, work: () => Promise<void>): void {
    const done: Promise<void> = work()
      .catch((error: unknown) => this.#trouble(what, error))
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
  }

  #trouble(what: string, error: unknown): void {
    this.#options.events.trouble(what, error instanceof Error ? error.message : String(error));
  }

  #wait(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#behind('tick', () => this.#tick().finally(() => (this.#closed ? undefined : this.#wait())));
    }, TICK_MS);
    this.#timer.unref?.();
  }

  async #tick(): Promise<void> {
    await this.#certificates.flush();
    const now = this.#options.clock.now();
    for (const { index } of this.#options.indexes.entries()) await index.sweep(now);
  }
}

/** How a lookup ends that does not come to have a vector. */
const RESULTS = { embedder: 'unavailable', 'no-scope': 'ineligible', unseen: 'miss' } as const;

const IN_CONVERSATIONS = { ...ELIGIBILITY_DEFAULTS, multiTurn: true };

function eligibilityOf({ question, settings }: SemanticAsk): Eligibility {
  return checkEligibility(question, settings.multiTurn === 'exact-prefix' ? IN_CONVERSATIONS : undefined);
}
