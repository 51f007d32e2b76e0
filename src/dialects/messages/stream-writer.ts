import type { AnswerEvent, BlockHead, Finish, TokenUsage } from '../conversation/answer.ts';
import type { StreamWriter } from '../conversation/codec.ts';
import { given } from '../conversation/given.ts';
import type { ChatDialect } from '../conversation/request.ts';
import { sealReasoning } from '../conversation/sealed-reasoning.ts';
import { stopDetails, writeStopReason } from './finish.ts';
import { toolUseId } from './tool-ids.ts';
import { writeDeltaUsage, writeMessagesUsage } from './usage.ts';

export const MESSAGE_STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

/** One block of the source on its way. Anthropic's come one after another: what belongs to a later one waits in `held`. */
interface Block {
  readonly head: BlockHead;
  readonly held: AnswerEvent[];
  ended: boolean;
  /** What was thought, for the seal; and what of it is proven already. */
  thought: string;
  signed: boolean;
  encrypted: string | undefined;
}

/** For a stream whose beginning could not be read. */
const UNKNOWN_START = { kind: 'start', id: '', model: '', created: undefined, usage: undefined } as const;

/**
 * Writes a streamed message. Where the source's blocks interleave (parallel calls), the first is written as it comes and the others
 * are held until it ends.
 */
export class MessagesStreamWriter implements StreamWriter {
  /** Blocks that are not done, in the order they began; the first is the one being written. */
  readonly #blocks = new Map<number, Block>();
  #current = -1;
  /** Number of the block being written, as the client counts. */
  #index = -1;
  /** A delta of the block being written, up to the delta. */
  #delta = '';
  #calls = false;
  #refusal: string | undefined;
  #finish: Finish | undefined;
  #usage: TokenUsage | undefined;
  #started = false;
  #closed = false;

  write(events: readonly AnswerEvent[]): string {
    const first = events[0];
    if (first === undefined || this.#closed) return '';
    let bytes = this.#started || first.kind === 'start' ? '' : this.#start(UNKNOWN_START);
    for (const event of events) bytes += this.#one(event);
    return bytes;
  }

  /** The counts come after the finish in some dialects, and Anthropic's last word holds both: so it waits for the end. */
  close(): string {
    const finish = this.#finish;
    if (finish === undefined || this.#closed) return '';
    this.#closed = true;
    const bytes = this.#endAll();
    const delta = {
      ...writeStopReason(finish, this.#calls),
      stop_details: stopDetails(finish, this.#refusal),
      container: null,
    };
    const last = { type: 'message_delta', delta, usage: writeDeltaUsage(this.#usage) };
    return `${bytes}event: message_delta\ndata: ${JSON.stringify(last)}\n\n${MESSAGE_STOP}`;
  }

  #one(event: AnswerEvent): string {
    switch (event.kind) {
      case 'start':
        return this.#started ? '' : this.#start(event);
      case 'block-start':
        return this.#begin(event.block, event.part);
      case 'finish':
        this.#finish = event.finish;
        return '';
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'end':
        return this.close();
      default:
        break;
    }
    if (event.block === this.#current) return this.#inBlock(event);
    const block = this.#blocks.get(event.block);
    if (block === undefined) return '';
    if (event.kind === 'block-end') block.ended = true;
    else block.held.push(event);
    return '';
  }

  #inBlock(event: AnswerEvent): string {
    switch (event.kind) {
      case 'text':
        return `${this.#delta}{"type":"text_delta","text":${JSON.stringify(event.text)}}}\n\n`;
      case 'arguments':
        return `${this.#delta}{"type":"input_json_delta","partial_json":${JSON.stringify(event.text)}}}\n\n`;
      case 'reasoning': {
        const block = this.#blocks.get(event.block);
        if (block !== undefined) block.thought += event.text;
        return `${this.#delta}{"type":"thinking_delta","thinking":${JSON.stringify(event.text)}}}\n\n`;
      }
      case 'signature': {
        const block = this.#blocks.get(event.block);
        if (block !== undefined) block.signed = true;
        return this.#signature(event.signature);
      }
      case 'encrypted': {
        const block = this.#blocks.get(event.block);
        if (block !== undefined) block.encrypted = event.encrypted;
        return '';
      }
      case 'refusal':
        this.#refusal = (this.#refusal ?? '') + event.text;
        return `${this.#delta}{"type":"text_delta","text":${JSON.stringify(event.text)}}}\n\n`;
      case 'block-end':
        return this.#end();
      default:
        // Another dialect's citations have another shape: they stand in whole answers only.
        return '';
    }
  }

  #start({ id, model, usage }: Extract<AnswerEvent, { kind: 'start' }>): string {
    this.#started = true;
    this.#usage = usage;
    const message = {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: writeMessagesUsage(usage),
    };
    return `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message })}\n\n`;
  }

  #begin(number: number, head: BlockHead): string {
    if (head.kind === 'opaque') return '';
    if (head.kind === 'tool-call') this.#calls = true;
    this.#blocks.set(number, { head, held: [], ended: false, thought: '', signed: false, encrypted: undefined });
    return this.#current < 0 ? this.#open(number) : '';
  }

  /** Begins to write the block and all that was held of it. */
  #open(number: number): string {
    const block = this.#blocks.get(number);
    if (block === undefined) return '';
    this.#current = number;
    this.#index++;
    const { head, held } = block;
    const data = `{"type":"content_block_start","index":${this.#index},"content_block":${contentOf(head)}}`;
    this.#delta = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":`;
    let bytes = `event: content_block_start\ndata: ${data}\n\n`;
    for (const event of held) bytes += this.#inBlock(event);
    return block.ended ? bytes + this.#end() : bytes;
  }

  /** Ends the block being written and begins the next, if one waits. */
  #end(): string {
    const block = this.#blocks.get(this.#current);
    let bytes = block === undefined ? '' : this.#seal(block);
    bytes += `event: content_block_stop\ndata: {"type":"content_block_stop","index":${this.#index}}\n\n`;
    this.#blocks.delete(this.#current);
    this.#current = -1;
    for (const next of this.#blocks.keys()) return bytes + this.#open(next);
    return bytes;
  }

  #endAll(): string {
    let bytes = '';
    for (const block of this.#blocks.values()) block.ended = true;
    if (this.#current >= 0) bytes += this.#end();
    return bytes;
  }

  /** A thought must be signed, and only Claude's can be: others get a seal, by which we know them again. */
  #seal({ head, signed, thought, encrypted }: Block): string {
    if (head.kind !== 'reasoning' || signed || isRedacted(head)) return '';
    const origin: ChatDialect =
      head.origin ?? (head.id === undefined && encrypted === undefined ? 'chat' : 'responses');
    return this.#signature(sealReasoning(thought, given({ origin, encrypted: encrypted ?? head.encrypted })));
  }

  #signature(signature: string): string {
    return `${this.#delta}{"type":"signature_delta","signature":${JSON.stringify(signature)}}}\n\n`;
  }
}

/** Claude's hidden thought is a block of its own kind; another's encrypted one travels under a seal. */
function isRedacted(head: Extract<BlockHead, { kind: 'reasoning' }>): boolean {
  return head.encrypted !== undefined && head.origin === 'messages';
}

function contentOf(head: BlockHead): string {
  switch (head.kind) {
    case 'tool-call': {
      const id = JSON.stringify(toolUseId(head.id));
      return `{"type":"tool_use","id":${id},"name":${JSON.stringify(head.name)},"input":{},"caller":{"type":"direct"}}`;
    }
    case 'reasoning':
      return isRedacted(head)
        ? `{"type":"redacted_thinking","data":${JSON.stringify(head.encrypted)}}`
        : '{"type":"thinking","thinking":"","signature":""}';
    default:
      return '{"type":"text","text":"","citations":null}';
  }
}
