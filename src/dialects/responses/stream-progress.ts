import { emptyStream } from '../../failures/check-answer.ts';
import type { Failure } from '../../failures/failure.ts';
import { isRecord, type JsonRecord, parseJsonText } from '../../failures/json-record.ts';
import { itemsOf, textOf } from '../json-fields.ts';
import { isJson } from '../json-scan.ts';
import type { ReportedTokens } from '../reported-tokens.ts';
import { SeenOutput } from '../seen-output.ts';
import type { SseEvent } from '../sse-reader.ts';
import type { StreamProgress, StreamStep } from '../stream-progress.ts';
import { carriesAnswer, type EventKind, itemSays, kindOfType } from './event-kind.ts';
import { readResponsesTokens } from './usage.ts';

const DONE = '[DONE]';

/** Follows one native Responses stream: has it begun, is it finished, what did it cost. */
export class ResponsesStreamProgress implements StreamProgress {
  /** The last response was seen, completed or incomplete: nothing can be missing any more. */
  finished = false;
  /** The stream's proper end was seen. */
  done = false;
  /** The answer was ended by the provider's content filter. */
  filtered = false;
  usage: ReportedTokens | undefined;
  /** The parsed event that carried an error, with the error under its `error` key wherever in the event it stood. */
  error: unknown;
  /** What was found wrong with the way the answer finished, where that was the error. */
  failure: Failure | undefined;
  /** Events that were no JSON and were left out. */
  malformed = 0;
  readonly #seen = new SeenOutput();
  /** The number an event of our own would have now. */
  nextSequence = 0;
  /** The response as it was announced. */
  response: JsonRecord | undefined;

  get deltas(): number {
    return this.#seen.tokens;
  }

  /** @param begun after the first delta the event's name is enough for most: nothing is parsed that need not be */
  take(event: SseEvent, begun: boolean): StreamStep {
    if (begun && event.name !== '') {
      const kind = kindOfType(event.name);
      if (kind === 'delta' || kind === 'quiet' || kind === undefined) {
        if (!isJson(event.payload, event.from, event.to)) return this.#skip();
        this.nextSequence++;
        if (kind === 'delta') this.#seen.glanced(event);
        return kind === 'quiet' ? 'quiet' : 'delta';
      }
    }
    return this.#read(event);
  }

  #read(event: SseEvent): StreamStep {
    const text = event.payload.toString('utf8', event.from, event.to);
    const json = parseJsonText(text);
    if (!isRecord(json)) return text.trim() === DONE ? this.#end() : this.#skip();
    const type = typeof json.type === 'string' ? json.type : event.name;
    // An error that calls itself nothing: gateways send OpenAI's bare `{"error": {...}}`.
    const kind = type === '' && isRecord(json.error) ? 'error' : kindOfType(type);
    const step = this.#step(event, json, type, kind);
    // An error is not passed on: the one told in its place takes its number.
    if (step === 'error') return step;
    this.nextSequence = typeof json.sequence_number === 'number' ? json.sequence_number + 1 : this.nextSequence + 1;
    return step;
  }

  #step(event: SseEvent, json: JsonRecord, type: string, kind: EventKind | undefined): StreamStep {
    if (kind === 'error') {
      this.error = errorIn(json, type);
      return 'error';
    }
    if (kind === 'end') return this.#last(isRecord(json.response) ? json.response : {});
    if (isRecord(json.response)) this.response = json.response;
    if (kind === 'quiet') return 'quiet';
    if (kind === undefined && !carriesAnswer(type, json)) return 'quiet';
    this.#seen.read(event, textOf(json.delta));
    return 'delta';
  }

  /** The response as it ended. Its status counts, whatever the event is called. */
  #last(response: JsonRecord): StreamStep {
    this.usage = readResponsesTokens(response.usage) ?? this.usage;
    if (response.status === 'failed' || response.status === 'cancelled') {
      this.error = errorIn({ response }, `response.${response.status}`);
      return 'error';
    }
    const details = response.incomplete_details;
    this.filtered = isRecord(details) && details.reason === 'content_filter';
    const says = itemsOf(response.output).some((item) => isRecord(item) && itemSays(item));
    if (response.status !== 'incomplete' && this.deltas === 0 && !says) {
      this.failure = emptyStream();
      return 'error';
    }
    this.finished = true;
    return this.#end();
  }

  #end(): StreamStep {
    this.done = true;
    return 'done';
  }

  #skip(): StreamStep {
    this.malformed++;
    return 'drop';
  }
}

/**
 * The error an event reports, as a body to classify. Seen: the documented flat `{type: 'error', code, message, param}`, the same under `error`, and
 * `response.failed` with the error in its response.
 */
export function errorIn(json: JsonRecord, type: string): JsonRecord {
  if (isRecord(json.error)) return { error: json.error };
  if (type === 'error') {
    const { code, message, param } = json;
    return { error: { code, message, param, type: code } };
  }
  const response = isRecord(json.response) ? json.response : {};
  if (isRecord(response.error)) return { error: { type: response.error.code, ...response.error } };
  return {
    error: { message: `The provider ended the response as ${type.slice('response.'.length)}.`, type: 'server_error' },
  };
}
