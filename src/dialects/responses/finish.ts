import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import type { Finish } from '../conversation/answer.ts';

/** How a Responses answer says that it ended. */
export interface Ending {
  readonly status: 'completed' | 'incomplete';
  readonly incomplete_details: { readonly reason: 'max_output_tokens' | 'content_filter' } | null;
}

const COMPLETED: Ending = { status: 'completed', incomplete_details: null };
const CUT: Ending = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
const FILTERED: Ending = { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };

/**
 * @param refused the answer has a refusal the model wrote itself. A `refusal` without one is a classifier's (Anthropic's), which
 * OpenAI calls a content filter.
 */
export function endingOf(finish: Finish | undefined, refused: boolean): Ending {
  switch (finish?.reason) {
    case 'length':
      return CUT;
    // Anthropic's pause_turn: there is more to come once asked for. No word here says that; to the client it is an answer cut short.
    case 'pause':
      return CUT;
    case 'other':
      return finish.value === 'model_context_window_exceeded' ? CUT : COMPLETED;
    case 'content-filter':
      return FILTERED;
    case 'refusal':
      return refused ? COMPLETED : FILTERED;
    default:
      return COMPLETED;
  }
}

/** What an answer holds, as far as its finish depends on it. */
export interface Said {
  readonly calls: boolean;
  readonly text: boolean;
  readonly refusal: boolean;
}

/** The common word for how a Responses answer ended. One that is not completed is not whole, whatever it is. */
export function finishOf(response: JsonRecord, said: Said): Finish {
  const { status, incomplete_details: details } = response;
  // Whatever it was cut by (a cap on tokens, on calls of tools): no other dialect has more than one word for it.
  if (typeof status === 'string' && status !== 'completed')
    return { reason: isRecord(details) && details.reason === 'content_filter' ? 'content-filter' : 'length' };
  if (said.calls) return { reason: 'tool-calls' };
  return { reason: said.refusal && !said.text ? 'refusal' : 'stop' };
}
