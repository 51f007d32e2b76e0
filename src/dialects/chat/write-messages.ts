import type { JsonRecord } from '../../failures/json-record.ts';
import { given } from '../conversation/given.ts';
import type { Conversation, Instruction, Part, ToolCallPart, ToolResultPart, Turn } from '../conversation/request.ts';
import type { UntoldNotes } from '../conversation/untold-notes.ts';
import { ChatParts } from './write-parts.ts';

/** Writes the messages of a chat request. */
export class ChatMessages {
  readonly messages: JsonRecord[] = [];
  readonly #notes: UntoldNotes;
  readonly #parts: ChatParts;

  constructor(conversation: Conversation, notes: UntoldNotes) {
    this.#notes = notes;
    this.#parts = new ChatParts(notes);
    for (const instruction of conversation.instructions) this.#instruct(instruction);
    for (const turn of conversation.turns) {
      if (turn.role === 'assistant') this.#assistant(turn);
      else if (turn.role === 'user') this.#user(turn);
      else this.#instruct(turn);
    }
  }

  #instruct(said: Instruction | Turn): void {
    const { role, name } = said;
    this.messages.push(given({ role, content: this.#parts.content(said.parts, said), name }));
  }

  /** Results first: they must follow the calls they answer. Then the pictures they could not hold, then what was said. */
  #user(turn: Turn): void {
    const moved: Part[] = [];
    const said: Part[] = [];
    for (const part of turn.parts) {
      if (part.kind === 'tool-result') this.messages.push(this.#result(part, turn, moved));
      else said.push(part);
    }
    if (moved.length > 0) this.messages.push({ role: 'user', content: this.#parts.content(moved, turn) });
    if (said.length === 0 && turn.parts.length > 0) return;
    this.messages.push(given({ role: 'user', content: this.#parts.content(said, turn), name: turn.name }));
  }

  #result(result: ToolResultPart, turn: Turn, moved: Part[]): JsonRecord {
    const at = this.#notes.placeOf(result, turn);
    if (result.cacheControl !== undefined)
      this.#notes.harmless(`${at}.cache_control`, 'chat completions caches by itself');
    const texts: JsonRecord[] = [];
    let elsewhere = 0;
    for (const part of result.content) {
      if (part.kind === 'text') {
        texts.push(this.#parts.text(part, this.#notes.placeOf(part, result, turn)));
      } else if (part.kind === 'image' || part.kind === 'file') {
        if (elsewhere++ === 0)
          moved.push({ kind: 'text', text: `Attached to the result of tool call ${result.callId}:` });
        moved.push(part);
      } else {
        this.#notes.essential(
          this.#notes.placeOf(part, result, turn),
          'tool messages of chat completions hold text only',
        );
      }
    }
    if (elsewhere > 0) {
      this.#notes.harmless(at, 'tool messages hold text only: what else the result holds follows in a user message');
      if (texts.length === 0) texts.push({ type: 'text', text: 'See the next message.' });
    }
    if (result.isError) markError(texts);
    return { role: 'tool', tool_call_id: result.callId, content: texts.length === 0 ? '' : soleText(texts) };
  }

  #assistant(turn: Turn): void {
    const content: JsonRecord[] = [];
    const calls: JsonRecord[] = [];
    let reasoning = '';
    let refusal: string | undefined;
    for (const part of turn.parts) {
      const at = this.#notes.placeOf(part, turn);
      switch (part.kind) {
        case 'text':
          content.push(this.#parts.text(part, at));
          break;
        case 'refusal':
          refusal = (refusal ?? '') + part.text;
          break;
        case 'tool-call':
          calls.push(this.#call(part, at));
          break;
        case 'reasoning':
          if (part.origin === 'chat') reasoning += part.text;
          else this.#notes.harmless(at, 'only the model that thought it can take it back');
          break;
        case 'opaque':
          this.#notes.essential(at, `chat completions has no '${part.type}' parts`);
          break;
        default:
          this.#notes.essential(at, `an assistant message of chat completions holds no ${part.kind}`);
      }
    }
    const nothing = calls.length > 0 || refusal !== undefined ? null : '';
    this.messages.push(
      given({
        role: 'assistant',
        content: content.length === 0 ? nothing : soleText(content),
        refusal,
        reasoning_content: reasoning === '' ? undefined : reasoning,
        tool_calls: calls.length > 0 ? calls : undefined,
        name: turn.name,
      }),
    );
  }

  #call(call: ToolCallPart, at: string): JsonRecord {
    if (call.cacheControl !== undefined)
      this.#notes.harmless(`${at}.cache_control`, 'chat completions caches by itself');
    return chatCall(call);
  }
}

/** One call as messages and answers have it. */
export function chatCall({ id, name, type, arguments: text }: ToolCallPart): JsonRecord {
  return type === 'custom'
    ? { id, type: 'custom', custom: { name, input: text } }
    : { id, type: 'function', function: { name, arguments: text } };
}

/** A single text as the string every server takes. */
function soleText(texts: readonly JsonRecord[]): unknown {
  return texts.length === 1 ? texts[0]?.text : texts;
}

/** Tool messages have no error flag: a result that does not say so itself is made to say it. */
function markError(texts: JsonRecord[]): void {
  const first = texts[0];
  const text = typeof first?.text === 'string' ? first.text : '';
  if (/^\W*error/i.test(text)) return;
  texts[0] = { type: 'text', text: text === '' ? 'Error' : `Error: ${text}` };
}
