import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import type { AnswerEvent } from '../conversation/answer.ts';
import { textOf } from '../json-fields.ts';

interface Call {
  id: string | undefined;
  /** -1 until the call has its name: a block cannot begin without. */
  block: number;
  held: string;
}

/** The calls of one streamed message, each its own block. Tells calls apart as {@link ToolCalls} does for whole messages. */
export class CallBlocks {
  readonly #newBlock: () => number;
  readonly #calls: Call[] = [];
  readonly #latest = new Map<number, Call>();

  constructor(newBlock: () => number) {
    this.#newBlock = newBlock;
  }

  take(piece: JsonRecord, events: AnswerEvent[]): void {
    const id = textOf(piece.id);
    const custom = isRecord(piece.custom) ? piece.custom : undefined;
    const callee = custom ?? (isRecord(piece.function) ? piece.function : undefined);
    const name = textOf(callee?.name);
    const index = typeof piece.index === 'number' ? piece.index : this.#guess(id);
    let call = this.#latest.get(index);
    const isAnother = call !== undefined && call.block >= 0 && id !== undefined && name !== undefined && call.id !== id;
    if (call === undefined || isAnother) {
      call = { id, block: -1, held: '' };
      this.#calls.push(call);
      this.#latest.set(index, call);
    }
    call.id ??= id;
    const text = argumentsOf(custom === undefined ? callee?.arguments : custom.input);
    if (call.block < 0) {
      call.held += text;
      if (name !== undefined) this.#begin(call, name, custom === undefined ? 'function' : 'custom', events);
    } else if (text !== '') {
      events.push({ kind: 'arguments', block: call.block, text });
    }
  }

  /** Ends all blocks. A call that never got its name is told without: the client must see that something was called. */
  close(events: AnswerEvent[]): void {
    for (const call of this.#calls) {
      if (call.block < 0) this.#begin(call, '', 'function', events);
      events.push({ kind: 'block-end', block: call.block });
    }
    this.#calls.length = 0;
  }

  #begin(call: Call, name: string, type: 'function' | 'custom', events: AnswerEvent[]): void {
    const block = this.#newBlock();
    call.block = block;
    // Some providers number their calls instead of naming them: the client must have something to answer to.
    call.id ??= `call_${block}`;
    events.push({ kind: 'block-start', block, part: { kind: 'tool-call', id: call.id, name, type } });
    if (call.held !== '') events.push({ kind: 'arguments', block, text: call.held });
    call.held = '';
  }

  /** Without an index: the call with this id, else a new one where there is an id, else the latest. */
  #guess(id: string | undefined): number {
    let last = 0;
    for (const [index, call] of this.#latest) {
      if (id !== undefined && call.id === id) return index;
      last = Math.max(last, index);
    }
    return id !== undefined && this.#latest.size > 0 ? last + 1 : last;
  }
}

/** Ollama's older servers give the arguments as an object. */
function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return isRecord(value) ? JSON.stringify(value) : '';
}
