import type { Summarize, SummaryAsk } from '../context/compaction/summaries.ts';
import { inputBound } from '../context/input-bound.ts';
import { codecs } from '../dialects/codecs.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import { UpstreamFailure } from '../failures/failure.ts';
import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import { worstCase } from '../prices/cost.ts';
import { StateUnavailable } from '../state/budget-store.ts';
import type { Identity } from '../tenants/identify.ts';
import { Bill } from './bill.ts';
import type { Rung } from './chain.ts';
import { callTarget, type InternalAnswer, textOf } from './internal-call.ts';
import type { Runtime } from './runtime.ts';
import { holdAside, settleAside } from './side-spending.ts';
import type { Tenancy } from './tenancy.ts';

/** About; for a summary that nobody counted. */
const BYTES_A_TOKEN = 4;

/** What a summary that ran into its cap ends with: its reader is to know that something is missing. */
const CUT_SHORT = '(The summary was cut off here.)';

/** Whose summaries are asked for, and of whom. Holds nothing of the request itself: a summary may outlive it. */
export interface SummaryAccount {
  readonly identity: Identity;
  /** Of the request that wants the summary first. */
  readonly exchangeId: string;
  /** A configured model, or `provider/model`. */
  readonly summarizer: string;
}

/** Asks the summarizing model on the tenant's account: down its chain until one answers, each target once. */
export function summarizerFor(runtime: Runtime, tenancy: Tenancy, account: SummaryAccount): Summarize {
  let calls = 0;
  return async (ask) => {
    const chain = runtime.chains.find(account.summarizer);
    if ('error' in chain) return told(runtime, 'failed', `${account.summarizer}: ${chain.message}`);
    const json = requestFor(account.summarizer, ask);
    const failures: string[] = [];
    for (const rung of chain.rungs) {
      if (ask.signal.aborted || runtime.clock.now() >= ask.deadline) break;
      const side = { ...account, id: `${account.exchangeId}+context${calls++}` };
      const result = await askRung(runtime, tenancy, side, rung, json, ask);
      if ('text' in result) {
        runtime.telemetry.summaryMade('made', undefined, runtime.clock.now());
        return result.text;
      }
      if (result.refused) return told(runtime, 'unaffordable', result.why);
      failures.push(`${rung.target.id}: ${result.why}`);
    }
    return ask.signal.aborted ? undefined : told(runtime, 'failed', failures.join('; ') || 'there was no time left');
  };
}

type SummaryReply = { readonly text: string } | { readonly why: string; readonly refused: boolean };

async function askRung(
  runtime: Runtime,
  tenancy: Tenancy,
  side: SummaryAccount & { readonly id: string },
  rung: Rung,
  json: JsonRecord,
  { deadline, signal, maxTokens }: SummaryAsk,
): Promise<SummaryReply> {
  const { identity, id } = side;
  const body = Buffer.from(JSON.stringify(json));
  const worst = await worstOf(runtime, tenancy, rung, body, maxTokens);
  if (worst === undefined && identity.limits.needsPrice)
    return { why: 'its price is not known, and a budget is in money', refused: false };
  const call = { identity, id, purpose: 'context' };
  const account = await holdAside(tenancy, call, worst ?? { nanos: 0, tokens: 0 }).catch((error: unknown) => {
    if (error instanceof StateUnavailable) return undefined;
    throw error;
  });
  if (account === undefined) return { why: 'no budget is left for it', refused: true };
  const bill = new Bill(rung, () => Math.ceil(body.length / BYTES_A_TOKEN), undefined);
  try {
    const target = rung.target.id;
    const answer = await callTarget(runtime, { target, rung, endpoint: 'chat', json, until: deadline, signal });
    bill.answered(answer.tokens);
    const text = textIn(answer);
    return text === undefined ? { why: 'it gave no text', refused: false } : { text };
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    bill.failed(error.failure);
    return { why: error.failure.message, refused: false };
  } finally {
    // What a defect of ours ended was perhaps never sent.
    bill.void();
    runtime.telemetry.contextSpent(rung.target.id, settleAside(runtime, tenancy, call, account, bill));
  }
}

/** The most the call can use; undefined: its price is not known. */
async function worstOf(runtime: Runtime, tenancy: Tenancy, rung: Rung, body: Buffer, outputTokens: number) {
  const { provider, target, contextWindow } = rung;
  // Nobody waits for a microsecond here: the count is worth it, bytes would hold four times as much.
  const counted = await tenancy.counter.count(body, target.model);
  const textBytes = Math.min(counted ?? body.length, body.length);
  const measure = { textBytes, images: 0, documents: [], audioBytes: 0, references: 0, hasTools: false };
  const inputTokens = inputBound(measure, target.model, contextWindow);
  const tokens = inputTokens + outputTokens;
  const price = runtime.prices.price(provider, target, runtime.clock.now());
  return price === undefined ? undefined : { nanos: worstCase(price, { inputTokens, outputTokens }), tokens };
}

function requestFor(model: string, { instructions, text, maxTokens }: SummaryAsk): JsonRecord {
  return {
    model,
    messages: [
      { role: 'system', content: instructions },
      { role: 'user', content: text },
    ],
    max_completion_tokens: maxTokens,
  };
}

function textIn({ wire, json }: InternalAnswer): string | undefined {
  const dialect = chatDialect(wire);
  const text = dialect === undefined ? undefined : textOf(dialect, json)?.trim();
  if (dialect === undefined || text === undefined || text === '' || !isRecord(json)) return undefined;
  const [choice] = codecs[dialect].readAnswer(json).choices;
  return choice?.finish.reason === 'length' ? `${text}\n${CUT_SHORT}` : text;
}

function told(runtime: Runtime, result: 'failed' | 'unaffordable', why: string): undefined {
  runtime.telemetry.summaryMade(result, why, runtime.clock.now());
  return undefined;
}
