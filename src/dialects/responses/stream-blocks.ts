import type { JsonRecord } from '../../failures/json-record.ts';
import type { BlockHead } from '../conversation/answer.ts';
import type { ReasoningPart } from '../conversation/request.ts';
import { type CallHead, reasoningItem, refusalPart, summaryPart, textPart } from './output-items.ts';

/** An event without its number. */
export interface UnnumberedEvent {
  readonly type: string;
  readonly fields: JsonRecord;
}

/** One block as it is being written: its text so far, and where in the output it stands. */
export type WrittenBlock = TextBlock | RefusalBlock | ReasoningBlock | CallBlock;

/**
 * The part of a delta event that is the same in all events of a block, so that a delta costs one template string: what follows is the text as
 * JSON, then the number.
 */
function deltaHead(type: string, place: string): string {
  return `event: ${type}\ndata: {"type":"${type}",${place},"delta":`;
}

function placeOf(id: string, index: number, inner: string): string {
  return `"item_id":${JSON.stringify(id)},"output_index":${index}${inner}`;
}

abstract class Block {
  readonly index: number;
  readonly id: string;
  text = '';
  ended = false;
  #written = 0;

  constructor(index: number, id: string) {
    this.index = index;
    this.id = id;
  }

  /** Events written by `delta` since the last call. */
  takeWritten(): number {
    const written = this.#written;
    this.#written = 0;
    return written;
  }

  protected wrote(events: number): void {
    this.#written += events;
  }
}

/** A text of a message. */
export class TextBlock extends Block {
  readonly contentIndex: number;
  readonly citations: unknown[] = [];
  annotations = 0;
  #logprobs: JsonRecord[] | undefined;
  readonly #head: string;

  constructor(index: number, id: string, contentIndex: number) {
    super(index, id);
    this.contentIndex = contentIndex;
    this.#head = deltaHead('response.output_text.delta', placeOf(id, index, `,"content_index":${contentIndex}`));
  }

  delta(text: string, sequence: number): string {
    this.text += text;
    return `${this.#head}${JSON.stringify(text)},"logprobs":[],"sequence_number":${sequence}}\n\n`;
  }

  deltaWithLogprobs(text: string, logprobs: JsonRecord[], sequence: number): string {
    this.text += text;
    this.#logprobs ??= [];
    this.#logprobs.push(...logprobs);
    const written = JSON.stringify(logprobs);
    return `${this.#head}${JSON.stringify(text)},"logprobs":${written},"sequence_number":${sequence}}\n\n`;
  }

  part(): JsonRecord {
    return textPart(this.text, this.citations, this.#logprobs);
  }

  end(): UnnumberedEvent[] {
    this.ended = true;
    const place = { item_id: this.id, output_index: this.index, content_index: this.contentIndex };
    const logprobs = this.#logprobs ?? [];
    return [
      { type: 'response.output_text.done', fields: { ...place, text: this.text, logprobs } },
      { type: 'response.content_part.done', fields: { ...place, part: this.part() } },
    ];
  }
}

/** A refusal in a message. */
export class RefusalBlock extends Block {
  readonly contentIndex: number;
  readonly #head: string;

  constructor(index: number, id: string, contentIndex: number) {
    super(index, id);
    this.contentIndex = contentIndex;
    this.#head = deltaHead('response.refusal.delta', placeOf(id, index, `,"content_index":${contentIndex}`));
  }

  delta(text: string, sequence: number): string {
    if (this.ended) return '';
    this.text += text;
    this.wrote(1);
    return `${this.#head}${JSON.stringify(text)},"sequence_number":${sequence}}\n\n`;
  }

  part(): JsonRecord {
    return refusalPart(this.text);
  }

  end(): UnnumberedEvent[] {
    this.ended = true;
    const place = { item_id: this.id, output_index: this.index, content_index: this.contentIndex };
    return [
      { type: 'response.refusal.done', fields: { ...place, refusal: this.text } },
      { type: 'response.content_part.done', fields: { ...place, part: this.part() } },
    ];
  }
}

/** A call of a function or a custom tool. */
export class CallBlock extends Block {
  readonly head: CallHead;
  readonly #head: string;

  constructor(index: number, id: string, head: CallHead) {
    super(index, id);
    this.head = head;
    const what = head.type === 'custom' ? 'custom_tool_call_input' : 'function_call_arguments';
    this.#head = deltaHead(`response.${what}.delta`, placeOf(id, index, ''));
  }

  delta(text: string, sequence: number): string {
    if (this.ended) return '';
    this.text += text;
    this.wrote(1);
    return `${this.#head}${JSON.stringify(text)},"sequence_number":${sequence}}\n\n`;
  }

  end(): UnnumberedEvent[] {
    this.ended = true;
    const place = { item_id: this.id, output_index: this.index };
    if (this.head.type === 'custom') {
      return [{ type: 'response.custom_tool_call_input.done', fields: { ...place, input: this.text } }];
    }
    const { name } = this.head;
    return [{ type: 'response.function_call_arguments.done', fields: { ...place, name, arguments: this.text } }];
  }
}

/** Reasoning, shown as its summary. */
export class ReasoningBlock extends Block {
  signature: string | undefined;
  encrypted: string | undefined;
  readonly #origin: ReasoningPart['origin'] | undefined;
  readonly #head: string;

  constructor(index: number, id: string, head: BlockHead & { kind: 'reasoning' }) {
    super(index, id);
    this.encrypted = head.encrypted;
    this.#origin = head.origin;
    this.#head = deltaHead('response.reasoning_summary_text.delta', placeOf(id, index, ',"summary_index":0'));
  }

  delta(text: string, sequence: number): string {
    if (this.ended || text === '') return '';
    let out = '';
    let number = sequence;
    if (this.text === '') {
      const type = 'response.reasoning_summary_part.added';
      out = `event: ${type}\ndata: ${JSON.stringify({ type, ...this.#place, part: summaryPart(''), sequence_number: number++ })}\n\n`;
      this.wrote(1);
    }
    this.text += text;
    this.wrote(1);
    return `${out}${this.#head}${JSON.stringify(text)},"sequence_number":${number}}\n\n`;
  }

  end(): UnnumberedEvent[] {
    this.ended = true;
    if (this.text === '') return [];
    const place = this.#place;
    return [
      { type: 'response.reasoning_summary_text.done', fields: { ...place, text: this.text } },
      { type: 'response.reasoning_summary_part.done', fields: { ...place, part: summaryPart(this.text) } },
    ];
  }

  item(): JsonRecord {
    const { text, signature, encrypted } = this;
    // Where nobody said: signatures and encrypted blocks are Anthropic's way, plain text that of chat completions.
    const proven = signature !== undefined || encrypted !== undefined;
    const origin = this.#origin ?? (proven ? 'messages' : 'chat');
    const part: ReasoningPart = {
      kind: 'reasoning',
      text,
      origin,
      ...(origin === 'responses' && text !== '' ? { summary: [text] } : {}),
      ...(signature === undefined ? {} : { signature }),
      ...(encrypted === undefined ? {} : { encrypted }),
    };
    return reasoningItem(this.id, 'completed', part);
  }

  get #place(): JsonRecord {
    return { item_id: this.id, output_index: this.index, summary_index: 0 };
  }
}
