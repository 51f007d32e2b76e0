import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import { textOf } from './json-fields.ts';

interface ToolCall {
  id: string | undefined;
  type: string;
  name: string;
  arguments: string;
  /** Its name and input stand under `custom`: it takes a text and no JSON. */
  isCustom: boolean;
  /** Whatever else the provider put on the call (Gemini's thought signatures must be sent back to it). */
  rest: Record<string, unknown>;
}

/**
 * The tool calls of one streamed message, put together from their pieces.
 *
 * The index tells calls apart, as far as providers keep to it. Some leave it out; some send parallel calls whole, each with
 * index 0 and an id of its own; and some invent a new id for each piece of one call. So a piece begins another call under
 * the same index only where it brings both a new id and a function name, and the call there has its name already.
 */
export class ToolCalls {
  readonly #calls: ToolCall[] = [];
  readonly #latest = new Map<number, ToolCall>();

  add(piece: JsonRecord): void {
    const id = textOf(piece.id);
    const isCustom = isRecord(piece.custom);
    const callee = isRecord(piece.function) ? piece.function : isRecord(piece.custom) ? piece.custom : {};
    const name = textOf(callee.name);
    const index = typeof piece.index === 'number' ? piece.index : this.#guess(id);
    let call = this.#latest.get(index);
    const isAnother =
      call !== undefined && id !== undefined && name !== undefined && call.id !== id && call.name !== '';
    if (call === undefined || isAnother) {
      call = { id, type: 'function', name: '', arguments: '', isCustom, rest: {} };
      this.#calls.push(call);
      this.#latest.set(index, call);
    }
    call.id ??= id;
    call.type = textOf(piece.type) ?? call.type;
    if (name !== undefined && name !== call.name) call.name += name;
    call.isCustom ||= isCustom;
    const more = isCustom ? callee.input : callee.arguments;
    if (typeof more === 'string') call.arguments += more;
    const { index: _index, id: _id, type: _type, function: _function, custom: _custom, ...rest } = piece;
    Object.assign(call.rest, rest);
  }

  /** The calls as a whole message has them. */
  result(): JsonRecord[] {
    return this.#calls.map(({ id, type, name, arguments: args, isCustom, rest }) => {
      const callee = isCustom ? { custom: { name, input: args } } : { function: { name, arguments: args } };
      return { ...(id === undefined ? {} : { id }), type, ...callee, ...rest };
    });
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
