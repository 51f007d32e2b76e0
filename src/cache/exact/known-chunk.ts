import { itemsOf } from '../../dialects/json-fields.ts';
import { isRecord, type JsonRecord } from '../../failures/json-record.ts';

/** Parts of a delta whose pieces are texts, put together by putting one behind the other. */
const TEXTS: ReadonlySet<string> = new Set(['content', 'refusal', 'reasoning', 'reasoning_content']);
/** Parts that say the same each time, come whole, or are put together by rules of their own. */
const OTHERS: ReadonlySet<string> = new Set(['role', 'name', 'tool_calls', 'function_call', 'annotations']);
const OF_A_CHOICE: ReadonlySet<string> = new Set(['index', 'delta', 'message', 'text', 'finish_reason', 'logprobs']);

/**
 * Whether it is known how each part of a chunk is put together with those of the others. Sound comes in pieces of base64 that cannot be joined as they are;
 * thoughts in numbered blocks, with a kind and a format in each piece; some providers mix texts and lists. Of what nobody here knows, half might be kept.
 */
export function isKnownChunk({ choices }: JsonRecord): boolean {
  return itemsOf(choices).every((choice) => !isRecord(choice) || (isKnownDelta(choice) && hasKnownFields(choice)));
}

function isKnownDelta({ delta }: JsonRecord): boolean {
  if (!isRecord(delta)) return true;
  return Object.entries(delta).every(
    ([field, value]) => saysNothing(value) || (TEXTS.has(field) ? typeof value === 'string' : OTHERS.has(field)),
  );
}

/** Beside its delta a choice has verdicts of filters and the like: the last holds. A list may be one of pieces. */
function hasKnownFields(choice: JsonRecord): boolean {
  return Object.entries(choice).every(
    ([field, value]) => OF_A_CHOICE.has(field) || saysNothing(value) || !Array.isArray(value),
  );
}

function saysNothing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
