import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import { given } from '../conversation/given.ts';
import type { ChatDialect, ReasoningPart } from '../conversation/request.ts';
import { itemsOf, textOf } from '../json-fields.ts';

/**
 * Chat completions has no place for a signed thought. OpenRouter's `reasoning_details` is the field's own way: each entry names the
 * format it came in, clients send it back unread, and so a signature survives the way through a client that never heard of it.
 */
const FORMATS: Readonly<Partial<Record<ChatDialect, string>>> = {
  messages: 'anthropic-claude-v1',
  responses: 'openai-responses-v1',
};

/** An entry for a thought that must be handed back as it is; undefined for a plain one, which `reasoning_content` says in full. */
export function detailOf(part: ReasoningPart, index: number): JsonRecord | undefined {
  const format = FORMATS[part.origin];
  if (format === undefined) return undefined;
  if (part.encrypted !== undefined) {
    return given({ type: 'reasoning.encrypted', data: part.encrypted, id: part.id, format, index });
  }
  if (part.signature === undefined || part.signature === '') return undefined;
  return { type: 'reasoning.text', text: part.text, signature: part.signature, format, index };
}

/** What a message says was thought: the entries that another dialect made, else the plain text. */
export function reasoningIn(message: JsonRecord, at?: string): ReasoningPart[] {
  const parts = itemsOf(message.reasoning_details).flatMap((detail, index) => {
    const part = isRecord(detail) ? partOf(detail) : undefined;
    if (part === undefined) return [];
    return at === undefined ? part : { ...part, at: `${at}.reasoning_details[${index}]` };
  });
  if (parts.length > 0) return parts;
  const key = textOf(message.reasoning_content) === undefined ? 'reasoning' : 'reasoning_content';
  const text = textOf(message[key]);
  if (text === undefined) return [];
  return [given({ kind: 'reasoning' as const, text, origin: 'chat' as const, at: at && `${at}.${key}` })];
}

function partOf(detail: JsonRecord): ReasoningPart | undefined {
  const origin = originOf(detail.format);
  if (origin === undefined) return undefined;
  const data = textOf(detail.data);
  if (detail.type === 'reasoning.encrypted' && data !== undefined) {
    return given({ kind: 'reasoning' as const, text: '', origin, encrypted: data, id: textOf(detail.id) });
  }
  const signature = textOf(detail.signature);
  if (detail.type !== 'reasoning.text' || signature === undefined) return undefined;
  return { kind: 'reasoning', text: textOf(detail.text) ?? '', origin, signature };
}

function originOf(format: unknown): ChatDialect | undefined {
  if (format === FORMATS.messages) return 'messages';
  return format === FORMATS.responses ? 'responses' : undefined;
}
