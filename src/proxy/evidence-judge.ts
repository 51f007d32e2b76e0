import type { EvidenceJudge } from '../config/routing-config.ts';
import { inputBound } from '../context/input-bound.ts';
import { UpstreamFailure } from '../failures/failure.ts';
import { worstCase } from '../prices/cost.ts';
import type { Identity } from '../tenants/identify.ts';
import { Bill, estimatedTokens } from './bill.ts';
import { costOfUse } from './cache-spending.ts';
import { askTarget, rungOf, WORD_TOKENS } from './internal-call.ts';
import type { Runtime } from './runtime.ts';
import { holdAside, settleAside } from './side-spending.ts';

const CHARACTERS_A_TOKEN = 4;

/** Whose judge is asked, and what becomes of its bill. */
export interface JudgeCall {
  readonly judge: EvidenceJudge;
  /** Undefined: the proxy asks nobody for a key, so nobody is charged. */
  readonly identity: Identity | undefined;
  /** Of the line in the ledger. */
  readonly id: string;
  readonly signal: AbortSignal;
  /** Nano-dollars; undefined: the price is not known. */
  readonly onSpent: (nanos: number | undefined) => void;
}

/** A judge's word on the tenant's account. @throws where there is none: it is down, late, or no budget is left for it */
export async function askJudge(runtime: Runtime, call: JudgeCall, prompt: string): Promise<string> {
  const { judge, identity, id, signal } = call;
  const { tenancy, clock, prices } = runtime;
  const rung = rungOf(runtime, judge.target);
  const ask = () => askTarget(runtime, { target: judge.target, until: clock.now() + judge.timeout, signal, prompt });
  if (tenancy === undefined || identity === undefined) {
    const { text, tokens } = await ask();
    const used = tokens ?? estimatedTokens(Math.ceil(prompt.length / CHARACTERS_A_TOKEN), 1);
    call.onSpent(costOfUse(runtime, rung, used));
    return text;
  }
  const side = { identity, id, purpose: 'judge' };
  const textBytes = Buffer.byteLength(prompt);
  const measure = { textBytes, images: 0, documents: [], audioBytes: 0, references: 0, hasTools: false };
  const inputTokens = inputBound(measure, rung.target.model, rung.contextWindow);
  const price = prices.price(rung.provider, rung.target, clock.now());
  if (price === undefined && identity.limits.needsPrice) throw new Error(`the price of ${judge.target} is not known`);
  const nanos = price === undefined ? 0 : worstCase(price, { inputTokens, outputTokens: WORD_TOKENS });
  const account = await holdAside(tenancy, side, { nanos, tokens: inputTokens + WORD_TOKENS });
  if (account === undefined) throw new Error('no budget of the tenant is left for the judge');
  const bill = new Bill(rung, () => Math.ceil(prompt.length / CHARACTERS_A_TOKEN), undefined);
  try {
    const { text, tokens } = await ask();
    bill.answered(tokens);
    return text;
  } catch (error) {
    if (error instanceof UpstreamFailure) bill.failed(error.failure);
    throw error;
  } finally {
    bill.void();
    const cost = settleAside(runtime, tenancy, side, account, bill);
    call.onSpent(price === undefined && bill.tokens !== undefined ? undefined : cost);
  }
}
