import type { Turn } from '../dialects/conversation/request.ts';
import { itemSpans } from '../dialects/item-spans.ts';
import { JsonMembers, type Span } from '../dialects/json-members.ts';
import { WalkBack } from '../dialects/walk-back.ts';
import { Digest } from './digest.ts';
import { addScope, isLeftOut, type ScopedRequest, type ScopeOwner, type ScopeRoute } from './scope.ts';

/** What a request asks, apart from what the answer depends on besides. */
export interface SplitQuestion {
  /** A key of all but the question. Hits are possible among requests that have the same one, and {@link SemanticBasis}. */
  readonly setting: string;
  /** The text of the last user message. */
  readonly question: string;
}

/** What else an answer found by likeness depends on: the embedder's id and dimension, the version of the guards. */
export type SemanticBasis = readonly string[];

const QUOTE = 0x22;
/** The members that hold the turns, of which the last is the question. */
const TURNS: ReadonlySet<string> = new Set(['messages', 'input']);

/**
 * Splits a conversation into the question and all the rest. The rest is *every byte of the body* but the question's text and the members that
 * {@link isLeftOut} names: system text, earlier turns, names, marks, and what nobody here has heard of. Nothing that was parsed takes part, so
 * that no field can be forgotten, and hundreds of earlier turns cost a hash of their bytes.
 *
 * @param last the conversation's last turn
 * @returns undefined where there is no such question: the last turn is not one of plain text by the user, it does not stand in the body by
 * itself, or the body could be read in two ways
 */
export function splitConversation(
  secret: Buffer,
  owner: ScopeOwner,
  route: ScopeRoute,
  request: ScopedRequest,
  last: Turn | undefined,
): SplitQuestion | undefined {
  const texts = last === undefined ? undefined : plainTexts(last);
  const { body } = request;
  if (texts === undefined || body.hasEscapedKey) return undefined;
  const digest = new Digest(secret).add('semantic');
  addScope(digest, owner, route, request.headers);
  let taken: readonly string[] | undefined;
  for (const name of [...body.keys].sort()) {
    if (isLeftOut(name, owner, route)) continue;
    const [span] = body.spans(name);
    if (span === undefined) return undefined;
    digest.add(name);
    if (!TURNS.has(name)) {
      digest.add(body.bytes.subarray(span.start, span.end));
      continue;
    }
    if (taken !== undefined) return undefined;
    taken = addTurns(digest, body.bytes, span);
  }
  // What was left out of the scope must be what is compared in its place.
  if (taken === undefined || taken.length !== texts.length || !taken.every((text, at) => text === texts[at]))
    return undefined;
  return { setting: digest.key(), question: texts.filter((text) => text !== '').join('\n') };
}

/** The scope of a question: a semantic hit is possible among requests of the same one only. */
export function semanticScope(secret: Buffer, setting: string, basis: SemanticBasis): string {
  const digest = new Digest(secret).add(setting);
  for (const part of basis) digest.add(part);
  return digest.key();
}

/** The texts of a user's turn that is nothing but text. */
function plainTexts({ role, parts }: Turn): readonly string[] | undefined {
  if (role !== 'user') return undefined;
  const texts: string[] = [];
  for (const part of parts) {
    if (part.kind !== 'text') return undefined;
    texts.push(part.text);
  }
  return texts.some((text) => text !== '') ? texts : undefined;
}

/** Adds all turns but the texts of the last, and gives those. Undefined: the last one is none that could be left out. */
function addTurns(digest: Digest, bytes: Buffer, span: Span): readonly string[] | undefined {
  if (bytes[span.start] === QUOTE) {
    // The Responses API's short form: the question and nothing else.
    digest.add('text');
    return [stringAt(bytes, span)];
  }
  const walk = new WalkBack(bytes, span, [], { left: 2 * bytes.length });
  const last = walk.previous() ? walk.element : undefined;
  if (last === undefined) return undefined;
  digest.add('turns').add(bytes.subarray(span.start, last.start));
  const content = addWithout(digest, bytes, last, 'content');
  if (content === undefined) return undefined;
  const isText = content.bytes[content.span.start] === QUOTE;
  digest.add(isText ? 'text' : 'parts');
  if (isText) return [stringAt(content.bytes, content.span)];
  const texts: string[] = [];
  for (const part of itemSpans(content.bytes, content.span) ?? []) {
    const text = addWithout(digest, content.bytes, part, 'text');
    if (text === undefined || text.bytes[text.span.start] !== QUOTE) return undefined;
    texts.push(stringAt(text.bytes, text.span));
  }
  return texts;
}

interface Value {
  readonly bytes: Buffer;
  readonly span: Span;
}

/** Adds all members of an object but one, and gives that one. Undefined: it is no object, has not that
 * one, has one twice, or too many to know them all. */
function addWithout(digest: Digest, bytes: Buffer, object: Span, without: string): Value | undefined {
  const members = JsonMembers.read(bytes.subarray(object.start, object.end));
  if (!(members instanceof JsonMembers)) return undefined;
  const { keys } = members;
  const [value] = members.spans(without);
  // Of a crowd of members not all are known.
  if (value === undefined || members.layout.crowded || new Set(keys).size < keys.length) return undefined;
  for (const name of keys) {
    if (name === without) continue;
    const [span] = members.spans(name);
    digest.add(name).add(span && members.bytes.subarray(span.start, span.end));
  }
  // Ends the list: what follows is not one of the members.
  digest.add(undefined);
  return { bytes: members.bytes, span: value };
}

function stringAt(bytes: Buffer, { start, end }: Span): string {
  return String(JSON.parse(bytes.toString('utf8', start, end)));
}
