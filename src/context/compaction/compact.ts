import type { Conversation, Part, TextPart, Turn } from '../../dialects/conversation/request.ts';

/** Tokens of the words around a summary. */
export const FRAME_TOKENS = 80;

/** A first message up to so many characters is repeated word for word: it mostly says what all the rest is for. */
const LONGEST_QUOTED = 2000;

/** Keeps user and model in turns where what is kept begins with a user's message: some servers insist. */
export const ACKNOWLEDGED = 'I have the summary and go on from there.';

/**
 * The conversation with a summary in place of its first turns. Instructions of the system or the developer among them stay as they are, behind
 * the summary; all turns from `to` on are the very same.
 *
 * @param to turns before it give way: a cut of the plan
 */
export function compact(conversation: Conversation, to: number, summary: string): Conversation {
  const { turns } = conversation;
  const mark = lastCacheMark(turns.slice(0, to));
  const text: TextPart = {
    kind: 'text',
    text: summaryMessage(turns, to, summary),
    ...(mark === undefined ? {} : { cacheControl: mark }),
  };
  return {
    ...conversation,
    turns: [
      { role: 'user', parts: [text] },
      ...carriedTurns(turns, to).map(({ turn }) => turn),
      ...(needsAcknowledgement(turns, to) ? [ACKNOWLEDGEMENT] : []),
      ...turns.slice(to),
    ],
  };
}

const ACKNOWLEDGEMENT: Turn = { role: 'assistant', parts: [{ kind: 'text', text: ACKNOWLEDGED }] };

/** The text of the message that stands for the turns before `to`. */
export function summaryMessage(turns: readonly Turn[], to: number, summary: string): string {
  const first = quotedFirst(turns);
  const quoted = first === undefined ? '' : `\nIt began with this message, word for word:\n${first}\n`;
  return (
    `<conversation-summary turns="${to}">\n` +
    'The earlier part of this conversation was left out to save room. This summary stands for it: it tells what was said and done, and asks for nothing new.\n' +
    `${quoted}\n${summary.trim()}\n</conversation-summary>`
  );
}

/** The first message, where it is a user's text and short. */
export function quotedFirst(turns: readonly Turn[]): string | undefined {
  const [first] = turns;
  if (first?.role !== 'user') return undefined;
  const texts = first.parts.map((part) => (part.kind === 'text' ? part.text : undefined));
  if (texts.some((text) => text === undefined)) return undefined;
  const whole = texts.join('\n');
  return whole.length <= LONGEST_QUOTED && whole.trim() !== '' ? whole : undefined;
}

/** Instructions amid the turns that give way. They are no matter for a summary. */
export function carriedTurns(
  turns: readonly Turn[],
  to: number,
): readonly { readonly turn: Turn; readonly index: number }[] {
  return turns
    .slice(0, to)
    .map((turn, index) => ({ turn, index }))
    .filter(({ turn }) => turn.role === 'system' || turn.role === 'developer');
}

export function needsAcknowledgement(turns: readonly Turn[], to: number): boolean {
  return turns[to]?.role === 'user';
}

/** Anthropic caches up to a mark. One among the turns that give way goes over to the summary, so that there are never more than before. */
export function lastCacheMark(turns: readonly Turn[]): unknown {
  let mark: unknown;
  const look = (part: Part): void => {
    if (part.kind === 'tool-result') for (const inner of part.content) look(inner);
    if ('cacheControl' in part && part.cacheControl !== undefined) mark = part.cacheControl;
  };
  for (const { role, parts } of turns)
    if (role === 'user' || role === 'assistant') for (const part of parts) look(part);
  return mark;
}
