import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import type { Answer, AnswerChoice } from '../conversation/answer.ts';
import { given } from '../conversation/given.ts';
import type { Part } from '../conversation/request.ts';
import { itemsOf, textOf } from '../json-fields.ts';
import { citationFields } from './citations.ts';
import { readFinish, writeFinish } from './finish.ts';
import { detailOf, reasoningIn } from './reasoning-details.ts';
import { readChatUsage, writeChatUsage } from './usage.ts';
import { chatCall } from './write-messages.ts';

const HELD = new Set(['id', 'object', 'model', 'created', 'choices', 'usage']);

/** Reads a whole chat completion. */
export function readChatAnswer(json: JsonRecord): Answer {
  const id = textOf(json.id) ?? '';
  return {
    source: 'chat',
    id,
    model: textOf(json.model) ?? '',
    created: typeof json.created === 'number' ? json.created : undefined,
    choices: itemsOf(json.choices).map((choice) => readChoice(isRecord(choice) ? choice : {})),
    usage: readChatUsage(json.usage),
    extras: Object.fromEntries(Object.entries(json).filter(([key]) => !HELD.has(key))),
  };
}

function readChoice(choice: JsonRecord): AnswerChoice {
  const message = isRecord(choice.message) ? choice.message : {};
  const parts: Part[] = [...reasoningIn(message)];
  const text = typeof message.content === 'string' ? message.content : textOfParts(message.content);
  const annotations = itemsOf(message.annotations);
  if (text !== '' || annotations.length > 0) {
    parts.push(given({ kind: 'text' as const, text, citations: annotations.length > 0 ? annotations : undefined }));
  }
  const refusal = textOf(message.refusal);
  if (refusal !== undefined) parts.push({ kind: 'refusal', text: refusal });
  for (const [index, call] of itemsOf(message.tool_calls).entries()) {
    if (isRecord(call)) parts.push(readCall(call, index));
  }
  if (isRecord(message.function_call)) parts.push(readCall({ function: message.function_call }, 0));
  if (isRecord(message.audio)) parts.push({ kind: 'opaque', dialect: 'chat', type: 'audio', value: message.audio });
  const finish = readFinish(choice.finish_reason, choice.stop_reason, refusal !== undefined);
  return given({ parts, finish, logprobs: choice.logprobs ?? undefined });
}

/** Mistral answers in parts. */
function textOfParts(content: unknown): string {
  return itemsOf(content)
    .map((part) => (isRecord(part) && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

function readCall(call: JsonRecord, index: number): Part {
  // Some providers number their calls instead of naming them: the client must have something to answer to.
  const id = textOf(call.id) ?? `call_${index}`;
  if (call.type === 'custom' && isRecord(call.custom)) {
    const { name, input } = call.custom;
    return { kind: 'tool-call', id, name: textOf(name) ?? '', arguments: textOf(input) ?? '', type: 'custom' };
  }
  const callee = isRecord(call.function) ? call.function : {};
  // Ollama's older servers give the arguments as an object.
  const args = isRecord(callee.arguments) ? JSON.stringify(callee.arguments) : (textOf(callee.arguments) ?? '');
  return { kind: 'tool-call', id, name: textOf(callee.name) ?? '', arguments: args, type: 'function' };
}

/** Writes a whole chat completion. */
export function writeChatAnswer(answer: Answer, now = 0): JsonRecord {
  return given({
    id: answer.id,
    object: 'chat.completion',
    created: answer.created ?? now,
    model: answer.model,
    choices: answer.choices.map(writeChoice),
    usage: answer.usage === undefined ? undefined : writeChatUsage(answer.usage),
  });
}

function writeChoice({ parts, finish, logprobs }: AnswerChoice, index: number): JsonRecord {
  let text: string | undefined;
  let refusal: string | undefined;
  let reasoning = '';
  const details: JsonRecord[] = [];
  const calls: JsonRecord[] = [];
  for (const part of parts) {
    if (part.kind === 'text') text = (text ?? '') + part.text;
    else if (part.kind === 'refusal') refusal = (refusal ?? '') + part.text;
    else if (part.kind === 'tool-call') calls.push(chatCall(part));
    else if (part.kind === 'reasoning') {
      reasoning += part.text;
      const detail = detailOf(part, details.length);
      if (detail !== undefined) details.push(detail);
    }
  }
  const message = given({
    role: 'assistant',
    content: text ?? (calls.length > 0 || refusal !== undefined ? null : ''),
    refusal: refusal ?? null,
    reasoning_content: reasoning === '' ? undefined : reasoning,
    reasoning_details: details.length > 0 ? details : undefined,
    tool_calls: calls.length > 0 ? calls : undefined,
    ...citationFields(parts),
  });
  const finish_reason = writeFinish(finish, calls.length > 0, refusal !== undefined && text === undefined);
  return { index, message, logprobs: logprobs ?? null, finish_reason };
}
