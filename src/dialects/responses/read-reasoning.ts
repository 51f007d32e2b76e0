import type { JsonRecord } from '../../failures/json-record.ts';
import { isRecord } from '../../failures/json-record.ts';
import type { ReasoningPart } from '../conversation/request.ts';
import { unsealReasoning } from '../conversation/sealed-reasoning.ts';
import { itemsOf } from '../json-fields.ts';

/** Between the parts of a summary where they become one text. */
export const SUMMARY_BREAK = '\n\n';

/**
 * Reads a `reasoning` item. One that this proxy made of another provider's reasoning gives that provider's back, with its proof
 * (`encrypted_content` is then a seal); any other is Responses' own.
 */
export function readReasoning(item: JsonRecord, at?: string): ReasoningPart {
  const summary = textsOf(item.summary);
  const raw = textsOf(item.content);
  const text = raw.length > 0 ? raw.join('') : summary.join(SUMMARY_BREAK);
  const placed = at === undefined ? {} : { at };
  const encrypted = typeof item.encrypted_content === 'string' ? item.encrypted_content : undefined;
  const proof = encrypted === undefined ? undefined : unsealReasoning(text, encrypted);
  if (proof !== undefined) return { kind: 'reasoning', text, ...proof, ...placed };
  return {
    kind: 'reasoning',
    text,
    origin: 'responses',
    ...(typeof item.id === 'string' ? { id: item.id } : {}),
    ...(summary.length > 0 ? { summary } : {}),
    ...(encrypted === undefined ? {} : { encrypted }),
    ...placed,
  };
}

/** The texts of a list of `{type, text}`; what has none is passed over. */
function textsOf(list: unknown): string[] {
  return itemsOf(list).flatMap((part) => (isRecord(part) && typeof part.text === 'string' ? [part.text] : []));
}
