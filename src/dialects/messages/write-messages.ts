import type { JsonRecord } from '../../failures/json-record.ts';
import type { WriteOptions } from '../conversation/codec.ts';
import type { Conversation, Instruction, Turn } from '../conversation/request.ts';
import type { UntoldNotes } from '../conversation/untold-notes.ts';
import { Blocks, soleText } from './write-blocks.ts';

type Role = 'user' | 'assistant' | 'system';
interface Message {
  readonly role: Role;
  readonly blocks: JsonRecord[];
}

export interface WrittenTurns {
  readonly system: string | readonly JsonRecord[] | undefined;
  readonly messages: readonly JsonRecord[];
  /** The answer is to continue the last message. */
  readonly prefilled: boolean;
}

/**
 * Writes system text and messages. Turns of one role in a row become one message, as Anthropic would combine them itself, with the
 * tool results first, where it demands them.
 *
 * @param systemTurns the model takes system messages after a user's
 */
export function writeTurns(
  conversation: Conversation,
  options: WriteOptions,
  systemTurns: boolean,
  notes: UntoldNotes,
): WrittenTurns {
  const blocks = new Blocks(notes);
  const system = writeInstructions(conversation.instructions, blocks, notes);
  const messages: Message[] = [];
  for (const turn of conversation.turns) addTurn(messages, turn, blocks, systemTurns, notes);
  if (messages.length === 0) return withoutTurns(conversation, system, notes);
  const last = messages.at(-1);
  const prefilled = last?.role === 'assistant' && last.blocks.at(-1)?.type === 'text';
  if (prefilled) prepareContinuation(last, conversation.turns.at(-1), options, notes);
  return { system: wrap(system), messages: messages.map(writeMessage), prefilled };
}

function writeInstructions(instructions: readonly Instruction[], blocks: Blocks, notes: UntoldNotes): JsonRecord[] {
  return instructions.flatMap((instruction) => {
    noteName(instruction, notes);
    return blocks.all(instruction.parts, instruction);
  });
}

function addTurn(messages: Message[], turn: Turn, blocks: Blocks, systemTurns: boolean, notes: UntoldNotes): void {
  noteName(turn, notes);
  const written = blocks.all(turn.parts, turn);
  if (written.length === 0) {
    if (turn.role === 'user') notes.harmless(notes.placeOf(turn), 'Messages takes no empty messages');
    return;
  }
  if (turn.role === 'user' || turn.role === 'assistant') {
    append(messages, turn.role, written);
    return;
  }
  const before = messages.at(-1)?.role;
  if (systemTurns && (before === 'user' || before === 'system')) {
    append(messages, 'system', written);
    return;
  }
  notes.harmless(
    notes.placeOf(turn),
    'the model takes no system message here: said in a user message, marked as system',
  );
  append(messages, 'user', [{ type: 'text', text: '<system>' }, ...written, { type: 'text', text: '</system>' }]);
}

function append(messages: Message[], role: Role, blocks: JsonRecord[]): void {
  const last = messages.at(-1);
  if (last?.role === role) last.blocks.push(...blocks);
  else messages.push({ role, blocks });
}

function writeMessage({ role, blocks }: Message): JsonRecord {
  if (role !== 'user' || blocks.length === 1) return { role, content: soleText(blocks) ?? blocks };
  const results = blocks.filter(isResult);
  return { role, content: [...results, ...blocks.filter((block) => !isResult(block))] };
}

function isResult(block: JsonRecord): boolean {
  return block.type === 'tool_result';
}

/** Anthropic needs a user's message: where there are only instructions, the last of them is what is asked. */
function withoutTurns(conversation: Conversation, system: JsonRecord[], notes: UntoldNotes): WrittenTurns {
  const asked = system.pop();
  if (asked === undefined) {
    notes.essential(notes.nameOf('turns'), 'Messages needs a message that says something');
    return { system: undefined, messages: [], prefilled: false };
  }
  notes.harmless(notes.placeOf(conversation.instructions.at(-1)), 'sent as a user message, for there is no other');
  return { system: wrap(system), messages: [writeMessage({ role: 'user', blocks: [asked] })], prefilled: false };
}

function wrap(system: JsonRecord[]): string | JsonRecord[] | undefined {
  return system.length === 0 ? undefined : (soleText(system) ?? system);
}

/** Anthropic continues a last assistant message, and refuses one that ends in white space. */
function prepareContinuation(last: Message, turn: Turn | undefined, options: WriteOptions, notes: UntoldNotes): void {
  const at = notes.placeOf(turn);
  if (options.prefill === false) notes.essential(at, 'the model does not continue an assistant message');
  for (let block = last.blocks.at(-1); block?.type === 'text'; block = last.blocks.at(-1)) {
    const text = String(block.text);
    const trimmed = text.trimEnd();
    if (trimmed === text) return;
    notes.harmless(at, 'white space at its end was left out: Messages takes none there');
    last.blocks.pop();
    if (trimmed !== '') last.blocks.push({ ...block, text: trimmed });
  }
}

function noteName(turn: Instruction | Turn, notes: UntoldNotes): void {
  if (turn.name !== undefined) notes.harmless(`${notes.placeOf(turn)}.name`, 'Messages has no names');
}
