import type {
  BudgetStore,
  Charge,
  CounterAsk,
  CounterState,
  LedgerEntry,
  RateAsk,
  ReserveRequest,
  Settlement,
} from '../../src/state/budget-store.ts';

const forever = { windowStart: 0, windowEnd: undefined, forgetAfter: undefined };

/** An ask of a counter without a beginning or an end. */
export const ask = (key: string, limit: number, amount: number, over: Partial<CounterAsk> = {}): CounterAsk => ({
  key,
  limit,
  amount,
  ...forever,
  ...over,
});

export const charge = (key: string, amount: number, over: Partial<Charge> = {}): Charge => ({
  key,
  amount,
  ...forever,
  ...over,
});

/** A rate of `burst` units in `periodMs`, all of which may be taken at once. */
export const rate = (key: string, burst: number, periodMs: number, cost: number): RateAsk => ({
  key,
  burst,
  emissionMs: periodMs / burst,
  cost,
});

export const request = (tenant: string, id: string, over: Partial<ReserveRequest> = {}): ReserveRequest => ({
  tenant,
  id,
  leaseMs: 60_000,
  scopes: ['tenant'],
  counters: [],
  rates: [],
  ...over,
});

export const entry = (tenant: string, id: string, over: Partial<LedgerEntry> = {}): LedgerEntry => ({
  id,
  at: 1_700_000_000_000,
  tenant,
  agent: undefined,
  user: undefined,
  session: undefined,
  task: undefined,
  key: undefined,
  endpoint: '/v1/chat/completions',
  model: 'smart',
  target: 'openai/gpt-4o',
  status: 'ok',
  billedTries: 1,
  inputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  cost: 0,
  saved: 0,
  estimated: false,
  ...over,
});

/** The settlement of a request that used something. */
export const settlement = (
  tenant: string,
  id: string,
  charges: readonly Charge[],
  over: Partial<Settlement> = {},
): Settlement => ({
  tenant,
  ids: [id],
  held: true,
  charges,
  refunds: [],
  entry: entry(tenant, id),
  ...over,
});

/** What a counter holds, zeros where the store knows none of that name. */
export async function levelOf(
  store: BudgetStore,
  tenant: string,
  key: string,
): Promise<Pick<CounterState, 'spent' | 'held'>> {
  const counters = await store.counters(tenant, 1_000);
  const found = counters.find((counter) => counter.key === key);
  return { spent: found?.spent ?? 0, held: found?.held ?? 0 };
}
