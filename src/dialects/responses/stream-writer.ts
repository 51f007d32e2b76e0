import type { ErrorContext } from '../../failures/client-error.ts';
import type { Failure } from '../../failures/failure.ts';
import type { JsonRecord } from '../../failures/json-record.ts';
import { renderResponsesStreamError } from '../../failures/render-responses.ts';
import type { AnswerEvent, BlockHead, Finish, TokenUsage } from '../conversation/answer.ts';
import type { StreamWriter } from '../conversation/codec.ts';
import type { Conversation } from '../conversation/request.ts';
import { annotationOf } from './annotations.ts';
import { endingOf } from './finish.ts';
import { itemId, responseIdOf, stemOf } from './ids.ts';
import { writeLogprobs } from './logprobs.ts';
import { callItem, type ItemStatus, messageItem } from './output-items.ts';
import { type Echo, echoOf, type ResponseHead, type ResponseTail, responseObject } from './response-object.ts';
import { CallBlock, ReasoningBlock, RefusalBlock, TextBlock, type WrittenBlock } from './stream-blocks.ts';
import { writeResponsesUsage } from './usage.ts';

/** The message that texts and refusals are being added to. */
interface OpenMessage {
  readonly index: number;
  readonly id: string;
  readonly blocks: (TextBlock | RefusalBlock)[];
}

/** Writes a Responses stream: each event numbered, each `done` with the whole text, ids the same from first to last. */
export class ResponsesStreamWriter implements StreamWriter {
  readonly #conversation: Conversation;
  readonly #now: number;
  readonly #echo: Echo;
  #head: ResponseHead | undefined;
  #stem = '';
  #sequence = 0;
  readonly #items: (JsonRecord | undefined)[] = [];
  readonly #blocks = new Map<number, WrittenBlock>();
  /** Where the latest delta went: nearly every event goes there too. */
  #latest: WrittenBlock | undefined;
  #latestBlock = -1;
  #message: OpenMessage | undefined;
  /** A call whose text is complete, but not known to be so: only what follows tells whether it was cut off. */
  #lastCall: CallBlock | undefined;
  #finish: Finish | undefined;
  #usage: TokenUsage | undefined;
  #refused = false;
  #over = false;
  #out = '';

  /** @param now seconds since the epoch, where the source does not say when the answer was made */
  constructor(conversation: Conversation, now = 0) {
    this.#conversation = conversation;
    this.#now = now;
    this.#echo = echoOf(conversation);
  }

  write(events: readonly AnswerEvent[]): string {
    if (this.#over) return '';
    this.#out = '';
    for (let index = 0; index < events.length; index++) {
      const event = events[index];
      if (event !== undefined) this.#take(event);
    }
    return this.#out;
  }

  close(): string {
    return this.#finish === undefined ? '' : this.write([{ kind: 'end' }]);
  }

  /** The bytes that tell the client of a failure after the stream began. Nothing more may follow. */
  fail(failure: Failure, context: ErrorContext): string {
    if (this.#over) return '';
    this.#over = true;
    const tail = this.#tail({ status: 'failed', incomplete_details: null, error: null, completed_at: null });
    const response = this.#head === undefined ? undefined : responseObject(this.#head, this.#echo, tail);
    return renderResponsesStreamError(failure, context, { sequenceNumber: this.#sequence, response });
  }

  #take(event: AnswerEvent): void {
    switch (event.kind) {
      case 'text':
        this.#text(event.block, event.text, event.logprobs);
        return;
      case 'arguments':
      case 'reasoning':
      case 'refusal':
        this.#out += this.#block(event.block)?.delta(event.text, this.#sequence) ?? '';
        this.#advance(event.block);
        return;
      case 'start':
        this.#start({ id: event.id, model: event.model, created: event.created });
        if (event.usage !== undefined) this.#usage = event.usage;
        return;
      case 'block-start':
        this.#begin(event.block, event.part);
        return;
      case 'block-end':
        this.#end(event.block);
        return;
      case 'citation':
        this.#cite(event.block, event.citation);
        return;
      case 'signature':
        this.#prove(event.block, (block) => {
          block.signature = (block.signature ?? '') + event.signature;
        });
        return;
      case 'encrypted':
        this.#prove(event.block, (block) => {
          block.encrypted = event.encrypted;
        });
        return;
      case 'usage':
        this.#usage = event.usage;
        return;
      case 'finish':
        this.#finish = event.finish;
        this.#closeAll(endingOf(event.finish, this.#refused).status);
        return;
      case 'end':
        this.#finished();
        return;
    }
  }

  #start(source: { id: string; model: string; created: number | undefined }): void {
    if (this.#head !== undefined) return;
    this.#stem = stemOf(source.id);
    const model = source.model === '' ? this.#conversation.model : source.model;
    this.#head = { id: responseIdOf(source.id, this.#stem), model, created: source.created ?? this.#now };
    const response = responseObject(this.#head, this.#echo, {
      status: 'in_progress',
      incomplete_details: null,
      error: null,
      output: [],
      usage: undefined,
      completed_at: null,
    });
    this.#emit('response.created', { response });
    this.#emit('response.in_progress', { response });
  }

  #text(number: number, text: string, logprobs: unknown): void {
    const block = number === this.#latestBlock ? this.#latest : this.#block(number);
    if (!(block instanceof TextBlock) || block.ended) {
      // Text after its block's end: a source that goes on with its text after a call.
      this.#begin(number, { kind: 'text' });
      this.#text(number, text, logprobs);
      return;
    }
    this.#latestBlock = number;
    this.#latest = block;
    if (logprobs === undefined) this.#out += block.delta(text, this.#sequence++);
    else this.#out += block.deltaWithLogprobs(text, writeLogprobs(logprobs), this.#sequence++);
  }

  #block(number: number): WrittenBlock | undefined {
    return this.#blocks.get(number);
  }

  /** A delta of a block that is there took one number, or two where it opened a summary. */
  #advance(number: number): void {
    this.#sequence += this.#block(number)?.takeWritten() ?? 0;
  }

  #begin(number: number, part: BlockHead): void {
    // Gateways number all blocks alike: what was remembered of the one before is none of this one's.
    if (number === this.#latestBlock) this.#latestBlock = -1;
    this.#start({ id: '', model: '', created: undefined });
    if (part.kind === 'text' || part.kind === 'refusal') {
      this.#beginPart(number, part.kind);
      return;
    }
    this.#closeMessage('completed');
    if (part.kind === 'tool-call') {
      const index = this.#items.push(undefined) - 1;
      const id = part.itemId ?? itemId(part.type === 'custom' ? 'ctc' : 'fc', this.#stem, index);
      this.#blocks.set(number, new CallBlock(index, id, part));
      this.#emit('response.output_item.added', { output_index: index, item: callItem(id, 'in_progress', part, '') });
    } else if (part.kind === 'reasoning') {
      const index = this.#items.push(undefined) - 1;
      const id = part.id ?? itemId('rs', this.#stem, index);
      this.#blocks.set(number, new ReasoningBlock(index, id, part));
      const item = { id, type: 'reasoning', summary: [], status: 'in_progress' };
      this.#emit('response.output_item.added', { output_index: index, item });
    } else if (part.dialect === 'responses') {
      const item = part.value as JsonRecord;
      const output_index = this.#items.push(item) - 1;
      this.#emit('response.output_item.added', { output_index, item });
      this.#emit('response.output_item.done', { output_index, item });
    }
    // Blocks of other dialects stand for what the provider did by itself on the way; a Responses client can do nothing with them.
  }

  #beginPart(number: number, kind: 'text' | 'refusal'): void {
    this.#endCall('completed');
    const message = this.#message ?? this.#openMessage();
    const { blocks, id, index } = message;
    if (kind === 'refusal') this.#refused = true;
    const block =
      kind === 'text' ? new TextBlock(index, id, blocks.length) : new RefusalBlock(index, id, blocks.length);
    this.#blocks.set(number, block);
    const content_index = blocks.push(block) - 1;
    this.#emit('response.content_part.added', { item_id: id, output_index: index, content_index, part: block.part() });
  }

  #openMessage(): OpenMessage {
    const index = this.#items.push(undefined) - 1;
    const id = itemId('msg', this.#stem, index);
    this.#emit('response.output_item.added', { output_index: index, item: messageItem(id, 'in_progress', []) });
    this.#message = { index, id, blocks: [] };
    return this.#message;
  }

  #end(number: number): void {
    const block = this.#block(number);
    if (block === undefined || block.ended) return;
    if (block instanceof CallBlock) {
      this.#endCall('completed');
      this.#lastCall = block;
    } else if (block instanceof ReasoningBlock) this.#endReasoning(block);
    else this.#endPart(block);
  }

  #endPart(block: TextBlock | RefusalBlock): void {
    for (const { type, fields } of block.end()) this.#emit(type, fields);
  }

  #endReasoning(block: ReasoningBlock): void {
    for (const { type, fields } of block.end()) this.#emit(type, fields);
    this.#itemDone(block.index, block.item());
  }

  /** Ends the call that was waiting for what follows it. */
  #endCall(status: ItemStatus): void {
    const call = this.#lastCall;
    this.#lastCall = undefined;
    if (call === undefined || call.ended) return;
    for (const { type, fields } of call.end()) this.#emit(type, fields);
    this.#itemDone(call.index, callItem(call.id, status, call.head, call.text));
  }

  #closeMessage(status: ItemStatus): void {
    this.#endCall('completed');
    const message = this.#message;
    if (message === undefined) return;
    this.#message = undefined;
    for (const block of message.blocks) if (!block.ended) this.#endPart(block);
    this.#itemDone(
      message.index,
      messageItem(
        message.id,
        status,
        message.blocks.map((block) => block.part()),
      ),
    );
  }

  /** Ends what is still open. A cut answer was cut in what came last. */
  #closeAll(status: ItemStatus): void {
    const open = [...this.#blocks.values()].filter((block) => !block.ended && block !== this.#lastCall);
    const calls = open.filter((block) => block instanceof CallBlock);
    const last = calls.pop();
    if (last !== undefined) this.#endCall('completed');
    for (const call of calls) {
      this.#lastCall = call;
      this.#endCall('completed');
    }
    this.#lastCall = last ?? this.#lastCall;
    this.#endCall(status);
    for (const block of open) if (block instanceof ReasoningBlock) this.#endReasoning(block);
    this.#closeMessage(status);
  }

  #cite(number: number, citation: unknown): void {
    const block = this.#block(number);
    if (!(block instanceof TextBlock)) return;
    block.citations.push(citation);
    const annotation = annotationOf(citation, block.text.length);
    if (annotation === undefined) return;
    this.#emit('response.output_text.annotation.added', {
      item_id: block.id,
      output_index: block.index,
      content_index: block.contentIndex,
      annotation_index: block.annotations++,
      annotation,
    });
  }

  #prove(number: number, note: (block: ReasoningBlock) => void): void {
    const block = this.#block(number);
    if (block instanceof ReasoningBlock) note(block);
  }

  #finished(): void {
    this.#start({ id: '', model: '', created: undefined });
    const ending = endingOf(this.#finish, this.#refused);
    this.#closeAll(ending.status);
    const { created } = this.#head ?? { created: 0 };
    const completed_at = ending.status === 'completed' ? Math.max(created, this.#now) : null;
    const tail = this.#tail({ ...ending, error: null, completed_at });
    if (this.#head !== undefined) {
      this.#emit(`response.${ending.status}`, { response: responseObject(this.#head, this.#echo, tail) });
    }
    this.#over = true;
  }

  #tail(end: Pick<ResponseTail, 'status' | 'incomplete_details' | 'error' | 'completed_at'>): ResponseTail {
    const output = this.#items.filter((item) => item !== undefined);
    return { ...end, output, usage: this.#usage === undefined ? undefined : writeResponsesUsage(this.#usage) };
  }

  #itemDone(output_index: number, item: JsonRecord): void {
    this.#items[output_index] = item;
    this.#emit('response.output_item.done', { output_index, item });
  }

  #emit(type: string, fields: JsonRecord): void {
    const data = JSON.stringify({ type, ...fields, sequence_number: this.#sequence++ });
    this.#out += `event: ${type}\ndata: ${data}\n\n`;
  }
}
