import { isRecord, type JsonRecord, parseJsonText } from '../../failures/json-record.ts';
import { type AnswerEvent, type BlockHead, usageOf } from '../conversation/answer.ts';
import type { StreamReader } from '../conversation/codec.ts';
import { textOf } from '../json-fields.ts';
import type { ReportedTokens } from '../reported-tokens.ts';
import type { SseEvent } from '../sse-reader.ts';
import { readStop } from './finish.ts';
import { readMessagesTokens } from './usage.ts';

const NOTHING: readonly AnswerEvent[] = Object.freeze([]);

/** Anthropic counts its blocks from 0 up; no message has this many. */
const REFUSAL_BLOCK = 1_000_000;

interface Call {
  /** The `input` its start came with; providers that do not stream arguments say them there. */
  readonly input: unknown;
  begun: boolean;
}

/** Reads the events of a streamed message. Anthropic's blocks come one after another and keep their numbers. */
export class MessagesStreamReader implements StreamReader {
  #tokens: ReportedTokens | undefined;
  readonly #calls = new Map<number, Call>();

  read(event: SseEvent): readonly AnswerEvent[] {
    if (!event.hasData) return NOTHING;
    const json = parseJsonText(event.payload.toString('utf8', event.from, event.to));
    if (!isRecord(json)) return NOTHING;
    switch (json.type) {
      case 'content_block_delta':
        return isRecord(json.delta) ? this.#delta(blockOf(json), json.delta) : NOTHING;
      case 'content_block_start':
        return isRecord(json.content_block) ? this.#blockStart(blockOf(json), json.content_block) : NOTHING;
      case 'content_block_stop':
        return this.#blockStop(blockOf(json));
      case 'message_start':
        return isRecord(json.message) ? this.#start(json.message) : NOTHING;
      case 'message_delta':
        return this.#messageDelta(json);
      case 'message_stop':
        return [{ kind: 'end' }];
      default:
        return NOTHING;
    }
  }

  #start(message: JsonRecord): readonly AnswerEvent[] {
    this.#tokens = readMessagesTokens(message.usage);
    const usage = this.#tokens === undefined ? undefined : usageOf(this.#tokens);
    const id = textOf(message.id) ?? '';
    return [{ kind: 'start', id, model: textOf(message.model) ?? '', created: undefined, usage }];
  }

  #blockStart(block: number, content: JsonRecord): readonly AnswerEvent[] {
    const events: AnswerEvent[] = [{ kind: 'block-start', block, part: headOf(content) }];
    const text = textOf(content.text);
    if (content.type === 'text' && text !== undefined) events.push({ kind: 'text', block, text });
    const thought = textOf(content.thinking);
    if (content.type === 'thinking' && thought !== undefined) events.push({ kind: 'reasoning', block, text: thought });
    if (content.type === 'tool_use') this.#calls.set(block, { input: content.input, begun: false });
    return events;
  }

  #delta(block: number, delta: JsonRecord): readonly AnswerEvent[] {
    switch (delta.type) {
      case 'text_delta':
        return typeof delta.text === 'string' ? [{ kind: 'text', block, text: delta.text }] : NOTHING;
      case 'input_json_delta': {
        const text = delta.partial_json;
        if (typeof text !== 'string' || text === '') return NOTHING;
        const call = this.#calls.get(block);
        if (call !== undefined) call.begun = true;
        return [{ kind: 'arguments', block, text }];
      }
      case 'thinking_delta':
        return typeof delta.thinking === 'string' ? [{ kind: 'reasoning', block, text: delta.thinking }] : NOTHING;
      case 'signature_delta': {
        const signature = textOf(delta.signature);
        return signature === undefined ? NOTHING : [{ kind: 'signature', block, signature }];
      }
      case 'citations_delta':
        return [{ kind: 'citation', block, citation: delta.citation }];
      default:
        return NOTHING;
    }
  }

  /** A call without any piece of arguments has what its start said, or none: `{}`, for clients parse what they get. */
  #blockStop(block: number): readonly AnswerEvent[] {
    const end: AnswerEvent = { kind: 'block-end', block };
    const call = this.#calls.get(block);
    if (call === undefined || call.begun) return [end];
    const text = isRecord(call.input) ? JSON.stringify(call.input) : '{}';
    return [{ kind: 'arguments', block, text }, end];
  }

  #messageDelta(json: JsonRecord): readonly AnswerEvent[] {
    const events: AnswerEvent[] = [];
    this.#tokens = readMessagesTokens(json.usage, this.#tokens);
    const delta = isRecord(json.delta) ? json.delta : {};
    if (typeof delta.stop_reason === 'string') {
      const explanation = isRecord(delta.stop_details) ? textOf(delta.stop_details.explanation) : undefined;
      if (explanation !== undefined && delta.stop_reason === 'refusal') events.push(...refusalBlock(explanation));
      events.push({ kind: 'finish', finish: readStop(delta.stop_reason, delta.stop_sequence) });
    }
    if (this.#tokens !== undefined) events.push({ kind: 'usage', usage: usageOf(this.#tokens) });
    return events;
  }
}

/** Why the model refused, as a block of its own behind all others. */
function refusalBlock(text: string): readonly AnswerEvent[] {
  const block = REFUSAL_BLOCK;
  return [
    { kind: 'block-start', block, part: { kind: 'refusal' } },
    { kind: 'refusal', block, text },
    { kind: 'block-end', block },
  ];
}

function blockOf(json: JsonRecord): number {
  return typeof json.index === 'number' && json.index >= 0 ? json.index : 0;
}

function headOf(content: JsonRecord): BlockHead {
  switch (content.type) {
    case 'text':
      return { kind: 'text' };
    case 'thinking':
      return { kind: 'reasoning' };
    case 'redacted_thinking':
      return { kind: 'reasoning', encrypted: textOf(content.data) ?? '', origin: 'messages' };
    case 'tool_use': {
      const id = textOf(content.id) ?? '';
      return { kind: 'tool-call', id, name: textOf(content.name) ?? '', type: 'function' };
    }
    default:
      return { kind: 'opaque', dialect: 'messages', type: textOf(content.type) ?? '', value: content };
  }
}
