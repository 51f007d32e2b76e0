import type { Conversation, Turn } from '../dialects/conversation/request.ts';
import type { JsonMembers } from '../dialects/json-members.ts';
import { ESCAPED_KEY, scanJson } from '../dialects/json-scan.ts';
import { Digest } from './digest.ts';
import { addScope, isLeftOut, type ScopedRequest, type ScopeOwner, type ScopeRoute } from './scope.ts';

/** What a request asks, apart from what the answer depends on besides. */
export interface SplitQuestion {
  /** A semantic hit is possible among requests of the same scope only. */
  readonly scope: string;
  /** The text of the last user message. */
  readonly question: string;
}

/** What else an answer found by likeness depends on: the embedder's id and dimension, the version of the guards. */
export type SemanticBasis = readonly string[];

/** Members that hold the conversation itself, which goes into the scope as read. */
const CONVERSATION: ReadonlySet<string> = new Set(['messages', 'input']);

/**
 * Splits a conversation into the question and all the rest. Undefined where there is no such question: the last turn is not one of plain
 * text by the user, or the body could be read in two ways.
 *
 * @throws never; every field of a conversation is named here, and a new one is an error of the compiler until somebody decides on it
 */
export function splitConversation(
  secret: Buffer,
  owner: ScopeOwner,
  route: ScopeRoute,
  request: ScopedRequest,
  conversation: Conversation,
  basis: SemanticBasis,
): SplitQuestion | undefined {
  const {
    source,
    instructions,
    turns,
    tools,
    toolChoice,
    parallelToolCalls,
    format,
    sampling,
    maxTokens,
    stop,
    reasoning,
    logprobs,
    choices,
    extras,
    unheld,
    // In the scope by the route's name and targets.
    model: _model,
    // In the scope by the owner, where users do not share.
    user: _user,
    // How the answer is delivered.
    stream: _stream,
    includeUsage: _includeUsage,
    ...forgotten
  } = conversation;
  nothingIn(forgotten);
  const last = turns.at(-1);
  const question = last === undefined ? undefined : plainText(last);
  if (last === undefined || question === undefined || hasEscapedKey(request.body)) return undefined;
  const digest = new Digest(secret).add('semantic');
  for (const part of basis) digest.add(part);
  addScope(digest, owner, route, request.headers);
  addOtherMembers(digest, owner, route, request.body);
  const rest = {
    source,
    instructions,
    turns: turns.slice(0, -1),
    last: { ...last, parts: last.parts.map((part) => ({ ...part, text: '' })) },
    tools,
    toolChoice,
    parallelToolCalls,
    format,
    sampling,
    maxTokens,
    stop,
    reasoning,
    logprobs,
    choices,
    extras: ownerless(extras, owner, route),
    unheld,
  };
  return { scope: digest.add(JSON.stringify(rest)).key(), question };
}

/** Accepts an object without fields: one that has some does not compile. */
function nothingIn(_rest: Readonly<Record<string, never>>): void {}

/** The text of a user's turn that is nothing but text. */
function plainText({ role, parts }: Turn): string | undefined {
  if (role !== 'user' || parts.length === 0) return undefined;
  let text = '';
  for (const part of parts) {
    if (part.kind !== 'text') return undefined;
    text += text === '' ? part.text : `\n${part.text}`;
  }
  return text === '' ? undefined : text;
}

/** The bytes of all members but the conversation's: what the reader may not have understood counts all the same. */
function addOtherMembers(digest: Digest, owner: ScopeOwner, route: ScopeRoute, body: JsonMembers): void {
  for (const name of [...body.keys].sort()) {
    if (CONVERSATION.has(name) || isLeftOut(name, owner, route)) continue;
    const [span] = body.spans(name);
    digest.add(name).add(span && body.bytes.subarray(span.start, span.end));
  }
}

function ownerless(extras: Conversation['extras'], owner: ScopeOwner, route: ScopeRoute): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extras).filter(([name]) => !isLeftOut(name, owner, route)));
}

/** A key with an escape in it, which V8 may misread once it is parsed (nodejs/node#63785). */
function hasEscapedKey({ bytes }: JsonMembers): boolean {
  const seen = scanJson(bytes, 0, bytes.length);
  return seen < 0 || (seen & ESCAPED_KEY) !== 0;
}
