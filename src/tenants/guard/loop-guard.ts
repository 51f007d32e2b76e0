import { itemsOf } from '../../dialects/json-fields.ts';
import type { JsonMembers, Span } from '../../dialects/json-members.ts';
import type { JsonRecord } from '../../failures/json-record.ts';
import { compared, countCalls } from './count-calls.ts';
import { lastSaid } from './last-said.ts';
import { type LatestTurn, latestTurn } from './latest-turn.ts';
import type { GuardedEndpoint, ShownCall } from './read-element.ts';
import { SessionCalls } from './session-calls.ts';
import { hasCalls, hasTurns, mayRepeat } from './suspicion.ts';
import { judge, type LoopLimits, type LoopVerdict, OK, worse } from './verdict.ts';

/** Bodies up to this are parsed once a session, to know what it is about; bytes. */
const SMALL_BODY = 32 * 1024;

/** What the guard reads of a request. `OpenAiRequest` is one. */
export interface GuardedRequest {
  /** Parsed when it is first asked for. */
  readonly json: JsonRecord;
  readonly body: JsonMembers;
  readonly hasTools: boolean;
}

/** Whose conversation it is. Without a session only the body is evidence. */
export interface Conversation {
  readonly tenant: string;
  readonly agent: string | undefined;
  readonly session: string | undefined;
  readonly task: string | undefined;
}

/**
 * Tells when an agent turns in circles: the same tool with the same arguments again and again, or too many calls for one task.
 *
 * An agent sends its past with every request, so the body is the evidence, on whatever replica it arrives. Clients that do not send
 * it are watched over their sessions, by what this process has seen.
 *
 * Most requests cost a look at the last message. The body is parsed only where the telling part of a call's arguments stands in it
 * often enough.
 */
export class LoopGuard {
  readonly #sessions: SessionCalls;

  constructor({ sessions = new SessionCalls() }: { sessions?: SessionCalls } = {}) {
    this.#sessions = sessions;
  }

  /** Judges a request before it goes upstream. Never throws for anything a client can send. */
  check(endpoint: string, request: GuardedRequest, conversation: Conversation, limits: LoopLimits): LoopVerdict {
    if (limits.repeats === undefined && limits.toolCalls === undefined) return OK;
    // A model that is offered no tool cannot go on calling one.
    if (!request.hasTools || !isGuarded(endpoint)) return OK;
    const array = elementsOf(endpoint, request.body);
    if (array === undefined) {
      this.#heard(request.body, conversation);
      return OK;
    }
    if (!this.#knows(conversation) && !hasTurns(endpoint, request.body.bytes, array)) return OK;
    const turn = latestTurn(endpoint, request.body.bytes, array);
    const inBody = isSuspicious(endpoint, turn, request.body.bytes, array, limits)
      ? judge(countCalls(endpoint, itemsOf(request.json[memberOf(endpoint)])), limits)
      : OK;
    return worse(inBody, this.#overSession(endpoint, turn, request, conversation, limits));
  }

  /**
   * Remembers the calls of an answer. Needed only where the next request will not bring them (`previous_response_id`); harmless
   * elsewhere, for a call is counted once by its id.
   */
  answered(conversation: Conversation, calls: readonly ShownCall[]): void {
    const key = sessionKey(conversation);
    if (key !== undefined && calls.length > 0) this.#sessions.add(key, calls.map(compared));
  }

  #knows(conversation: Conversation): boolean {
    const key = sessionKey(conversation);
    return key !== undefined && this.#sessions.has(key);
  }

  /** A user's word by itself, as the Responses dialect has it. */
  #heard(body: JsonMembers, conversation: Conversation): void {
    const key = sessionKey(conversation);
    if (key === undefined || body.kind('input') !== 'string' || !this.#sessions.has(key)) return;
    this.#sessions.said(key, String(body.value('input')), !isContinued(body));
  }

  #overSession(
    endpoint: GuardedEndpoint,
    turn: LatestTurn,
    request: GuardedRequest,
    conversation: Conversation,
    limits: LoopLimits,
  ): LoopVerdict {
    const key = sessionKey(conversation);
    if (key === undefined || turn.kind === 'unknown') return OK;
    // A session that calls no tools needs no memory.
    if (turn.kind === 'idle' && !this.#sessions.has(key)) return OK;
    if (turn.kind === 'calls') {
      if (!this.#sessions.has(key) && request.body.bytes.length <= SMALL_BODY) this.#hearLast(endpoint, request, key);
      this.#sessions.add(key, turn.calls.map(compared));
    }
    if (turn.said !== undefined) {
      this.#sessions.said(key, turn.said, turn.kind === 'idle' && turn.fresh && !isContinued(request.body));
    }
    if (turn.kind === 'idle') return OK;
    const verdict = judge(this.#sessions.latest(key), limits);
    // Another replica may have heard the user's new question: the body tells.
    return verdict.kind === 'loop' && this.#hearLast(endpoint, request, key) ? OK : verdict;
  }

  /** @returns true where what the user said last was news to the session */
  #hearLast(endpoint: GuardedEndpoint, { json }: GuardedRequest, key: string): boolean {
    const text = lastSaid(endpoint, itemsOf(json[memberOf(endpoint)]));
    return text !== undefined && this.#sessions.said(key, text, false);
  }
}

function isGuarded(endpoint: string): endpoint is GuardedEndpoint {
  return endpoint === 'chat' || endpoint === 'messages' || endpoint === 'responses';
}

function memberOf(endpoint: GuardedEndpoint): string {
  return endpoint === 'responses' ? 'input' : 'messages';
}

function elementsOf(endpoint: GuardedEndpoint, body: JsonMembers): Span | undefined {
  const key = memberOf(endpoint);
  return body.kind(key) === 'array' ? body.spans(key)[0] : undefined;
}

/** The provider keeps the past. */
function isContinued(body: JsonMembers): boolean {
  const kinds = [body.kind('previous_response_id'), body.kind('conversation')];
  return kinds.some((kind) => kind !== undefined && kind !== 'null');
}

function isSuspicious(
  endpoint: GuardedEndpoint,
  turn: LatestTurn,
  bytes: Buffer,
  array: Span,
  { repeats, toolCalls }: LoopLimits,
): boolean {
  if (turn.kind === 'results' || turn.kind === 'idle') return false;
  if (toolCalls !== undefined && hasCalls(endpoint, bytes, array, toolCalls + 1)) return true;
  if (repeats === undefined) return false;
  return turn.kind === 'calls'
    ? mayRepeat(turn.calls, bytes, array, repeats)
    : hasCalls(endpoint, bytes, array, repeats);
}

/** Agents and tasks that share a session's name are told apart: several agents that read the same file are no loop. */
function sessionKey({ tenant, agent, session, task }: Conversation): string | undefined {
  return session === undefined ? undefined : `${tenant}\0${agent ?? ''}\0${session}\0${task ?? ''}`;
}
