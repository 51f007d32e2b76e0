import type { Endpoint } from '../../dialects/endpoint.ts';
import { itemsOf } from '../../dialects/json-fields.ts';
import { isRecord, type JsonRecord } from '../../failures/json-record.ts';

/** The ways in which an answer ends by itself. Whatever else is said (`length`, `content_filter`, a word of next year) is not kept. */
const CHAT_ENDS: ReadonlySet<unknown> = new Set(['stop', 'tool_calls', 'function_call']);
const MESSAGE_ENDS: ReadonlySet<unknown> = new Set(['end_turn', 'stop_sequence', 'tool_use']);

/** Endpoints whose answers are kept. Counting tokens is free, and no answer. */
export function isKept(endpoint: Endpoint): boolean {
  return endpoint !== 'count-tokens';
}

/**
 * Whether an answer, in the client's dialect, is finished as its model meant it: every choice ended by itself, none cut at a cap, by a
 * filter or by a refusal. Only such an answer may be given again.
 */
export function isFinished(endpoint: Endpoint, answer: JsonRecord): boolean {
  switch (endpoint) {
    case 'chat':
      return everyChoice(answer, (choice) => {
        const { message } = choice;
        return CHAT_ENDS.has(choice.finish_reason) && isRecord(message) && isAbsent(message.refusal);
      });
    case 'completions':
      return everyChoice(answer, (choice) => choice.finish_reason === 'stop');
    case 'messages':
      return answer.type === 'message' && MESSAGE_ENDS.has(answer.stop_reason);
    case 'responses':
      return answer.status === 'completed' && isAbsent(answer.error) && !itemsOf(answer.output).some(refuses);
    case 'embeddings':
      return itemsOf(answer.data).length > 0;
    case 'count-tokens':
      return false;
  }
}

function everyChoice({ choices }: JsonRecord, ends: (choice: JsonRecord) => boolean): boolean {
  const all = itemsOf(choices);
  return all.length > 0 && all.every((choice) => isRecord(choice) && isAbsent(choice.error) && ends(choice));
}

/** A message of refusal, or an item that did not come to its end. */
function refuses(item: unknown): boolean {
  if (!isRecord(item)) return true;
  if (typeof item.status === 'string' && item.status !== 'completed') return true;
  return itemsOf(item.content).some((part) => isRecord(part) && part.type === 'refusal');
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
