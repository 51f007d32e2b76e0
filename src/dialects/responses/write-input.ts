import type { JsonRecord } from '../../failures/json-record.ts';
import { given } from '../conversation/given.ts';
import type {
  Conversation,
  Instruction,
  Part,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
  Turn,
} from '../conversation/request.ts';
import type { UntoldNotes } from '../conversation/untold-notes.ts';
import { itemsOf } from '../json-fields.ts';
import { itemId } from './ids.ts';
import { InputParts } from './write-parts.ts';

/** The `instructions` and the `input` of a request. */
export interface WrittenInput {
  readonly instructions: string | undefined;
  readonly input: readonly unknown[];
}

export function writeInput(conversation: Conversation, notes: UntoldNotes): WrittenInput {
  const writer = new InputWriter(conversation, notes);
  const [first, ...others] = conversation.instructions;
  const instructions = first === undefined ? undefined : soleInstruction(first);
  for (const message of instructions === undefined ? conversation.instructions : others) writer.turn(message);
  for (const turn of conversation.turns) writer.turn(turn);
  return { instructions, input: writer.items };
}

/** The text that can stand as the request's `instructions`: one text with system rank. */
export function soleInstruction({ role, parts, name }: Instruction): string | undefined {
  const [part, ...more] = parts;
  const plain = role === 'system' && name === undefined && more.length === 0 && part?.kind === 'text';
  return plain && part.cacheControl === undefined ? part.text : undefined;
}

/** Writes turns as items, in order. */
class InputWriter {
  readonly items: unknown[] = [];
  readonly #notes: UntoldNotes;
  readonly #parts: InputParts;
  readonly #native: boolean;

  constructor(conversation: Conversation, notes: UntoldNotes) {
    this.#notes = notes;
    this.#parts = new InputParts(notes, conversation.source !== 'messages');
    this.#native = conversation.source === 'responses';
  }

  turn(turn: Turn | Instruction): void {
    if (turn.name !== undefined)
      this.#notes.harmless(`${this.#notes.placeOf(turn)}.name`, 'Responses has no names of participants');
    if (turn.role === 'assistant') this.#assistant(turn);
    else this.#given(turn);
  }

  /** What the model was given: messages, and between them the results of tools. */
  #given(turn: Turn | Instruction): void {
    let content: JsonRecord[] = [];
    const flush = () => {
      if (content.length === 0) return;
      this.items.push({ role: turn.role, content: soleText(content) });
      content = [];
    };
    for (const part of turn.parts) {
      const at = this.#notes.placeOf(part, turn);
      if (part.kind === 'tool-result') {
        flush();
        this.#result(part, at);
      } else if (isItem(part)) {
        flush();
        this.items.push(part.value);
      } else {
        const written = this.#parts.write(part, at);
        if (written !== undefined) content.push(written);
      }
    }
    if (turn.parts.length === 0) this.items.push({ role: turn.role, content: '' });
    flush();
  }

  /** What the model said: its texts are messages, everything else is an item of its own. */
  #assistant(turn: Turn): void {
    let content: JsonRecord[] = [];
    const flush = () => {
      if (content.length === 0) return;
      this.items.push(assistantMessage(content, this.items.length));
      content = [];
    };
    for (const part of turn.parts) {
      const at = this.#notes.placeOf(part, turn);
      if (part.kind === 'text') {
        this.#parts.noteCacheControl(part, at);
        const { citations = [] } = part;
        if (citations.length > 0 && !this.#native)
          this.#notes.harmless(`${at}.citations`, 'citations are of another form');
        content.push({
          type: 'output_text',
          text: part.text,
          annotations: this.#native ? citations : [],
          logprobs: [],
        });
        continue;
      }
      if (part.kind === 'refusal') {
        content.push({ type: 'refusal', refusal: part.text });
        continue;
      }
      flush();
      const item = this.#item(part, at);
      if (item !== undefined) this.items.push(item);
    }
    flush();
  }

  #item(part: Part, at: string): unknown {
    if (part.kind === 'tool-call') return this.#call(part, at);
    if (part.kind === 'reasoning') return this.#reasoning(part, at);
    if (part.kind === 'opaque' && part.dialect === 'responses') return part.value;
    const what = part.kind === 'opaque' ? `'${part.type}'` : part.kind;
    this.#notes.essential(at, `Responses has no ${what} in an answer`);
    return undefined;
  }

  #call(part: ToolCallPart, at: string): JsonRecord {
    this.#parts.noteCacheControl(part, at);
    const { itemId: id, id: call_id, name } = part;
    if (part.type === 'custom') return given({ type: 'custom_tool_call', id, call_id, name, input: part.arguments });
    return given({ type: 'function_call', id, call_id, name, arguments: part.arguments });
  }

  /** Only Responses' own goes back to it: it takes no reasoning it did not write. */
  #reasoning(part: ReasoningPart, at: string): JsonRecord | undefined {
    if (part.origin !== 'responses') {
      this.#notes.harmless(at, 'only the model that thought it can take it back');
      return undefined;
    }
    return reasoningItem(part, part.id);
  }

  #result(part: ToolResultPart, at: string): void {
    this.#parts.noteCacheControl(part, at);
    const content: JsonRecord[] = [];
    for (const piece of part.content) {
      const written = this.#parts.write(piece, this.#notes.placeOf(piece, part));
      if (written !== undefined) content.push(written);
    }
    if (part.isError) markError(content);
    const type = part.type === 'custom' ? 'custom_tool_call_output' : 'function_call_output';
    this.items.push({ type, call_id: part.callId, output: content.length === 0 ? '' : soleText(content) });
  }
}

/**
 * What the model said before. One plain text is written as one, which every server takes; anything else is an output message, of which the schema
 * wants an id and a status.
 */
function assistantMessage(content: readonly JsonRecord[], index: number): JsonRecord {
  const [only, ...more] = content;
  const plain = more.length === 0 && only?.type === 'output_text' && itemsOf(only.annotations).length === 0;
  if (plain) return { type: 'message', role: 'assistant', content: only.text };
  return { type: 'message', role: 'assistant', id: itemId('msg', 'in', index), status: 'completed', content };
}

/** A reasoning item with what of the part is its summary, and what its raw text. */
export function reasoningItem(part: ReasoningPart, id: string | undefined): JsonRecord {
  const { summary = [], text, encrypted } = part;
  const raw = text !== '' && text !== summary.join('\n\n') ? [{ type: 'reasoning_text', text }] : undefined;
  const written = summary.map((one) => ({ type: 'summary_text', text: one }));
  return given({ type: 'reasoning', id, summary: written, content: raw, encrypted_content: encrypted });
}

/** An item of the input that no message holds. */
function isItem(part: Part): part is Part & { kind: 'opaque' } {
  return part.kind === 'opaque' && part.dialect === 'responses' && !part.type.startsWith('input_');
}

function soleText(content: readonly JsonRecord[]): unknown {
  const [only, ...more] = content;
  return more.length === 0 && only?.type === 'input_text' ? only.text : content;
}

/** There is no flag for a failed call, so its output says so, where it does not by itself. */
function markError(content: JsonRecord[]): void {
  const first = content[0];
  if (first?.type !== 'input_text') content.unshift({ type: 'input_text', text: 'Error' });
  else if (!/^\W*error/i.test(String(first.text))) content[0] = { ...first, text: `Error: ${first.text}` };
}
