import type { Endpoint } from '../../dialects/endpoint.ts';
import { JsonMembers, type Span } from '../../dialects/json-members.ts';
import { skipSpace } from '../../dialects/json-scan.ts';

/** Of the beginning of a conversation that is looked at, bytes: longer system prompts are known by this much of them. */
export const MOST_OPENING = 32_768;
/** Where the role of a message is looked for that is longer than that: clients write it first. */
const ROLE_BYTES = 64;
/** Of a conversation whose first message of a user is long, or stands behind a long system prompt. */
const CUT_BYTES = 4_096;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** How a conversation begins: what stays the same in all its turns. */
export interface Opening {
  /** What tells the model who it is: values in the request's JSON, brackets and quotes included. */
  readonly system: readonly Span[];
  /** The first message of a user; undefined where none begins there. */
  readonly firstUser: FirstUser | undefined;
}

export interface FirstUser extends Span {
  /** False: its end is too far away, and this is so much of the conversation from its beginning on. */
  readonly whole: boolean;
  /** Nothing stands behind it: the conversation begins with this request. */
  readonly alone: boolean;
}

/** Finds it in the request's bytes, without parsing them. Bounded, whatever the request looks like. */
export function openingOf(endpoint: Endpoint, body: JsonMembers): Opening {
  const system: Span[] = [];
  if (endpoint === 'messages' || endpoint === 'count-tokens') pushMember(system, body, 'system');
  if (endpoint === 'responses') pushMember(system, body, 'instructions');
  if (endpoint === 'completions' || endpoint === 'embeddings') return { system, firstUser: undefined };
  const value = body.spans(endpoint === 'responses' ? 'input' : 'messages').at(-1);
  if (value === undefined) return { system, firstUser: undefined };
  if (body.bytes[value.start] !== OPEN_ARRAY) return { system, firstUser: { ...value, whole: true, alone: true } };
  return { system, firstUser: firstUser(body.bytes, value, system) };
}

function pushMember(into: Span[], body: JsonMembers, key: string): void {
  const kind = body.kind(key);
  const span = kind === undefined || kind === 'null' ? undefined : body.spans(key).at(-1);
  if (span !== undefined) into.push(span);
}

/** Walks over the messages before the first of a user, and keeps those that are instructions. */
function firstUser(bytes: Buffer, array: Span, system: Span[]): FirstUser | undefined {
  const limit = Math.min(array.end, array.start + MOST_OPENING);
  for (let at = array.start + 1; ; ) {
    while (at < limit && bytes[at] === COMMA) at++;
    const start = skipSpace(bytes, at, limit);
    if (start >= limit || bytes[start] !== OPEN_OBJECT) return undefined;
    const end = objectEnd(bytes, start, limit);
    const item = { start, end: end ?? limit };
    const { role, content } = end === undefined ? cutMessage(bytes, item) : messageAt(bytes, item);
    if (role === 'user')
      return end === undefined ? cutUser(start, array) : { start, end, whole: true, alone: isLast(bytes, end, array) };
    if (role !== 'system' && role !== 'developer') return undefined;
    if (content !== undefined) system.push(content);
    if (end === undefined) return undefined;
    at = skipSpace(bytes, end, limit);
  }
}

/** What follows is added to and never changed, so that the same bytes name the conversation in all its turns but the first short ones. */
function cutUser(start: number, array: Span): FirstUser | undefined {
  const end = start + CUT_BYTES;
  return end > array.end ? undefined : { start, end, whole: false, alone: false };
}

function isLast(bytes: Buffer, end: number, array: Span): boolean {
  return bytes[skipSpace(bytes, end, array.end)] === CLOSE_ARRAY;
}

interface Message {
  readonly role: unknown;
  readonly content: Span | undefined;
}

function messageAt(bytes: Buffer, { start, end }: Span): Message {
  const message = JsonMembers.read(bytes.subarray(start, end));
  if (!(message instanceof JsonMembers) || message.kind('role') !== 'string') return NOTHING;
  const [content] = message.spans('content');
  return {
    role: message.value('role'),
    content: content && { start: start + content.start, end: start + content.end },
  };
}

const NOTHING: Message = { role: undefined, content: undefined };
const ROLE = /^\{\s*"role"\s*:\s*"(\w+)"/;

/** Of a message whose end is far away: its role where that stands first, and all of it as what it says. */
function cutMessage(bytes: Buffer, item: Span): Message {
  const role = ROLE.exec(bytes.toString('latin1', item.start, item.start + ROLE_BYTES))?.[1];
  return { role, content: item };
}

/** Where the object that begins at `start` ends; undefined where that is not before `limit`. Byte by byte: quotes may be many. */
function objectEnd(bytes: Buffer, start: number, limit: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < limit; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) return at + 1;
  }
  return undefined;
}
