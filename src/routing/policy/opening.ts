import type { Endpoint } from '../../dialects/endpoint.ts';
import { eachItem } from '../../dialects/item-spans.ts';
import { JsonMembers, type Span } from '../../dialects/json-members.ts';

/** Of the beginning of a conversation that is looked at, bytes: longer system prompts are known by this much of them. */
export const MOST_OPENING = 65_536;

const OPEN_ARRAY = 0x5b;

/** How a conversation begins: what stays the same in all its turns. */
export interface Opening {
  /** What tells the model who it is: values in the request's JSON, brackets and quotes included. */
  readonly system: readonly Span[];
  /** The first message of a user; undefined where none begins near enough. */
  readonly firstUser: Span | undefined;
}

/** Finds it in the request's bytes, without parsing them. Bounded, whatever the request looks like. */
export function openingOf(endpoint: Endpoint, body: JsonMembers): Opening {
  const system: Span[] = [];
  if (endpoint === 'messages' || endpoint === 'count-tokens') pushMember(system, body, 'system');
  if (endpoint === 'responses') pushMember(system, body, 'instructions');
  if (endpoint === 'completions' || endpoint === 'embeddings') return { system, firstUser: undefined };
  const value = body.spans(endpoint === 'responses' ? 'input' : 'messages').at(-1);
  if (value === undefined) return { system, firstUser: undefined };
  if (body.bytes[value.start] !== OPEN_ARRAY) return { system, firstUser: value };
  return { system, firstUser: firstUser(body.bytes, value, system) };
}

function pushMember(into: Span[], body: JsonMembers, key: string): void {
  const kind = body.kind(key);
  const span = kind === undefined || kind === 'null' ? undefined : body.spans(key).at(-1);
  if (span !== undefined) into.push(span);
}

/** Walks over the messages before the first of a user, and keeps those that are instructions. */
function firstUser(bytes: Buffer, array: Span, system: Span[]): Span | undefined {
  const end = Math.min(array.end, array.start + MOST_OPENING);
  // A view: a search for the end of a string must not run to the end of the request.
  const near = bytes.subarray(0, end);
  let seen = array.start + 1;
  for (const item of eachItem(near, { start: array.start, end })) {
    seen = item.end;
    const message = JsonMembers.read(near.subarray(item.start, item.end));
    if (!(message instanceof JsonMembers)) return undefined;
    const role = message.kind('role') === 'string' ? message.value('role') : undefined;
    if (role === 'user') return item;
    if (role !== 'system' && role !== 'developer') return undefined;
    const [content] = message.spans('content');
    if (content !== undefined) system.push({ start: item.start + content.start, end: item.start + content.end });
  }
  // What did not end within the bound is most probably a long system prompt.
  if (seen < end - 1 && system.length === 0 && end < array.end) system.push({ start: seen, end });
  return undefined;
}
