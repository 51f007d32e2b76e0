import { type CheckedAnswer, notAnEventStream } from '../../failures/check-answer.ts';
import { classifyErrorBody } from '../../failures/classify.ts';
import type { Failure } from '../../failures/failure.ts';
import type { ProviderFamily } from '../../failures/family.ts';
import type { HintHeaders } from '../../failures/hints.ts';
import { isRecord, type JsonRecord, parseJson } from '../../failures/json-record.ts';
import { textOf } from '../json-fields.ts';
import { itemSays } from './event-kind.ts';
import { errorIn } from './stream-progress.ts';

/**
 * Looks whether an HTTP 200 of a Responses endpoint holds an answer. A web page, an error in disguise, a response that failed or was cancelled, and a
 * completed one with nothing in it are failures; an incomplete one, a refusal and an empty text are answers, and so is a response that
 * has only been queued, as the client asked for that (`background`).
 *
 * @param headers of the response: its content type names what came instead, its hints count for an error inside
 * @param now milliseconds since 1970
 */
export function checkResponsesAnswer(
  family: ProviderFamily,
  headers: HintHeaders,
  body: Uint8Array,
  now: number,
): CheckedAnswer {
  const json = parseJson(body);
  if (!isRecord(json)) return { failure: notAnswer(family, headers, body, json, now) };
  const { status, output } = json;
  if (status === 'failed' || status === 'cancelled') {
    const error = errorIn({ response: json }, `response.${status}`);
    return { failure: classifyErrorBody(family, error, now, { headers }) };
  }
  if (holdsError(json)) return { failure: classifyErrorBody(family, json, now, { headers }) };
  if (status === 'queued' || status === 'in_progress') return { json, filtered: false };
  if (!Array.isArray(output)) return refuse('no_output', 'a response without output');
  const details = json.incomplete_details;
  const filtered = isRecord(details) && details.reason === 'content_filter';
  const says = output.some((item) => isRecord(item) && itemSays(item));
  if (!says && status !== 'incomplete') return refuse('empty_answer', 'an answer with nothing in it');
  return { json, filtered };
}

function notAnswer(
  family: ProviderFamily,
  headers: HintHeaders,
  body: Uint8Array,
  json: unknown,
  now: number,
): Failure {
  // Not JSON, or an error wrapped in an array: the same findings as where a stream was expected.
  if (json === undefined || (Array.isArray(json) && isRecord(json[0]) && holdsError(json[0]))) {
    return notAnEventStream(family, headers, body, now);
  }
  return invalid('not_an_object', 'JSON that is not an object');
}

function holdsError(json: JsonRecord): boolean {
  const { error } = json;
  if (textOf(error) !== undefined || (isRecord(error) && Object.keys(error).length > 0)) return true;
  if (json.type === 'error' || json.object === 'error') return true;
  return json.output === undefined && (json.detail !== undefined || textOf(json.message) !== undefined);
}

function refuse(code: string, what: string): CheckedAnswer {
  return { failure: invalid(code, what) };
}

function invalid(code: string, what: string): Failure {
  const message = `The upstream answered HTTP 200 with ${what}.`;
  return { class: 'invalid_answer', origin: 'upstream', message, code, maybeBilled: true };
}
