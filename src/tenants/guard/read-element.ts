import { itemsOf, textOf } from '../../dialects/json-fields.ts';
import { isRecord, type JsonRecord } from '../../failures/json-record.ts';

/** The endpoints whose requests carry a conversation. */
export type GuardedEndpoint = 'chat' | 'messages' | 'responses';

/** A call of a tool as a conversation shows it. */
export interface ShownCall {
  /** Undefined where the dialect gives none (`function_call` of old). */
  readonly id: string | undefined;
  readonly name: string;
  /** As it stands in the request: text, or Anthropic's object. */
  readonly arguments: unknown;
}

/** What one element of `messages` or `input` means to the guard. */
export interface ElementContent {
  /** `user`: a person (or a harness that speaks as one) said something. `other`: everything that says nothing about loops. */
  readonly kind: 'calls' | 'results' | 'user' | 'assistant' | 'other';
  readonly calls: readonly ShownCall[];
  /** What the user said; `''` for all other kinds. */
  readonly text: string;
}

const NO_CALLS: readonly ShownCall[] = [];
const OTHER: ElementContent = { kind: 'other', calls: NO_CALLS, text: '' };
const RESULTS: ElementContent = { kind: 'results', calls: NO_CALLS, text: '' };
const ASSISTANT: ElementContent = { kind: 'assistant', calls: NO_CALLS, text: '' };

/** Reads one element of the conversation. What cannot be understood is `other`: judging requests is the upstream's work. */
export function readElement(endpoint: GuardedEndpoint, element: unknown): ElementContent {
  if (typeof element === 'string') return user(element);
  if (!isRecord(element)) return OTHER;
  if (endpoint === 'responses') return readItem(element);
  return endpoint === 'chat' ? readChatMessage(element) : readMessage(element);
}

function readChatMessage(message: JsonRecord): ElementContent {
  switch (message.role) {
    case 'user':
      return user(contentText(message.content));
    case 'tool':
    case 'function':
      return RESULTS;
    case 'assistant': {
      const calls: ShownCall[] = [];
      for (const call of itemsOf(message.tool_calls)) {
        if (!isRecord(call)) continue;
        if (isRecord(call.function)) push(calls, call.id, call.function.name, call.function.arguments);
        else if (isRecord(call.custom)) push(calls, call.id, call.custom.name, call.custom.input);
      }
      const legacy = message.function_call;
      if (isRecord(legacy)) push(calls, undefined, legacy.name, legacy.arguments);
      return calls.length === 0 ? ASSISTANT : { kind: 'calls', calls, text: '' };
    }
    default:
      return OTHER;
  }
}

function readMessage(message: JsonRecord): ElementContent {
  if (message.role === 'user') {
    // Harnesses put reminders of their own beside a result: that is not the user's word.
    for (const block of itemsOf(message.content)) if (isRecord(block) && block.type === 'tool_result') return RESULTS;
    return user(contentText(message.content));
  }
  if (message.role !== 'assistant') return OTHER;
  const calls: ShownCall[] = [];
  for (const block of itemsOf(message.content)) {
    if (isRecord(block) && block.type === 'tool_use') push(calls, block.id, block.name, block.input);
  }
  return calls.length === 0 ? ASSISTANT : { kind: 'calls', calls, text: '' };
}

function readItem(item: JsonRecord): ElementContent {
  switch (item.type) {
    case 'function_call':
    case 'custom_tool_call': {
      const calls: ShownCall[] = [];
      push(calls, item.call_id, item.name, item.type === 'function_call' ? item.arguments : item.input);
      return calls.length === 0 ? OTHER : { kind: 'calls', calls, text: '' };
    }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return RESULTS;
    case 'message':
    case undefined:
      if (item.role === 'user') return user(contentText(item.content));
      return item.role === 'assistant' ? ASSISTANT : OTHER;
    default:
      return OTHER;
  }
}

function push(calls: ShownCall[], id: unknown, name: unknown, args: unknown): void {
  const named = textOf(name);
  if (named !== undefined) calls.push({ id: textOf(id), name: named, arguments: args ?? '' });
}

function user(text: string): ElementContent {
  return { kind: 'user', calls: NO_CALLS, text };
}

/** The text of a message's content; of parts that are no text, that they were there. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  let text = '';
  for (const part of itemsOf(content)) {
    if (isRecord(part)) text += `${textOf(part.text) ?? `[${String(part.type)}]`}\n`;
  }
  return text;
}
