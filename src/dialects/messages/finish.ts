import type { Finish } from '../conversation/answer.ts';
import { foreignFinish } from '../conversation/foreign-finish.ts';

/** What an Anthropic answer's end means. */
export function readStop(reason: unknown, sequence: unknown): Finish {
  switch (reason) {
    case 'end_turn':
      return { reason: 'stop' };
    case 'max_tokens':
      return { reason: 'length' };
    case 'stop_sequence':
      return { reason: 'stop-sequence', sequence: typeof sequence === 'string' ? sequence : undefined };
    case 'tool_use':
      return { reason: 'tool-calls' };
    case 'pause_turn':
      return { reason: 'pause' };
    case 'refusal':
      return { reason: 'refusal' };
    default:
      return typeof reason === 'string' ? foreignFinish(reason) : { reason: 'stop' };
  }
}

export interface WrittenStop {
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
}

/** @param calls the answer holds tool calls: Anthropic's clients look for `tool_use`, whatever other providers end such an answer with */
export function writeStopReason(finish: Finish, calls: boolean): WrittenStop {
  const stop = (stop_reason: string): WrittenStop => ({ stop_reason, stop_sequence: null });
  switch (finish.reason) {
    case 'length':
      return stop('max_tokens');
    case 'tool-calls':
      return stop('tool_use');
    case 'content-filter':
    case 'refusal':
      return stop('refusal');
    case 'pause':
      return stop('pause_turn');
    case 'stop-sequence':
      if (finish.sequence === undefined) return stop(calls ? 'tool_use' : 'end_turn');
      return { stop_reason: 'stop_sequence', stop_sequence: finish.sequence };
    case 'other':
      if (finish.value === 'model_context_window_exceeded') return stop(finish.value);
      return stop(calls ? 'tool_use' : 'end_turn');
    case 'stop':
      return stop(calls ? 'tool_use' : 'end_turn');
  }
}

/** Why a model refused, in its own words where it gave any. */
export function stopDetails(finish: Finish, refusal: string | undefined): object | null {
  if (finish.reason !== 'refusal' && finish.reason !== 'content-filter') return null;
  return { type: 'refusal', category: null, explanation: refusal ?? null };
}
