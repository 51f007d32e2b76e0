import { itemsOf, textOf } from '../../dialects/json-fields.ts';
import type { SseEvent } from '../../dialects/sse-reader.ts';
import { isRecord, type JsonRecord, parseJsonText } from '../../failures/json-record.ts';

type Fields = Record<string, unknown>;

/**
 * Puts the events of one streamed message together, as the same call without `stream` would have answered. Undefined where an event is not
 * understood: half an answer is not kept.
 */
export function assembleMessage(events: Iterable<SseEvent>): JsonRecord | undefined {
  let message: Fields | undefined;
  const blocks: Fields[] = [];
  const inputs = new Map<Fields, string>();
  for (const event of events) {
    if (!event.hasData) continue;
    const json = parseJsonText(event.data.toString('utf8'));
    if (!isRecord(json)) return undefined;
    switch (json.type) {
      case 'message_start':
        if (message !== undefined || !isRecord(json.message)) return undefined;
        message = { ...json.message };
        break;
      case 'content_block_start': {
        if (json.index !== blocks.length || !isRecord(json.content_block)) return undefined;
        blocks.push({ ...json.content_block });
        break;
      }
      case 'content_block_delta': {
        const block = blocks[Number(json.index)];
        if (block === undefined || !isRecord(json.delta) || !extend(block, json.delta, inputs)) return undefined;
        break;
      }
      case 'message_delta': {
        if (message === undefined) return undefined;
        const { type: _type, delta, usage, ...more } = json;
        Object.assign(message, more, isRecord(delta) ? delta : {});
        if (isRecord(usage)) message.usage = { ...(isRecord(message.usage) ? message.usage : {}), ...said(usage) };
        break;
      }
      case 'content_block_stop':
      case 'message_stop':
      case 'ping':
        break;
      default:
        return undefined;
    }
  }
  for (const [block, text] of inputs) {
    const input = text === '' ? {} : parseJsonText(text);
    if (!isRecord(input)) return undefined;
    block.input = input;
  }
  return message === undefined ? undefined : { ...message, content: blocks };
}

/** False: a delta of an unknown kind. */
function extend(block: Fields, delta: JsonRecord, inputs: Map<Fields, string>): boolean {
  switch (delta.type) {
    case 'text_delta':
      block.text = (textOf(block.text) ?? '') + String(delta.text ?? '');
      return true;
    case 'thinking_delta':
      block.thinking = (textOf(block.thinking) ?? '') + String(delta.thinking ?? '');
      return true;
    case 'signature_delta':
      block.signature = (textOf(block.signature) ?? '') + String(delta.signature ?? '');
      return true;
    case 'input_json_delta':
      inputs.set(block, (inputs.get(block) ?? '') + String(delta.partial_json ?? ''));
      return true;
    case 'citations_delta':
      block.citations = [...itemsOf(block.citations), delta.citation];
      return true;
    default:
      return false;
  }
}

/** Counts at the end are repeated only where they say something. */
function said(usage: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null && value !== undefined));
}
