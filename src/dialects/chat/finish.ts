import type { Finish } from '../conversation/answer.ts';
import { foreignFinish } from '../conversation/foreign-finish.ts';

/**
 * What a chat answer's end means.
 *
 * @param reason the choice's `finish_reason`
 * @param sequence the choice's `stop_reason`, where vLLM and its like name the stop sequence that was met
 */
export function readFinish(reason: unknown, sequence: unknown, refused: boolean): Finish {
  switch (reason) {
    case 'stop':
      if (refused) return { reason: 'refusal' };
      return typeof sequence === 'string' ? { reason: 'stop-sequence', sequence } : { reason: 'stop' };
    case 'length':
      return { reason: 'length' };
    case 'tool_calls':
    case 'function_call':
      return { reason: 'tool-calls' };
    case 'content_filter':
      return { reason: 'content-filter' };
    default:
      return typeof reason === 'string' ? foreignFinish(reason) : { reason: 'stop' };
  }
}

/**
 * The `finish_reason` for an end.
 *
 * @param calls the answer holds tool calls
 * @param onlyRefusal it holds a refusal and nothing else: OpenAI's way of refusing, whose end is `stop`. Text that a refusal cut off
 * must not look complete.
 */
export function writeFinish(finish: Finish, calls: boolean, onlyRefusal: boolean): string {
  switch (finish.reason) {
    case 'length':
    // The turn is not at its end: a client that goes on has to ask again.
    case 'pause':
      return 'length';
    case 'tool-calls':
      return 'tool_calls';
    case 'content-filter':
      return 'content_filter';
    case 'refusal':
      return onlyRefusal ? 'stop' : 'content_filter';
    case 'other':
      return finish.value === 'model_context_window_exceeded' ? 'length' : stopped(calls);
    default:
      return stopped(calls);
  }
}

function stopped(calls: boolean): string {
  return calls ? 'tool_calls' : 'stop';
}
