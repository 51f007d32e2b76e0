import type { ChatDialect, Conversation, Turn } from '../../dialects/conversation/request.ts';
import { itemSpans } from '../../dialects/item-spans.ts';
import type { JsonMembers, Span } from '../../dialects/json-members.ts';
import { ACKNOWLEDGED, carriedTurns, lastCacheMark, needsAcknowledgement, summaryMessage } from './compact.ts';

const MEMBER: Readonly<Record<ChatDialect, string>> = { chat: 'messages', messages: 'messages', responses: 'input' };

/**
 * The client's own request with a summary in place of its first turns, in its own dialect. All other bytes are the client's: what is kept
 * is not written anew, so thoughts keep their signatures, and members nobody here knows stay.
 *
 * @param conversation what was read from `body`
 * @param to turns before it give way
 * @returns undefined where the items of the request cannot be told apart: a member given twice, an input that is one text
 */
export function writeCompacted(
  body: JsonMembers,
  conversation: Conversation,
  to: number,
  summary: string,
): Buffer | undefined {
  const { source, turns } = conversation;
  const [array, ...more] = body.spans(MEMBER[source]);
  if (array === undefined || more.length > 0) return undefined;
  const items = itemSpans(body.bytes, array);
  const first = itemIndex(turns[0]);
  const firstKept = itemIndex(turns[to]);
  const start = items?.[first];
  const kept = items?.[firstKept];
  if (items === undefined || start === undefined || kept === undefined) return undefined;
  const texts: (string | Span)[] = [summaryItem(source, turns, to, summary)];
  for (const { turn, index } of carriedTurns(turns, to)) {
    const from = items[itemIndex(turn)];
    const until = items[itemIndex(turns[index + 1]) - 1];
    if (from === undefined || until === undefined) return undefined;
    texts.push({ start: from.start, end: until.end });
  }
  if (needsAcknowledgement(turns, to)) texts.push(acknowledgement(source));
  const parts = [body.bytes.subarray(0, start.start)];
  for (const text of texts)
    parts.push(typeof text === 'string' ? Buffer.from(text) : body.bytes.subarray(text.start, text.end), COMMA);
  parts.push(body.bytes.subarray(kept.start));
  return Buffer.concat(parts);
}

const COMMA = Buffer.from(',');

function summaryItem(dialect: ChatDialect, turns: readonly Turn[], to: number, summary: string): string {
  const text = summaryMessage(turns, to, summary);
  if (dialect === 'responses') return JSON.stringify({ type: 'message', role: 'user', content: text });
  const mark = lastCacheMark(turns.slice(0, to));
  const content = mark === undefined ? text : [{ type: 'text', text, cache_control: mark }];
  return JSON.stringify({ role: 'user', content });
}

function acknowledgement(dialect: ChatDialect): string {
  const message = { role: 'assistant', content: ACKNOWLEDGED };
  return JSON.stringify(dialect === 'responses' ? { type: 'message', ...message } : message);
}

/** The item a turn begins with: `messages[12]`, `input[3]`. -1 where the turn has no place of its own. */
function itemIndex(turn: Turn | undefined): number {
  const index = /^(?:messages|input)\[(\d+)\]/.exec(turn?.at ?? '')?.[1];
  return index === undefined ? -1 : Number(index);
}
