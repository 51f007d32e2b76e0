import type { IncomingHttpHeaders } from 'node:http';
import type { Cancellation } from '../cancellation.ts';
import type { RequestMistake } from '../dialects/conversation/codec.ts';
import type { Conversation } from '../dialects/conversation/request.ts';
import type { Endpoint } from '../dialects/endpoint.ts';
import type { AttemptSummary } from '../failures/attempt-summary.ts';
import type { Failure } from '../failures/failure.ts';
import type { Listed } from '../roster.ts';
import type { RouteDecision } from '../routing/decision.ts';
import type { Misfit } from '../routing/fit.ts';
import type { Account } from './account.ts';
import type { Bill } from './bill.ts';
import type { CacheVisit } from './cache-visit.ts';
import type { CascadeVisit } from './cascade-visit.ts';
import type { Chain, Rung } from './chain.ts';
import type { ClientConnection } from './client-connection.ts';
import type { DeliveredAnswer } from './delivered-answer.ts';
import type { Call } from './receive.ts';

/** How an exchange ended, as the client could see it. `degraded`: answered, but not by the first choice. */
export type Status = 'ok' | 'degraded' | 'failed' | 'cancelled';

/** Tokens of the answer, as the provider counted them, or as far as was seen when it never said. */
export interface Usage {
  readonly promptTokens: number | undefined;
  readonly completionTokens: number;
  /** True where the provider gave no count and what was seen was counted instead. */
  readonly estimated: boolean;
}

/** What is known at the end: filled by dispatch and relay, read by settle. */
export interface Outcome {
  status: Status;
  httpStatus: number;
  /** `provider/model` that answered; undefined when none did. */
  target: string | undefined;
  failure: Failure | undefined;
  usage: Usage | undefined;
  /** Milliseconds from asking the target that answered to its first token. */
  firstTokenMs: number | undefined;
  /** Rungs of the chain passed over before the answer. */
  fallbackDepth: number;
  /** Streams only: continued on another target after a break. */
  resumed: number;
}

/** What was left out of a conversation. */
export interface Compaction {
  /** Turns for which a summary stands. */
  readonly turns: number;
  readonly tokensBefore: number;
  readonly tokensAfter: number;
}

/** One request on its way through the pipeline. Stages are functions of it. */
export interface Exchange extends Listed {
  readonly id: string;
  readonly endpoint: Endpoint;
  /** Clock milliseconds at which the request's headers had arrived. */
  readonly startedAt: number;
  /** Clock milliseconds after which nobody waits for the answer any more. Sooner while a cascade tries its cheap model. */
  deadlineAt: number;
  readonly headers: IncomingHttpHeaders;
  /** As sent: name, value, name, value. */
  readonly rawHeaders: readonly string[];
  /** As the client sent it: what the cache, the loop guard and idempotency go by. */
  readonly call: Call;
  /** What targets are asked: the same, but for a conversation that was made shorter. All that is sent, held and estimated is of this. */
  sent: Call;
  /** Older turns gave way to a summary; undefined: all of it is sent. */
  compaction: Compaction | undefined;
  /** Another one where a budget moves the request to a cheaper model, and while a cascade tries the cheap one. */
  chain: Chain;
  /** What a policy made of it; undefined: the client named the model. Another one where its cascade does not pay. */
  route: RouteDecision | undefined;
  /** Whether a cheap model is tried first; undefined: its policy has no cascade. */
  cascade: CascadeVisit | undefined;
  /** Whose money it is; undefined: the proxy asks nobody for a key. */
  readonly account: Account | undefined;
  /** The cap on the answer's tokens that a budget allows, where it is lower than what the client asked for. */
  outputCap: number | undefined;
  readonly client: ClientConnection;
  readonly cancellation: Cancellation;
  /** What it has to do with the cache; undefined: nothing. */
  cache: CacheVisit | undefined;
  /** The answer as it goes out, to be compared with another model's; undefined: it is not. */
  delivered: DeliveredAnswer | undefined;
  /** What is asked (of `sent`), in no dialect's terms: read when the first target needs a translation. */
  conversation: Conversation | RequestMistake | undefined;
  /** The rungs that cannot serve the request: found when the first is about to be asked. */
  misfits: ReadonlyMap<Rung, Misfit> | undefined;
  /** Fields of the request that the target which answered was not told of. Harmless ones only. */
  readonly dropped: Set<string>;
  /** What was made of the client's body for targets. */
  readonly made: Buffer[];
  readonly attempts: AttemptSummary[];
  /** What the tries cost, one for each that was sent. */
  readonly bills: Bill[];
  /** Milliseconds spent waiting for providers and between tries; the rest of the time is this proxy's own. */
  waitedMs: number;
  /** Milliseconds this proxy itself took until the answer began to go out. */
  overheadMs: number;
  readonly outcome: Outcome;
}

/** How every exchange begins. */
export function unanswered(): Outcome {
  return {
    status: 'failed',
    httpStatus: 0,
    target: undefined,
    failure: undefined,
    usage: undefined,
    firstTokenMs: undefined,
    fallbackDepth: 0,
    resumed: 0,
  };
}

/** Tries made so far; rungs skipped without a call do not count. */
export function triesOf(exchange: Exchange): number {
  let tries = 0;
  for (const attempt of exchange.attempts) if (attempt.outcome !== 'skipped') tries++;
  return tries;
}
