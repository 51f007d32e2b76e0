import { Cancellation } from '../cancellation.ts';
import type { EvidenceSettings } from '../config/routing-config.ts';
import type { Conversation } from '../dialects/conversation/request.ts';
import type { ComparisonResult } from '../routing/evidence/change.ts';
import { UNAVAILABLE, UNDECIDED } from '../routing/evidence/checkers/checker.ts';
import { checkerFor } from '../routing/evidence/checkers/checker-for.ts';
import type { ComparedAnswer } from '../routing/evidence/checkers/compared-answer.ts';
import type { Evidence } from '../routing/evidence/evidence.ts';
import type { RecentRoutes } from '../routing/evidence/recent-routes.ts';
import type { BudgetStore } from '../state/budget-store.ts';
import { askOther, notAsked, type OtherAnswer, type OtherAsk, prepareOther } from './ask-other.ts';
import type { Chain } from './chain.ts';
import {
  circumstancesOf,
  comparableRequest,
  costOfServed,
  otherChain,
  pricesKnown,
  type RoutedAnswer,
  routedAnswer,
  servedAnswer,
} from './compared-exchange.ts';
import { allowedTime } from './deadline.ts';
import { type EvidenceBudget, EvidenceBudgets, worstOfJudging } from './evidence-budgets.ts';
import { askJudge } from './evidence-judge.ts';
import type { Exchange } from './exchange.ts';
import { routeSaving } from './route-saving.ts';
import type { Runtime } from './runtime.ts';
import { sessionOf, taskOf } from './session-names.ts';
import { spendingOf } from './spending.ts';
import { NOTHING_SAID } from './turned-down.ts';

/** Comparisons under way at once, in this process and of one tenant. What is beyond is not compared. */
const MOST_AT_ONCE = 8;
const MOST_OF_TENANT = 4;
/** So long the other model may take at most, milliseconds. */
const LONGEST_MS = 180_000;

/** Two answers to be compared, one of which is there. */
interface Comparison {
  readonly request: Conversation;
  readonly served: ComparedAnswer;
  /** As the answer named it. */
  readonly model: string | undefined;
  /** Of the other model. */
  readonly chain: Chain;
  /** What the policy may spend of the tenant's money; undefined: any amount. */
  readonly budget: EvidenceBudget | undefined;
}

/**
 * What is learned of routed requests once their clients have their answers: who served, what it saved, and, of some, what the other model
 * would have said. Nothing here delays or fails a request.
 */
export class RouteShadows {
  readonly evidence: Evidence;
  readonly recent: RecentRoutes;
  readonly #runtime: Runtime;
  readonly #budgets: EvidenceBudgets;
  readonly #running = new Map<Promise<void>, { readonly tenant: string; readonly cancellation: Cancellation }>();
  readonly #abort = new AbortController();
  #closed = false;

  /**
   * @param store where budgets for comparing are kept
   * @param recent which model has served which session and task
   */
  constructor(
    runtime: Runtime,
    evidence: Evidence,
    store: Pick<BudgetStore, 'reserve' | 'settle'>,
    recent: RecentRoutes,
  ) {
    this.#runtime = runtime;
    this.evidence = evidence;
    this.#budgets = new EvidenceBudgets(runtime, store);
    this.recent = recent;
  }

  /** A request is settled. Never throws. */
  settled(exchange: Exchange): void {
    if (exchange.route?.pair === undefined || this.#closed) return;
    try {
      const answered = routedAnswer(exchange, this.#runtime);
      if (answered === undefined) return;
      if (!answered.turnedDown) this.#count(answered);
      const comparison = exchange.delivered === undefined ? undefined : this.#chosen(answered);
      if (comparison !== undefined) this.#begin(answered, comparison);
    } catch (error) {
      this.#runtime.telemetry.defect(error);
    }
  }

  /** Resolves when no comparison is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.keys());
  }

  /** Ends what is under way, and stores what was learned. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#abort.abort();
    for (const { cancellation } of this.#running.values()) cancellation.cancel('shutdown');
    await this.idle();
    await this.evidence.close();
  }

  #count({ exchange, route, pair, settings, tenant, side }: RoutedAnswer): void {
    const { prices } = this.#runtime;
    const saved = routeSaving(exchange, this.#runtime, spendingOf(exchange, prices)) ?? 0;
    this.evidence.answered(tenant, route.key, pair, settings, side, saved);
    const key = { tenant, key: route.key, pair };
    this.recent.remember(sessionOf(exchange), taskOf(exchange), { key, policy: route.policy, side });
  }

  /** Undefined: nothing would come of it, or there is no room or no money for it. */
  #chosen(answered: RoutedAnswer): Comparison | undefined {
    const { pair, settings, tenant } = answered;
    if (this.#running.size >= MOST_AT_ONCE || this.#ofTenant(tenant) >= MOST_OF_TENANT) return undefined;
    const request = comparableRequest(answered);
    const { compared: served, model } = (request && servedAnswer(answered)) ?? {};
    if (request === undefined || served === undefined) return undefined;
    if (!this.#checker(settings, nobody).mayDecide(request, served)) return undefined;
    const chain = otherChain(answered, this.#runtime);
    if (chain === undefined) return undefined;
    const budget = this.#budgets.find(settings, tenant);
    if (budget !== undefined) {
      // Where a price is not known, nobody could say when the budget is spent.
      if (!pricesKnown(pair, settings, this.#runtime)) {
        this.#unpriced(settings);
        return undefined;
      }
      if (this.#runtime.random() >= budget.factor) return undefined;
    }
    return { request, served, model, chain, budget };
  }

  #begin(answered: RoutedAnswer, comparison: Comparison): void {
    const cancellation = new Cancellation();
    const done: Promise<void> = this.#compare(answered, comparison, cancellation)
      .catch((error: unknown) => this.#runtime.telemetry.defect(error))
      .finally(() => this.#running.delete(done));
    this.#running.set(done, { tenant: answered.tenant, cancellation });
  }

  /** Compares within the policy's budget: the money is there before anybody is asked. */
  async #compare(answered: RoutedAnswer, comparison: Comparison, cancellation: Cancellation): Promise<void> {
    const { exchange, settings } = answered;
    const { chain, budget } = comparison;
    const until = this.#runtime.clock.now() + Math.min(LONGEST_MS, allowedTime({}, exchange.endpoint, chain.model));
    const ask = prepareOther(exchange, this.#runtime, chain, cancellation, until);
    if (budget === undefined || ask === undefined) {
      await this.#ask(answered, comparison, ask);
      return;
    }
    if (ask.worst.unpriced) {
      this.#unpriced(settings);
      return;
    }
    const most = ask.worst.nanos + worstOfJudging(settings, this.#runtime);
    const hold = await budget.hold(`${ask.id}+budget`, most);
    // Skipped, like one for which there was no room: nobody has seen the other answer.
    if (hold === undefined) return;
    let cost = 0;
    try {
      if (!this.#closed) cost = await this.#ask(answered, comparison, ask);
    } finally {
      await hold.settle(cost);
    }
  }

  /** @returns what it cost, as far as it is known, nano-dollars */
  async #ask(answered: RoutedAnswer, comparison: Comparison, ask: OtherAsk | undefined): Promise<number> {
    const { exchange, route, pair, settings, tenant, side } = answered;
    const { request, served, chain } = comparison;
    const open = this.evidence.begin(tenant, route.key, pair, settings);
    if (open === undefined) return 0;
    let result: ComparisonResult = UNAVAILABLE;
    let other: OtherAnswer = { answer: undefined, cost: 0 };
    let judged = 0;
    try {
      other =
        ask === undefined
          ? notAsked(`no target of ${chain.model.name} can be asked for it`)
          : await askOther(exchange, this.#runtime, ask);
      if (other.refused !== undefined) this.#trouble('other-model', other.refused);
      const said = saidBy(other, answered);
      if (said === undefined && (other.answer !== undefined || answered.turnedDown)) result = UNDECIDED;
      if (said !== undefined) {
        let words = 0;
        const judge = (prompt: string) =>
          this.#judge(answered, `${exchange.id}+judge${words++}`, prompt, (nanos) => (judged += nanos));
        const [cheap, strong] = side === 'cheap' ? [served, said] : [said, served];
        result = await this.#checker(settings, judge).compare({ request, cheap, strong });
      }
    } finally {
      const mine = costOfServed(exchange, this.#runtime);
      // Of an answer that never came nothing is known of what it would have cost.
      const theirs = other.answer === undefined ? undefined : other.cost;
      open.settle(result, circumstancesOf(answered, comparison.model, other.answer?.model, this.#runtime), {
        cheap: side === 'cheap' ? mine : theirs,
        strong: side === 'cheap' ? theirs : mine,
        shadow: other.cost,
        judge: judged,
      });
      this.#runtime.telemetry.routesCompared(settings.policy, nameOf(result));
    }
    return (other.cost ?? 0) + judged;
  }

  #checker(settings: EvidenceSettings, ask: (prompt: string) => Promise<string>) {
    return checkerFor(settings, { ask, random: this.#runtime.random });
  }

  /** A judge's word. Rejects where there is none. */
  async #judge(
    { exchange, settings }: RoutedAnswer,
    id: string,
    prompt: string,
    onSpent: (nanos: number) => void,
  ): Promise<string> {
    const { judge, policy } = settings;
    try {
      if (judge === undefined) throw new Error(`${policy} has no judge`);
      const call = {
        judge,
        identity: exchange.account?.identity,
        id,
        signal: this.#abort.signal,
        onSpent: (nanos: number | undefined) => {
          onSpent(nanos ?? 0);
          this.#runtime.telemetry.evidenceSpent(judge.target, nanos);
        },
      };
      return await askJudge(this.#runtime, call, prompt);
    } catch (error) {
      if (!this.#closed) this.#trouble('judge', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  #ofTenant(tenant: string): number {
    let count = 0;
    for (const running of this.#running.values()) if (running.tenant === tenant) count++;
    return count;
  }

  #unpriced({ policy }: EvidenceSettings): void {
    this.#trouble('price', `a price of ${policy} is not known, so its budget for evidence cannot be kept`);
  }

  #trouble(what: string, reason: string): void {
    this.#runtime.telemetry.evidenceTrouble(what, reason, this.#runtime.clock.now());
  }
}

const nobody = () => Promise.reject(new Error('nobody is to be asked yet'));

/** What the other model said. Where it is the cheap one and turned the request down, that is nothing, and worth nothing: no outage. */
function saidBy({ answer, turnedDown }: OtherAnswer, { side }: RoutedAnswer): ComparedAnswer | undefined {
  return turnedDown === true && side === 'strong' ? NOTHING_SAID : answer?.compared;
}

function nameOf(result: ComparisonResult): string {
  if (result.kind !== 'scores') return result.kind;
  if (result.cheap === result.strong) return 'same';
  return result.cheap < result.strong ? 'strong-better' : 'cheap-better';
}
