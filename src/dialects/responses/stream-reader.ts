import { isRecord, type JsonRecord, parseJsonText } from '../../failures/json-record.ts';
import type { AnswerEvent } from '../conversation/answer.ts';
import type { StreamReader } from '../conversation/codec.ts';
import { itemsOf, textOf } from '../json-fields.ts';
import type { SseEvent } from '../sse-reader.ts';
import { finishOf } from './finish.ts';
import { readLogprobs } from './logprobs.ts';
import { partEvents } from './part-events.ts';
import { readOutputItem } from './read-answer.ts';
import { SUMMARY_BREAK } from './read-reasoning.ts';
import { readResponsesUsage } from './usage.ts';

/** A block that has begun, and how many characters of it came in deltas. */
interface OpenBlock {
  readonly block: number;
  readonly kind: 'text' | 'refusal' | 'reasoning' | 'arguments';
  sent: number;
  ended: boolean;
}

/** One output item on its way. */
interface OpenItem {
  /** A call or reasoning is one block; a message one for each of its parts; anything else is taken whole at its end. */
  readonly own: OpenBlock | undefined;
  readonly parts: Map<number, OpenBlock>;
  /** What a reasoning item shows: its raw text, or its summary, whichever came first. */
  shows: 'raw' | 'summary' | undefined;
  summaryIndex: number;
}

const NOTHING: readonly AnswerEvent[] = [];

/**
 * Reads a Responses stream. Also one that sends less than it should: deltas without the events that announce them, texts only in the `done`
 * events, items only in the last response.
 */
export class ResponsesStreamReader implements StreamReader {
  #started = false;
  #blocks = 0;
  readonly #items = new Map<number, OpenItem>();
  readonly #said = { calls: false, text: false, refusal: false };
  /** Where the latest text delta went: nearly every event goes there too. */
  #latest: OpenBlock | undefined;
  #latestOutput = -1;
  #latestContent = -1;
  #out: AnswerEvent[] = [];

  read(event: SseEvent): readonly AnswerEvent[] {
    if (!event.hasData) return NOTHING;
    const json = parseJsonText(event.payload.toString('utf8', event.from, event.to));
    if (!isRecord(json)) return NOTHING;
    this.#out = [];
    this.#take(json, typeof json.type === 'string' ? json.type : event.name);
    return this.#out;
  }

  #take(json: JsonRecord, type: string): void {
    if (type === 'response.output_text.delta') {
      this.#text(json);
      return;
    }
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.#start(json.response);
        return;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.done':
        this.#end(endedAs(type, json.response));
        return;
      case 'response.output_item.added':
        if (isRecord(json.item)) this.#added(numberOf(json.output_index), json.item);
        return;
      case 'response.output_item.done':
        if (isRecord(json.item)) this.#itemDone(numberOf(json.output_index), json.item);
        return;
      case 'response.content_part.added':
        if (isRecord(json.part)) this.#partAdded(json, json.part);
        return;
      case 'response.content_part.done':
        if (isRecord(json.part)) this.#partDone(json, json.part);
        return;
      case 'response.output_text.annotation.added':
        this.#out.push({ kind: 'citation', block: this.#part(json, 'text').block, citation: json.annotation });
        return;
      case 'response.refusal.delta':
        this.#refusal(json);
        return;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.#arguments(json);
        return;
      case 'response.reasoning_summary_text.delta':
        this.#reasoning(json, 'summary', numberOf(json.summary_index));
        return;
      case 'response.reasoning_text.delta':
      // The name some servers of open models still use.
      case 'response.reasoning.delta':
        this.#reasoning(json, 'raw', 0);
        return;
      default:
    }
  }

  #start(response: unknown): void {
    if (this.#started) return;
    this.#started = true;
    const { id, model, created_at } = isRecord(response) ? response : {};
    this.#out.push({
      kind: 'start',
      id: textOf(id) ?? '',
      model: textOf(model) ?? '',
      created: typeof created_at === 'number' ? created_at : undefined,
      usage: undefined,
    });
  }

  #text(json: JsonRecord): void {
    const { delta, output_index, content_index, logprobs } = json;
    if (typeof delta !== 'string') return;
    let open = this.#latest;
    if (open === undefined || output_index !== this.#latestOutput || content_index !== this.#latestContent) {
      open = this.#part(json, 'text');
      this.#latest = open;
      this.#latestOutput = numberOf(output_index);
      this.#latestContent = numberOf(content_index);
    }
    open.sent += delta.length;
    if (delta !== '') this.#said.text = true;
    const { block } = open;
    if (Array.isArray(logprobs) && logprobs.length > 0) {
      this.#out.push({ kind: 'text', block, text: delta, logprobs: readLogprobs(logprobs) });
    } else {
      this.#out.push({ kind: 'text', block, text: delta });
    }
  }

  #refusal(json: JsonRecord): void {
    if (typeof json.delta !== 'string') return;
    const open = this.#part(json, 'refusal');
    open.sent += json.delta.length;
    this.#out.push({ kind: 'refusal', block: open.block, text: json.delta });
  }

  #arguments(json: JsonRecord): void {
    const open = this.#items.get(numberOf(json.output_index))?.own;
    if (typeof json.delta !== 'string' || open === undefined) return;
    open.sent += json.delta.length;
    this.#out.push({ kind: 'arguments', block: open.block, text: json.delta });
  }

  #reasoning(json: JsonRecord, shows: 'raw' | 'summary', summaryIndex: number): void {
    const item = this.#item(numberOf(json.output_index), () => this.#openReasoning({}));
    if (typeof json.delta !== 'string' || item.own === undefined) return;
    item.shows ??= shows;
    if (item.shows !== shows) return;
    if (summaryIndex > item.summaryIndex)
      this.#out.push({ kind: 'reasoning', block: item.own.block, text: SUMMARY_BREAK });
    item.summaryIndex = Math.max(item.summaryIndex, summaryIndex);
    item.own.sent += json.delta.length;
    this.#out.push({ kind: 'reasoning', block: item.own.block, text: json.delta });
  }

  #added(index: number, item: JsonRecord): void {
    this.#item(index, () => this.#openItem(item));
  }

  #openItem(item: JsonRecord): OpenItem {
    if (item.type === 'reasoning') return this.#openReasoning(item);
    if (item.type !== 'function_call' && item.type !== 'custom_tool_call') return itemOf(undefined);
    this.#said.calls = true;
    const [part] = readOutputItem(item, []);
    const own = this.#open('arguments');
    for (const event of part === undefined ? [] : partEvents(part, own.block)) {
      if (event.kind === 'arguments') own.sent += event.text.length;
      if (event.kind !== 'block-end') this.#out.push(event);
    }
    return itemOf(own);
  }

  #openReasoning(item: JsonRecord): OpenItem {
    const own = this.#open('reasoning');
    const id = textOf(item.id);
    const part = { kind: 'reasoning' as const, origin: 'responses' as const, ...(id === undefined ? {} : { id }) };
    this.#out.push({ kind: 'block-start', block: own.block, part });
    return itemOf(own);
  }

  #partAdded(json: JsonRecord, part: JsonRecord): void {
    if (part.type === 'output_text') this.#part(json, 'text');
    else if (part.type === 'refusal') this.#part(json, 'refusal');
  }

  #partDone(json: JsonRecord, part: JsonRecord): void {
    if (part.type !== 'output_text' && part.type !== 'refusal') return;
    const open = this.#part(json, part.type === 'refusal' ? 'refusal' : 'text');
    this.#complete(open, textOf(part.text) ?? textOf(part.refusal));
    this.#endBlock(open);
  }

  #itemDone(index: number, item: JsonRecord): void {
    const open = this.#items.get(index);
    if (open === undefined || (open.own === undefined && item.type !== 'message')) {
      this.#items.set(index, open ?? itemOf(undefined));
      this.#whole(item);
      return;
    }
    if (open.own !== undefined) {
      this.#ownDone(open.own, item);
      return;
    }
    for (const [content_index, part] of itemsOf(item.content).entries()) {
      if (isRecord(part) && open.parts.get(content_index)?.ended !== true) {
        this.#partDone({ output_index: index, content_index }, part);
      }
    }
  }

  /** The end of a call or of reasoning. */
  #ownDone(open: OpenBlock, item: JsonRecord): void {
    const [part] = readOutputItem(item, []);
    if (part?.kind === 'tool-call') this.#complete(open, part.arguments);
    if (part?.kind === 'reasoning') {
      this.#complete(open, part.text);
      if (part.encrypted !== undefined) {
        this.#out.push({ kind: 'encrypted', block: open.block, encrypted: part.encrypted });
      }
    }
    this.#endBlock(open);
  }

  /** Gives a text that came in no delta. */
  #complete(open: OpenBlock, text: string | undefined): void {
    if (open.sent > 0 || open.ended || text === undefined || text === '') return;
    open.sent = text.length;
    if (open.kind === 'text') this.#said.text = true;
    this.#out.push({ kind: open.kind, block: open.block, text });
  }

  #whole(item: JsonRecord): void {
    for (const part of readOutputItem(item, [])) {
      if (part.kind === 'tool-call') this.#said.calls = true;
      if (part.kind === 'text') this.#said.text = true;
      if (part.kind === 'refusal') this.#said.refusal = true;
      this.#out.push(...partEvents(part, this.#blocks++));
    }
  }

  #end(response: JsonRecord): void {
    this.#start(response);
    for (const [index, item] of itemsOf(response.output).entries()) {
      if (isRecord(item) && !this.#items.has(index)) this.#itemDone(index, item);
    }
    for (const { own, parts } of this.#items.values()) {
      for (const part of parts.values()) this.#endBlock(part);
      if (own !== undefined) this.#endBlock(own);
    }
    this.#out.push({ kind: 'finish', finish: finishOf(response, this.#said) });
    const usage = readResponsesUsage(response.usage);
    if (usage !== undefined) this.#out.push({ kind: 'usage', usage });
    this.#out.push({ kind: 'end' });
  }

  /** The block of a message's part; begun where nothing announced it. */
  #part(json: JsonRecord, kind: 'text' | 'refusal'): OpenBlock {
    const { parts } = this.#item(numberOf(json.output_index), () => itemOf(undefined));
    const index = numberOf(json.content_index);
    let open = parts.get(index);
    if (open === undefined) {
      open = this.#open(kind);
      parts.set(index, open);
      if (kind === 'refusal') this.#said.refusal = true;
      this.#out.push({ kind: 'block-start', block: open.block, part: { kind } });
    }
    return open;
  }

  #item(index: number, begin: () => OpenItem): OpenItem {
    this.#start(undefined);
    let item = this.#items.get(index);
    if (item === undefined) {
      item = begin();
      this.#items.set(index, item);
    }
    return item;
  }

  #open(kind: OpenBlock['kind']): OpenBlock {
    return { block: this.#blocks++, kind, sent: 0, ended: false };
  }

  #endBlock(open: OpenBlock): void {
    if (open.ended) return;
    open.ended = true;
    this.#out.push({ kind: 'block-end', block: open.block });
  }
}

/** The last response. Its status counts where it tells an end, else the name of its event: some say no more than that. */
function endedAs(type: string, last: unknown): JsonRecord {
  const response = isRecord(last) ? last : {};
  if (response.status === 'incomplete') return response;
  return { ...response, status: type === 'response.incomplete' ? 'incomplete' : 'completed' };
}

function itemOf(own: OpenBlock | undefined): OpenItem {
  return { own, parts: new Map(), shows: undefined, summaryIndex: 0 };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
