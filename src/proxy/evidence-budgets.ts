import type { EvidenceSettings } from '../config/routing-config.ts';
import { inputBound } from '../context/input-bound.ts';
import { LruMap } from '../lru-map.ts';
import { worstCase } from '../prices/cost.ts';
import { LONGEST_JUDGED } from '../routing/evidence/checkers/judge-checker.ts';
import { Pace } from '../routing/evidence/pace.ts';
import type { BudgetStore } from '../state/budget-store.ts';
import { NO_TENANT, SpendingBudget } from '../state/spending-budget.ts';
import { keyPart } from '../tenants/scopes.ts';
import { rungOf, WORD_TOKENS } from './internal-call.ts';
import type { Runtime } from './runtime.ts';

/** Budgets remembered: tenants times policies. What is forgotten here is still in the store. */
const MOST_BUDGETS = 10_000;
/** A judge is asked for a word, and once more with the places changed. */
const WORDS = 2;
/** A character in UTF-8, at most; of a character of two units each. */
const BYTES_A_UNIT = 3;
/** Of a judge's instructions and what stands around the texts, more than it is. */
const FRAME_BYTES = 2_000;

/** Money of one comparison, set aside. */
export interface ComparisonHold {
  /** @param nanos what the comparison cost, all calls together. Never rejects. */
  settle(nanos: number): Promise<void>;
}

/** What one policy may spend of one tenant's money on evidence. */
export class EvidenceBudget {
  readonly #spending: SpendingBudget;
  readonly #pace: Pace;

  constructor(spending: SpendingBudget, pace: Pace) {
    this.#spending = spending;
    this.#pace = pace;
  }

  /** What the share of requests to be compared is to be multiplied with: 0 to 1. Asks nobody. */
  get factor(): number {
    return this.#pace.factor;
  }

  /** @param most nano-dollars. @returns undefined: there is not enough left, or it cannot be told */
  async hold(id: string, most: number): Promise<ComparisonHold | undefined> {
    const hold = await this.#spending.hold(id, most);
    if (hold === undefined) return undefined;
    this.#pace.saw(hold);
    // Others may have spent it since this process last heard of them.
    if (this.#pace.factor === 0) {
      await hold.settle(0);
      return undefined;
    }
    return {
      settle: async (nanos) => {
        const after = await hold.settle(nanos);
        if (after !== undefined) this.#pace.saw(after);
      },
    };
  }
}

/** The budgets for evidence of all tenants and policies: kept in the state, and so by all replicas together. */
export class EvidenceBudgets {
  readonly #store: Pick<BudgetStore, 'reserve' | 'settle'>;
  readonly #runtime: Runtime;
  readonly #budgets = new LruMap<string, EvidenceBudget>(MOST_BUDGETS);

  constructor(runtime: Runtime, store: Pick<BudgetStore, 'reserve' | 'settle'>) {
    this.#runtime = runtime;
    this.#store = store;
  }

  /** @param tenant empty: the proxy asks nobody for a key. @returns undefined: any amount may be spent */
  find({ policy, budget: limits }: EvidenceSettings, tenant: string): EvidenceBudget | undefined {
    if (limits === undefined) return undefined;
    const { limit, periodMs } = limits;
    const name = JSON.stringify([tenant, policy, limit, periodMs]);
    let budget = this.#budgets.get(name);
    if (budget === undefined) {
      const { clock, telemetry } = this.#runtime;
      const spending = new SpendingBudget({
        store: this.#store,
        clock,
        tenant: tenant === '' ? NO_TENANT : tenant,
        name: `evidence:${keyPart(policy)}`,
        limit,
        periodMs,
        onTrouble: (reason) => telemetry.evidenceTrouble('budget', reason, clock.now()),
      });
      budget = new EvidenceBudget(spending, new Pace(limits, clock));
      this.#budgets.set(name, budget);
    }
    return budget;
  }
}

/** What the judge of a comparison can cost at worst, nano-dollars; 0 where none is asked. Its price is known. */
export function worstOfJudging({ checker, judge }: EvidenceSettings, runtime: Runtime): number {
  if (checker !== 'judge' || judge === undefined) return 0;
  const { provider, target, contextWindow } = rungOf(runtime, judge.target);
  const price = runtime.prices.price(provider, target, runtime.clock.now());
  if (price === undefined) return 0;
  const textBytes = LONGEST_JUDGED * BYTES_A_UNIT + FRAME_BYTES;
  const measure = { textBytes, images: 0, documents: [], audioBytes: 0, references: 0, hasTools: false };
  const inputTokens = inputBound(measure, target.model, contextWindow);
  return WORDS * worstCase(price, { inputTokens, outputTokens: WORD_TOKENS });
}
