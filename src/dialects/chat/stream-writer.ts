import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import type { AnswerEvent, BlockHead, TokenUsage } from '../conversation/answer.ts';
import type { StreamWriter } from '../conversation/codec.ts';
import type { ReasoningPart } from '../conversation/request.ts';
import { textOf } from '../json-fields.ts';
import { urlCitation } from './citations.ts';
import { writeFinish } from './finish.ts';
import { detailOf } from './reasoning-details.ts';
import { writeChatUsage } from './usage.ts';

const TAIL = '},"logprobs":null,"finish_reason":null}]}\n\n';

/** Only Anthropic signs what its models think; only Responses encrypts at a block's end. */
const SIGNED: ReasoningPart = { kind: 'reasoning', text: '', origin: 'messages' };
const HEADLESS: ReasoningPart = { kind: 'reasoning', text: '', origin: 'responses' };

/** For a stream whose beginning could not be read. */
const UNKNOWN_START = { kind: 'start', id: '', model: '', created: undefined, usage: undefined } as const;

/** Writes a streamed chat completion: strings put together, nothing copied, for text deltas are most of what there is. */
export class ChatStreamWriter implements StreamWriter {
  readonly #now: number;
  readonly #includeUsage: boolean;
  /** A chunk up to its choices. */
  #chunk = '';
  /** A chunk up to the members of its delta. */
  #head = '';
  readonly #callIndex = new Map<number, number>();
  /** Text of the thought in each block, for its signature. */
  readonly #thoughts = new Map<number, string>();
  /** What else is known of a thought whose encrypted form comes at its end. */
  readonly #heads = new Map<number, ReasoningPart>();
  readonly #custom = new Set<number>();
  #details = 0;
  /** Where the citations of the open text block begin, in characters of the content. */
  #blockFrom = 0;
  #textLength = 0;
  #citations: unknown[] = [];
  #refused = false;
  #usage: TokenUsage | undefined;
  #finished = false;
  #closed = false;

  /** @param now seconds since the epoch, for a source that does not say when the answer was made */
  constructor(options: { includeUsage: boolean; now: number }) {
    this.#includeUsage = options.includeUsage;
    this.#now = options.now;
  }

  write(events: readonly AnswerEvent[]): string {
    const first = events[0];
    if (first === undefined || this.#closed) return '';
    let bytes = this.#head === '' && first.kind !== 'start' ? this.#start(UNKNOWN_START) : '';
    for (const event of events) bytes += this.#one(event);
    return bytes;
  }

  close(): string {
    if (!this.#finished || this.#closed) return '';
    this.#closed = true;
    const usage =
      this.#includeUsage && this.#usage !== undefined
        ? `${this.#chunk}"choices":[],"usage":${JSON.stringify(writeChatUsage(this.#usage))}}\n\n`
        : '';
    return `${usage}data: [DONE]\n\n`;
  }

  #one(event: AnswerEvent): string {
    switch (event.kind) {
      case 'text':
        this.#textLength += event.text.length;
        return event.logprobs === undefined
          ? `${this.#head}"content":${JSON.stringify(event.text)}${TAIL}`
          : `${this.#head}"content":${JSON.stringify(event.text)}},"logprobs":${JSON.stringify(event.logprobs)},"finish_reason":null}]}\n\n`;
      case 'arguments': {
        const index = this.#callIndex.get(event.block);
        if (index === undefined) return '';
        const piece = JSON.stringify(event.text);
        const callee = this.#custom.has(event.block)
          ? `"custom":{"input":${piece}}`
          : `"function":{"arguments":${piece}}`;
        return `${this.#head}"tool_calls":[{"index":${index},${callee}}]${TAIL}`;
      }
      case 'reasoning':
        this.#thoughts.set(event.block, (this.#thoughts.get(event.block) ?? '') + event.text);
        return `${this.#head}"reasoning_content":${JSON.stringify(event.text)}${TAIL}`;
      case 'refusal':
        this.#refused = true;
        return `${this.#head}"refusal":${JSON.stringify(event.text)}${TAIL}`;
      case 'signature':
        // Only Anthropic signs what its models think.
        return this.#detail({ ...SIGNED, text: this.#thoughts.get(event.block) ?? '', signature: event.signature });
      case 'encrypted':
        return this.#detail({ ...(this.#heads.get(event.block) ?? HEADLESS), encrypted: event.encrypted });
      case 'citation':
        this.#citations.push(event.citation);
        return '';
      case 'start':
        return this.#head === '' ? this.#start(event) : '';
      case 'block-start':
        return this.#blockStart(event.block, event.part);
      case 'block-end':
        return this.#citations.length === 0 ? '' : this.#writeCitations();
      case 'finish': {
        if (this.#finished) return '';
        this.#finished = true;
        const onlyRefusal = this.#refused && this.#textLength === 0;
        const reason = writeFinish(event.finish, this.#callIndex.size > 0, onlyRefusal);
        return `${this.#head}},"logprobs":null,"finish_reason":"${reason}"}]}\n\n`;
      }
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'end':
        return this.close();
    }
  }

  #start({ id, model, created, usage }: Extract<AnswerEvent, { kind: 'start' }>): string {
    this.#usage = usage;
    const base = `"object":"chat.completion.chunk","created":${created ?? this.#now},"model":${JSON.stringify(model)}`;
    this.#chunk = `data: {"id":${JSON.stringify(id)},${base},`;
    this.#head = `${this.#chunk}"choices":[{"index":0,"delta":{`;
    return `${this.#head}"role":"assistant","content":"","refusal":null${TAIL}`;
  }

  #blockStart(block: number, part: BlockHead): string {
    if (part.kind === 'text') this.#blockFrom = this.#textLength;
    if (part.kind === 'reasoning') return this.#thoughtStart(block, part);
    if (part.kind !== 'tool-call') return '';
    if (part.type === 'custom') this.#custom.add(block);
    const index = this.#callIndex.size;
    this.#callIndex.set(block, index);
    const name = JSON.stringify(part.name);
    const callee =
      part.type === 'custom' ? `"custom":{"name":${name},"input":""}` : `"function":{"name":${name},"arguments":""}`;
    return `${this.#head}"tool_calls":[{"index":${index},"id":${JSON.stringify(part.id)},"type":"${part.type}",${callee}}]${TAIL}`;
  }

  #thoughtStart(block: number, { encrypted, origin, id }: Extract<BlockHead, { kind: 'reasoning' }>): string {
    // Encrypted at its beginning and of no named origin: Anthropic's redacted thinking.
    const head: ReasoningPart = { ...SIGNED, origin: origin ?? (id === undefined ? 'messages' : 'responses') };
    const thought = id === undefined ? head : { ...head, id };
    if (encrypted !== undefined) return this.#detail({ ...thought, encrypted });
    if (id !== undefined || origin !== undefined) this.#heads.set(block, thought);
    return '';
  }

  /** A thought that has to be handed back as it is. */
  #detail(thought: ReasoningPart): string {
    const detail = detailOf(thought, this.#details);
    if (detail === undefined) return '';
    this.#details++;
    return `${this.#head}"reasoning_details":[${JSON.stringify(detail)}]${TAIL}`;
  }

  #writeCitations(): string {
    const from = this.#blockFrom;
    const to = this.#textLength;
    const annotations: JsonRecord[] = [];
    const citations = this.#citations.map((citation) => {
      const url = isRecord(citation) ? textOf(citation.url) : undefined;
      if (isRecord(citation) && url !== undefined) annotations.push(urlCitation(citation, url, from, to));
      return { start_index: from, end_index: to, citation };
    });
    this.#citations = [];
    const links = annotations.length === 0 ? '' : `"annotations":${JSON.stringify(annotations)},`;
    return `${this.#head}${links}"citations":${JSON.stringify(citations)}${TAIL}`;
  }
}
