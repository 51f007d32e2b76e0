import type { Cancellation } from '../cancellation.ts';
import { readOpenAiRequest } from '../dialects/openai-request.ts';
import type { Failure } from '../failures/failure.ts';
import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import { askRung } from './ask-rung.ts';
import type { Bill } from './bill.ts';
import type { Chain, Rung } from './chain.ts';
import { type Exchange, unanswered } from './exchange.ts';
import { canServe } from './fitness.ts';
import type { Call } from './receive.ts';
import type { Runtime } from './runtime.ts';

/** The same request for another model, that no client waits for. */
export interface AsideExchange {
  readonly exchange: Exchange;
  /** The first target of its chain that can serve it. */
  readonly rung: Rung;
}

/**
 * Makes a request that was answered ready for another model: whole instead of streamed, once and not repeated, on nobody's connection.
 * Undefined: it cannot be asked, or nobody but the client may ask it.
 */
export function prepareAside(
  answered: Exchange,
  chain: Chain,
  options: {
    readonly id: string;
    readonly now: number;
    readonly until: number;
    readonly cancellation: Cancellation;
  },
): AsideExchange | undefined {
  const call = wholeCall(answered);
  if (call === undefined) return undefined;
  const { id, now, until, cancellation } = options;
  const { model } = chain;
  const exchange: Exchange = {
    id,
    endpoint: answered.endpoint,
    startedAt: now,
    deadlineAt: until,
    headers: answered.headers,
    rawHeaders: withoutIdempotency(answered.rawHeaders),
    call,
    sent: call,
    place: -1,
    compaction: undefined,
    chain: { ...chain, model: { ...model, hedge: false, retries: { ...model.retries, max: 0 } } },
    route: undefined,
    cascade: undefined,
    account: undefined,
    outputCap: undefined,
    // Nothing is written to it: its request is over.
    client: answered.client,
    cancellation,
    cache: undefined,
    delivered: undefined,
    conversation: undefined,
    misfits: undefined,
    dropped: new Set(),
    made: [],
    attempts: [],
    bills: [],
    waitedMs: 0,
    overheadMs: 0,
    outcome: unanswered(),
  };
  const rung = chain.rungs.find((one) => canServe(exchange, one));
  // Called with each client's own key: that was given for the client's own requests.
  if (rung === undefined || (rung.provider.passthrough && rung.gate.keys === undefined)) return undefined;
  return { exchange, rung };
}

/** What the other model said, in the client's dialect; `json` undefined: nothing, and perhaps why. */
export async function askAside(
  { exchange, rung }: AsideExchange,
  runtime: Runtime,
): Promise<{ readonly json: JsonRecord | undefined; readonly bill: Bill | undefined; readonly failure?: Failure }> {
  const { cancellation, bills } = exchange;
  const result = await askRung(exchange, runtime, rung, { cancellation, lastHope: false });
  // Where keys were changed on the way, the tries before were refused unread.
  const bill = bills.findLast(({ tokens }) => tokens !== undefined) ?? bills.at(-1);
  if (result.kind === 'none') {
    const failure = result.asked.at(-1)?.failure;
    return { json: undefined, bill, ...(failure === undefined ? {} : { failure }) };
  }
  if (result.answer.kind !== 'whole') return { json: undefined, bill };
  result.lease.settle('success');
  const { json } = result.answer;
  return { json: isRecord(json) ? json : undefined, bill };
}

/** To a provider of both models the key would say that this is the request it has answered. */
function withoutIdempotency(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (name.toLowerCase() !== 'idempotency-key') kept.push(name, value);
  }
  return kept;
}

/** The request without its wish for a stream. Undefined: it is none without it. */
function wholeCall({ endpoint, sent }: Exchange): Call | undefined {
  if (!sent.stream && endpoint !== 'responses') return sent;
  const { stream: _stream, stream_options: _options, ...json } = sent.json;
  // Nobody will come back to this answer: the provider need not keep it.
  const whole = endpoint === 'responses' ? { ...json, store: false } : json;
  const read = readOpenAiRequest(endpoint, Buffer.from(JSON.stringify(whole)));
  return read.ok ? read : undefined;
}
