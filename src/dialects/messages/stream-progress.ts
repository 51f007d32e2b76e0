import { cutOff, emptyStream } from '../../failures/check-answer.ts';
import { isEmpty } from '../../failures/check-messages-answer.ts';
import type { Failure } from '../../failures/failure.ts';
import { judgeFinish } from '../../failures/finish-reason.ts';
import { isRecord, type JsonRecord, parseJsonText } from '../../failures/json-record.ts';
import { textOf } from '../json-fields.ts';
import { scanJson, Watch } from '../json-scan.ts';
import { SeenOutput } from '../seen-output.ts';
import type { SseEvent } from '../sse-reader.ts';
import type { ReportedTokens, StreamProgress, StreamStep } from '../stream-progress.ts';
import { readMessagesTokens } from './usage.ts';

/** An error under whatever name the event has. */
const ERROR = new Watch([{ key: 'error', depth: 1, bit: 1 }]);

/** Follows one streamed message: has it begun, is it finished, what did it cost. */
export class MessagesStreamProgress implements StreamProgress {
  /** The message has its stop reason: nothing can be missing any more. */
  finished = false;
  /** `message_stop` was seen. */
  done = false;
  /** The answer was ended by a refusal. */
  filtered = false;
  usage: ReportedTokens | undefined;
  /** The parsed event that carried an error. */
  error: unknown;
  /** What was found wrong with the way the answer finished, where that was the error. */
  failure: Failure | undefined;
  /** Events that were no JSON and were left out. */
  malformed = 0;
  readonly #seen = new SeenOutput();
  /** A block began, be it of an empty text. */
  #said = false;

  get deltas(): number {
    return this.#seen.tokens;
  }

  /** @param begun after the first delta the event's name is mostly enough: nothing is parsed that need not be */
  take(event: SseEvent, begun: boolean): StreamStep {
    if (begun) {
      const step = glance(event);
      if (step === 'delta') this.#seen.glanced(event);
      if (step === 'drop') this.malformed++;
      if (step !== undefined) return step;
    }
    return this.#read(event);
  }

  #read(event: SseEvent): StreamStep {
    const json = parseJsonText(event.payload.toString('utf8', event.from, event.to));
    if (!isRecord(json)) {
      this.malformed++;
      return 'drop';
    }
    if (json.type === 'error' || event.name === 'error' || isRecord(json.error)) {
      this.error = json;
      return 'error';
    }
    switch (json.type) {
      case 'message_start':
        if (isRecord(json.message)) this.usage = readMessagesTokens(json.message.usage);
        return 'quiet';
      case 'content_block_start':
        this.#said = true;
        return this.#count(event, beginsWithContent(json), undefined);
      case 'content_block_delta':
        return this.#count(event, true, saidBy(json));
      case 'message_delta':
        return this.#ends(json);
      case 'message_stop':
        this.done = true;
        return 'done';
      default:
        return 'quiet';
    }
  }

  #count(event: SseEvent, isDelta: boolean, text: string | undefined): StreamStep {
    if (!isDelta) return 'quiet';
    this.#seen.read(event, text);
    return 'delta';
  }

  #ends(json: JsonRecord): StreamStep {
    this.usage = readMessagesTokens(json.usage, this.usage);
    const reason = isRecord(json.delta) ? textOf(json.delta.stop_reason) : undefined;
    if (reason === undefined) return 'quiet';
    const verdict = judgeFinish(reason);
    this.filtered ||= verdict === 'filtered';
    if (verdict !== 'answer' && verdict !== 'filtered') this.failure = cutOff(verdict, reason);
    else if (!this.#said && isEmpty(reason, { output_tokens: this.usage?.completionTokens }))
      this.failure = emptyStream();
    if (this.failure !== undefined) return 'error';
    this.finished = true;
    return 'delta';
  }
}

/** What the event's name and a scan of its bytes tell; undefined where it has to be read. */
function glance(event: SseEvent): StreamStep | undefined {
  const step = GLANCES.get(event.name);
  if (step === undefined) return undefined;
  const seen = scanJson(event.payload, event.from, event.to, ERROR);
  if (seen < 0) return 'drop';
  return seen === 0 ? step : undefined;
}

const GLANCES: ReadonlyMap<string, StreamStep> = new Map([
  ['content_block_delta', 'delta'],
  ['content_block_start', 'quiet'],
  ['content_block_stop', 'quiet'],
  ['ping', 'quiet'],
]);

/** Text, a thought, or part of a call's arguments. */
function saidBy({ delta }: JsonRecord): string | undefined {
  if (!isRecord(delta)) return undefined;
  return textOf(delta.text) ?? textOf(delta.thinking) ?? textOf(delta.partial_json);
}

/** A call, a result, a hidden thought: said with its start. Text and thoughts are said by their deltas. */
function beginsWithContent({ content_block: block }: JsonRecord): boolean {
  if (!isRecord(block)) return false;
  if (block.type === 'text') return textOf(block.text) !== undefined;
  return block.type === 'thinking' ? textOf(block.thinking) !== undefined : true;
}
