import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import { itemsOf, textOf } from '../json-fields.ts';

/**
 * What one event of a Responses stream is:
 * - `delta`: carries some of the answer
 * - `quiet`: announces or repeats, and nothing of the answer is new in it
 * - `end`: the last response: completed or incomplete
 * - `error`: the provider reports an error, or a response that failed
 */
export type EventKind = 'delta' | 'quiet' | 'end' | 'error';

/** By the event's type, where that alone tells. */
export function kindOfType(type: string): EventKind | undefined {
  if (type.endsWith('.delta') || type.endsWith('.annotation.added')) return 'delta';
  switch (type) {
    case 'response.completed':
    case 'response.incomplete':
    case 'response.done':
      return 'end';
    case 'response.failed':
    case 'response.cancelled':
    case 'error':
      return 'error';
    // These may hold all there is of a text or a call, where a server sends it in one piece.
    case 'response.output_item.added':
    case 'response.output_item.done':
    case 'response.content_part.done':
    case 'response.output_text.done':
    case 'response.refusal.done':
    case 'response.function_call_arguments.done':
    case 'response.custom_tool_call_input.done':
      return undefined;
    default:
      return 'quiet';
  }
}

/** By what it holds. An announced message or an announced thought is nothing yet; an announced call is. */
export function carriesAnswer(type: string, json: JsonRecord): boolean {
  switch (type) {
    case 'response.output_item.added':
    case 'response.output_item.done':
      return isRecord(json.item) && itemSays(json.item);
    case 'response.content_part.done':
      return isRecord(json.part) && saysText(json.part);
    default:
      return [json.text, json.refusal, json.arguments, json.input].some((value) => textOf(value) !== undefined);
  }
}

/** Whether an output item is something to answer with: a text (an empty one too), a refusal, a call, a built-in tool's work. Not reasoning. */
export function itemSays(item: JsonRecord): boolean {
  if (item.type === 'reasoning') return false;
  return item.type === 'message' ? itemsOf(item.content).some((part) => isRecord(part) && saysText(part)) : true;
}

function saysText(part: JsonRecord): boolean {
  return part.type === 'refusal' || typeof part.text === 'string' || typeof part.refusal === 'string';
}
