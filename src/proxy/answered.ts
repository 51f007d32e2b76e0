import type { Endpoint } from '../dialects/endpoint.ts';
import type { ReportedTokens } from '../dialects/stream-progress.ts';
import type { Failure } from '../failures/failure.ts';
import type { EventTap, LiveStream } from '../providers/stream-attempt.ts';
import type { WholeAnswer } from '../providers/whole-attempt.ts';
import type { Bill } from './bill.ts';
import type { Rung } from './chain.ts';
import type { TryLease } from './try-lease.ts';

/** An answer, with the leave it was made under: whoever passes the answer on settles the lease. */
export interface Answered {
  readonly kind: 'answer';
  readonly rung: Rung;
  readonly answer: WholeAnswer | LiveStream;
  readonly lease: TryLease;
  /** What it costs: closed already for a whole answer, by whoever ends the stream for a streamed one. */
  readonly bill: Bill;
  /** Of a whole answer, as the provider reported them. */
  readonly tokens?: ReportedTokens;
  /** The dialect spoken with the target. */
  readonly wire: Endpoint;
  /** Fields of the request that this target was not told, because its dialect cannot say them and they change little. */
  readonly dropped: readonly string[];
  /** What looked at the stream's events, where something did. */
  readonly tap?: EventTap;
}

/** A rung that was asked and did not answer. */
export interface Asked {
  readonly rung: Rung;
  readonly failure: Failure;
  /** No try was made. */
  readonly refused: boolean;
}

/** What asking came to where nobody answered. */
export interface Unanswered {
  readonly kind: 'none';
  readonly asked: readonly Asked[];
}

/** How a broken stream is continued. */
export interface Continuation {
  /** In place of the client's own body. */
  readonly body?: Buffer;
  /** One for each try. */
  readonly tap: () => EventTap;
}
