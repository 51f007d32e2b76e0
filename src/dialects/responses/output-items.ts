import type { JsonRecord } from '../../failures/json-record.ts';
import { given } from '../conversation/given.ts';
import type { ReasoningPart, ToolCallPart } from '../conversation/request.ts';
import { sealReasoning } from '../conversation/sealed-reasoning.ts';
import { annotationsOf } from './annotations.ts';
import { writeLogprobs } from './logprobs.ts';

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export function messageItem(id: string, status: ItemStatus, content: readonly JsonRecord[]): JsonRecord {
  return { id, type: 'message', status, role: 'assistant', content };
}

/** @param logprobs as chat has them, or as Responses has them */
export function textPart(text: string, citations?: readonly unknown[], logprobs?: unknown): JsonRecord {
  const { annotations, others } = annotationsOf(citations, text.length);
  const part = { type: 'output_text', annotations, logprobs: writeLogprobs(logprobs), text };
  // Citations Responses has no form for are kept beside it.
  return others.length === 0 ? part : { ...part, citations: others };
}

export function refusalPart(refusal: string): JsonRecord {
  return { type: 'refusal', refusal };
}

/** What of a call an item needs. */
export type CallHead = Pick<ToolCallPart, 'id' | 'name' | 'type'>;

export function callItem(id: string, status: ItemStatus, call: CallHead, text: string): JsonRecord {
  const { name } = call;
  return call.type === 'custom'
    ? { id, type: 'custom_tool_call', status, call_id: call.id, input: text, name }
    : { id, type: 'function_call', status, arguments: text, call_id: call.id, name };
}

/**
 * Reasoning as its summary: the form every client shows. What another provider must have back of it travels sealed as the encrypted content,
 * which clients hand back unread.
 */
export function reasoningItem(id: string, status: ItemStatus, part: ReasoningPart): JsonRecord {
  const { text, origin, encrypted } = part;
  const texts = part.summary ?? (text === '' ? [] : [text]);
  const raw = part.summary !== undefined && text !== part.summary.join('\n\n') ? text : '';
  return given({
    id,
    type: 'reasoning',
    summary: texts.map(summaryPart),
    content: raw === '' ? undefined : [{ type: 'reasoning_text', text: raw }],
    encrypted_content: origin === 'responses' ? encrypted : sealReasoning(text, part),
    status,
  });
}

export function summaryPart(text: string): JsonRecord {
  return { type: 'summary_text', text };
}
