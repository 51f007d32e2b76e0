import type { JsonRecord } from '../../failures/json-record.ts';
import {
  contentIn,
  missing,
  noteUnheld,
  recordAt,
  requiredString,
  stringIn,
  wrongValue,
} from '../conversation/read-fields.ts';
import type { Instruction, Part, ToolCallPart, Turn } from '../conversation/request.ts';
import { readContent } from './read-content.ts';
import { readReasoning } from './read-reasoning.ts';

/** The conversation that an `input` holds. */
export interface ReadInput {
  /** System and developer messages before all else. */
  readonly instructions: readonly Instruction[];
  readonly turns: readonly Turn[];
}

const ROLES: ReadonlySet<string> = new Set(['system', 'developer', 'user', 'assistant']);
const MESSAGE_MEMBERS: ReadonlySet<string> = new Set(['type', 'role', 'content', 'id', 'status']);
const CALL_MEMBERS: ReadonlySet<string> = new Set(['type', 'id', 'call_id', 'name', 'arguments', 'input', 'status']);

/** @param unheld takes the paths of members that a {@link Turn} has no place for */
export function readInput(input: string | readonly unknown[], unheld: string[]): ReadInput {
  if (typeof input === 'string') {
    return {
      instructions: [],
      turns: [{ role: 'user', parts: [{ kind: 'text', text: input, at: 'input' }], at: 'input' }],
    };
  }
  const turns = new Turns();
  for (const [index, item] of input.entries()) {
    const at = `input[${index}]`;
    readItem(recordAt(item, at), at, turns, unheld);
  }
  return turns.result();
}

/**
 * Puts items together to turns: all the items of one answer of the model (its reasoning, its texts, its calls) are one assistant turn, all
 * the results for it one user turn.
 */
class Turns {
  readonly #turns: { role: Turn['role']; parts: Part[]; at: string; open: boolean }[] = [];

  message(role: Turn['role'], parts: readonly Part[], at: string): void {
    if (role === 'assistant') for (const part of parts) this.join('assistant', part, at);
    else this.#turns.push({ role, parts: [...parts], at, open: false });
  }

  join(role: 'assistant' | 'user', part: Part, at: string): void {
    const last = this.#turns.at(-1);
    if (last?.open && last.role === role) last.parts.push(part);
    else this.#turns.push({ role, parts: [part], at, open: true });
  }

  result(): ReadInput {
    const instructions: Instruction[] = [];
    const turns: Turn[] = [];
    for (const { role, parts, at } of this.#turns) {
      if (turns.length === 0 && (role === 'system' || role === 'developer')) instructions.push({ role, parts, at });
      else turns.push({ role, parts, at });
    }
    return { instructions, turns };
  }
}

function readItem(item: JsonRecord, at: string, turns: Turns, unheld: string[]): void {
  const type = stringIn(item, 'type', at) ?? (item.role === undefined ? missing(`${at}.type`) : 'message');
  switch (type) {
    case 'message':
      noteUnheld(unheld, item, MESSAGE_MEMBERS, at);
      turns.message(roleOf(item, at), contentOf(item, 'content', at), at);
      return;
    case 'function_call':
      noteUnheld(unheld, item, CALL_MEMBERS, at);
      turns.join('assistant', readCall(item, at, 'function', 'arguments'), at);
      return;
    case 'custom_tool_call':
      noteUnheld(unheld, item, CALL_MEMBERS, at);
      turns.join('assistant', readCall(item, at, 'custom', 'input'), at);
      return;
    case 'function_call_output':
    case 'custom_tool_call_output': {
      const callId = requiredString(item, 'call_id', at);
      const kind = type === 'function_call_output' ? 'function' : 'custom';
      const content = contentOf(item, 'output', at);
      turns.join('user', { kind: 'tool-result', callId, content, isError: false, type: kind, at }, at);
      return;
    }
    case 'reasoning':
      turns.join('assistant', readReasoning(item, at), at);
      return;
    default:
      turns.join(speakerOf(type), { kind: 'opaque', dialect: 'responses', type, value: item, at }, at);
  }
}

function roleOf(item: JsonRecord, at: string): Turn['role'] {
  const role = requiredString(item, 'role', at);
  return isRole(role) ? role : wrongValue(`${at}.role`, `'${role.slice(0, 40)}' is no role.`);
}

function isRole(role: string): role is Turn['role'] {
  return ROLES.has(role);
}

function contentOf(item: JsonRecord, key: string, at: string): readonly Part[] {
  return readContent(contentIn(item, key, at) ?? missing(`${at}.${key}`), `${at}.${key}`);
}

function readCall(item: JsonRecord, at: string, type: ToolCallPart['type'], text: 'arguments' | 'input'): ToolCallPart {
  const itemId = stringIn(item, 'id', at);
  return {
    kind: 'tool-call',
    id: requiredString(item, 'call_id', at),
    name: requiredString(item, 'name', at),
    arguments: requiredString(item, text, at),
    type,
    at,
    ...(itemId === undefined ? {} : { itemId }),
  };
}

/** A built-in tool's call was the model's doing; its output, where the client ran it, is the client's. */
function speakerOf(type: string): 'assistant' | 'user' {
  return type.endsWith('_output') || type.endsWith('_response') ? 'user' : 'assistant';
}
