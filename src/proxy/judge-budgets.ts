import type { HoldForJudge } from '../cache/semantic/semantic-ask.ts';
import type { JudgeBudget } from '../config/cache-config.ts';
import { inputBound } from '../context/input-bound.ts';
import { worstCase } from '../prices/cost.ts';
import type { State } from '../state/open-state.ts';
import { NO_TENANT, SpendingBudget } from '../state/spending-budget.ts';
import { keyPart } from '../tenants/scopes.ts';
import { newExchangeId } from './exchange-id.ts';
import { rungOf, WORD_TOKENS } from './internal-call.ts';
import { openBudgets } from './open-budgets.ts';
import type { Runtime } from './runtime.ts';

/** Holds what a judge of the semantic cache may cost in the budget that its route names, which all replicas keep together. */
export async function judgeBudgets(
  runtime: Runtime,
  state: State | undefined,
  onTrouble: (reason: string) => void,
): Promise<HoldForJudge> {
  const { clock } = runtime;
  const store = await openBudgets(state, clock);
  const budgets = new WeakMap<JudgeBudget, SpendingBudget>();
  return async ({ target, budget: limits }, prompt) => {
    if (limits === undefined) return { settle: () => undefined };
    let budget = budgets.get(limits);
    if (budget === undefined) {
      const { name, limit, periodMs } = limits;
      budget = new SpendingBudget({ store, clock, tenant: NO_TENANT, name: keyPart(name), limit, periodMs, onTrouble });
      budgets.set(limits, budget);
    }
    const most = worstOf(runtime, target, prompt);
    return most === undefined ? undefined : held(budget, most);
  };
}

async function held(budget: SpendingBudget, most: number): ReturnType<HoldForJudge> {
  const hold = await budget.hold(newExchangeId(), most);
  // Nobody waits for the store to hear of it.
  return hold && { settle: (nanos) => void hold.settle(nanos) };
}

/** Nano-dollars; undefined: the price is not known, and then no budget can be kept. */
function worstOf(runtime: Runtime, target: string, prompt: string): number | undefined {
  const rung = rungOf(runtime, target);
  const price = runtime.prices.price(rung.provider, rung.target, runtime.clock.now());
  if (price === undefined) return undefined;
  const textBytes = Buffer.byteLength(prompt);
  const measure = { textBytes, images: 0, documents: [], audioBytes: 0, references: 0, hasTools: false };
  const inputTokens = inputBound(measure, rung.target.model, rung.contextWindow);
  return worstCase(price, { inputTokens, outputTokens: WORD_TOKENS });
}
