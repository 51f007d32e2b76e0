import { itemsOf, textOf } from '../../dialects/json-fields.ts';
import { MESSAGE_STOP } from '../../dialects/messages/stream-writer.ts';
import { isRecord, type JsonRecord } from '../../failures/json-record.ts';

/** Of a message, what only its end tells. */
const AT_THE_END = ['stop_reason', 'stop_sequence', 'stop_details', 'container'] as const;

/** A message as the events of a stream: each block in one delta of its kind. */
export function replayMessage(message: JsonRecord): string {
  const { content, ...head } = message;
  const usage = isRecord(message.usage) ? message.usage : {};
  const begun: Record<string, unknown> = { ...head, content: [], usage: { ...usage, output_tokens: 1 } };
  const delta: Record<string, unknown> = { stop_reason: null, stop_sequence: null };
  for (const name of AT_THE_END) {
    if (message[name] === undefined) continue;
    delta[name] = message[name];
    begun[name] = null;
  }
  let out = event('message_start', { message: begun });
  for (const [index, block] of itemsOf(content).entries()) {
    if (!isRecord(block)) continue;
    const { start, deltas } = split(block);
    out += event('content_block_start', { index, content_block: start });
    for (const one of deltas) out += event('content_block_delta', { index, delta: one });
    out += event('content_block_stop', { index });
  }
  return `${out}${event('message_delta', { delta, usage })}${MESSAGE_STOP}`;
}

/** A block as it begins, and what is said of it after that. A kind that nobody knows is whole in its beginning. */
function split(block: JsonRecord): { start: JsonRecord; deltas: JsonRecord[] } {
  switch (block.type) {
    case 'text': {
      const citations = itemsOf(block.citations);
      const start = { ...block, text: '', ...(citations.length === 0 ? {} : { citations: [] }) };
      const deltas: JsonRecord[] = citations.map((citation) => ({ type: 'citations_delta', citation }));
      return { start, deltas: [{ type: 'text_delta', text: textOf(block.text) ?? '' }, ...deltas] };
    }
    case 'thinking': {
      const deltas: JsonRecord[] = [{ type: 'thinking_delta', thinking: textOf(block.thinking) ?? '' }];
      if (textOf(block.signature) !== undefined) deltas.push({ type: 'signature_delta', signature: block.signature });
      return { start: { ...block, thinking: '', signature: '' }, deltas };
    }
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use': {
      const partial_json = JSON.stringify(block.input ?? {});
      return { start: { ...block, input: {} }, deltas: [{ type: 'input_json_delta', partial_json }] };
    }
    default:
      return { start: block, deltas: [] };
  }
}

function event(type: string, json: JsonRecord): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...json })}\n\n`;
}
