import type { JsonRecord } from '../../failures/json-record.ts';
import { given } from '../conversation/given.ts';
import {
  arrayIn,
  missing,
  noteUnheld,
  pathTo,
  recordAt,
  recordIn,
  requiredRecord,
  requiredString,
  stringIn,
  wrongValue,
} from '../conversation/read-fields.ts';
import type { Instruction, Part, ToolCallPart, ToolResultPart, Turn } from '../conversation/request.ts';
import { readContent } from './read-parts.ts';
import { reasoningIn } from './reasoning-details.ts';

const MESSAGE_FIELDS = new Set(['role', 'content', 'name']);
const TOOL_FIELDS = new Set(['role', 'content', 'name', 'tool_call_id']);
const ASSISTANT_FIELDS = new Set([
  'role',
  'content',
  'name',
  'refusal',
  'tool_calls',
  'function_call',
  'audio',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  // What answers carry beside their content comes back with them.
  'annotations',
]);
const CALL_FIELDS = new Set(['id', 'type', 'index', 'function', 'custom', 'cache_control']);

export interface ReadMessages {
  readonly instructions: readonly Instruction[];
  readonly turns: readonly Turn[];
}

/** The messages of a chat request. Results of one round of calls become one user turn. */
export function readMessages(messages: readonly unknown[], unheld: string[]): ReadMessages {
  const instructions: Instruction[] = [];
  const turns: Turn[] = [];
  let results: ToolResultPart[] | undefined;
  /** The id made up for the latest `function_call` of old, which has none. */
  let legacyId = '';
  for (const [index, item] of messages.entries()) {
    const at = `messages[${index}]`;
    const message = recordAt(item, at);
    const role = requiredString(message, 'role', at);
    const name = stringIn(message, 'name', at);
    switch (role) {
      case 'system':
      case 'developer': {
        noteUnheld(unheld, message, MESSAGE_FIELDS, at);
        const said = given({ role, parts: required(readContent(message, at, unheld), at), name, at } as const);
        if (turns.length === 0) instructions.push(said);
        else turns.push(said);
        break;
      }
      case 'user':
        noteUnheld(unheld, message, MESSAGE_FIELDS, at);
        if (message.content === undefined || message.content === null) missing(pathTo(at, 'content'));
        turns.push(given({ role, parts: readContent(message, at, unheld), name, at } as const));
        break;
      case 'assistant': {
        noteUnheld(unheld, message, ASSISTANT_FIELDS, at);
        if (message.function_call) legacyId = `call_legacy_${index}`;
        turns.push(given({ role, parts: assistantParts(message, at, unheld, legacyId), name, at } as const));
        break;
      }
      case 'tool':
      case 'function': {
        noteUnheld(unheld, message, TOOL_FIELDS, at);
        const callId = role === 'function' && legacyId !== '' ? legacyId : requiredString(message, 'tool_call_id', at);
        const content = readContent(message, at, unheld);
        const result: ToolResultPart = { kind: 'tool-result', callId, content, isError: false, type: 'function', at };
        if (results === undefined) {
          results = [];
          turns.push({ role: 'user', parts: results, at });
        }
        results.push(result);
        continue;
      }
      default:
        wrongValue(pathTo(at, 'role'), `'${role}' is no role of chat completions.`);
    }
    results = undefined;
  }
  return { instructions, turns: turns.map(withCustomResults(turns)) };
}

function required(parts: Part[], at: string): Part[] {
  return parts.length > 0 ? parts : missing(pathTo(at, 'content'));
}

function assistantParts(message: JsonRecord, at: string, unheld: string[], legacyId: string): Part[] {
  const parts: Part[] = [...reasoningIn(message, at), ...readContent(message, at, unheld)];
  const refusal = stringIn(message, 'refusal', at);
  if (refusal !== undefined && refusal !== '') {
    parts.push({ kind: 'refusal', text: refusal, at: pathTo(at, 'refusal') });
  }
  const audio = recordIn(message, 'audio', at);
  if (audio !== undefined) {
    parts.push({ kind: 'opaque', dialect: 'chat', type: 'audio', value: audio, at: pathTo(at, 'audio') });
  }
  for (const [index, item] of (arrayIn(message, 'tool_calls', at) ?? []).entries()) {
    const callAt = `${at}.tool_calls[${index}]`;
    const call = recordAt(item, callAt);
    noteUnheld(unheld, call, CALL_FIELDS, callAt);
    parts.push(readCall(call, requiredString(call, 'id', callAt), callAt));
  }
  const legacy = recordIn(message, 'function_call', at);
  if (legacy !== undefined) parts.push(readFunction(legacy, legacyId, pathTo(at, 'function_call')));
  return parts;
}

function readCall(call: JsonRecord, id: string, at: string): ToolCallPart {
  if (call.type === 'custom') {
    const custom = requiredRecord(call, 'custom', at);
    const customAt = pathTo(at, 'custom');
    const name = requiredString(custom, 'name', customAt);
    return { kind: 'tool-call', id, name, arguments: stringIn(custom, 'input', customAt) ?? '', type: 'custom', at };
  }
  const part = readFunction(requiredRecord(call, 'function', at), id, pathTo(at, 'function'));
  return given({ ...part, at, cacheControl: call.cache_control ?? undefined });
}

function readFunction(callee: JsonRecord, id: string, at: string): ToolCallPart {
  const name = requiredString(callee, 'name', at);
  return { kind: 'tool-call', id, name, arguments: stringIn(callee, 'arguments', at) ?? '', type: 'function', at };
}

/** A tool message does not say which kind of call it answers; the call does. */
function withCustomResults(turns: readonly Turn[]): (turn: Turn) => Turn {
  const custom = new Set<string>();
  for (const { parts } of turns) {
    for (const part of parts) if (part.kind === 'tool-call' && part.type === 'custom') custom.add(part.id);
  }
  if (custom.size === 0) return (turn) => turn;
  const typed = (part: Part): Part =>
    part.kind === 'tool-result' && custom.has(part.callId) ? { ...part, type: 'custom' } : part;
  return (turn) => ({ ...turn, parts: turn.parts.map(typed) });
}
