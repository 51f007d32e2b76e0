import type { Failure } from '../failures/failure.ts';
import type { ReportedTokens } from './reported-tokens.ts';
import type { SseEvent } from './sse-reader.ts';

/** What one event means for the answer it belongs to. */
export type StreamStep = 'quiet' | 'delta' | 'drop' | 'done' | 'error';

export type { ReportedTokens };

/** Follows one streamed answer, in whatever dialect: has it begun, is it finished, what did it cost. */
export interface StreamProgress {
  /** Nothing of the answer can be missing any more. */
  readonly finished: boolean;
  /** The dialect's proper end was seen: `[DONE]`, `message_stop`, the last response. */
  readonly done: boolean;
  /** The answer was ended by the provider's content filter. */
  readonly filtered: boolean;
  /** As far as the stream has told by now: it may be cut at any event. */
  readonly usage: ReportedTokens | undefined;
  /** The parsed event that carried an error. */
  readonly error: unknown;
  /** What was found wrong with the way the answer finished, where that was the error. */
  readonly failure: Failure | undefined;
  /** Tokens of the answer so far by its events, where the provider does not count; 0: none of it came. */
  readonly deltas: number;
  /** Events that were no JSON and were left out. */
  readonly malformed: number;
  /** @param begun after the first delta a glance is enough: nothing is parsed that need not be */
  take(event: SseEvent, begun: boolean): StreamStep;
}
