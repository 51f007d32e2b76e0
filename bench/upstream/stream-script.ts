import { chunked, STREAM_CLOSING, STREAM_DELTA, STREAM_HEAD, STREAM_OPENING } from './answers.ts';
import { messagesEvents, type OwnWords, responsesEvents, spokenChatEvents } from './spoken.ts';

/** A conversation's dialects, as the issue of translating them has three. */
export const DIALECTS = ['chat', 'messages', 'responses'] as const;
export type Dialect = (typeof DIALECTS)[number];

/** A stream as ready-made writes: the first holds the head and the first delta, the last what follows the last delta. */
export interface StreamScript {
  readonly opening: Buffer;
  readonly deltas: readonly Buffer[];
  readonly closing: Buffer;
}

/** What chat completions answer in all sections but the one that compares dialects: the same short delta again and again. */
export function plainScript(events: number): StreamScript {
  return {
    opening: Buffer.concat([STREAM_HEAD, STREAM_OPENING]),
    deltas: Array<Buffer>(Math.max(0, events - 1)).fill(STREAM_DELTA),
    closing: STREAM_CLOSING,
  };
}

const WORDS: Readonly<Record<Dialect, (events: number) => OwnWords>> = {
  chat: spokenChatEvents,
  messages: messagesEvents,
  responses: responsesEvents,
};

/** The same text in one of the dialects, an event for each of its `events` deltas. Made once: an event of Responses has its number. */
export function spokenScript(dialect: Dialect, events: number): StreamScript {
  const { before, deltas, after } = WORDS[dialect](events);
  const [first = '', ...others] = deltas;
  return {
    opening: Buffer.concat([STREAM_HEAD, chunked(before + first)]),
    deltas: others.map(chunked),
    closing: Buffer.concat([...after.map(chunked), Buffer.from('0\r\n\r\n')]),
  };
}

/** By the path of a request's first line. */
export function dialectOf(head: string): Dialect {
  const path = head.slice(0, head.indexOf('\r\n'));
  if (path.includes('/messages')) return 'messages';
  return path.includes('/responses') ? 'responses' : 'chat';
}
