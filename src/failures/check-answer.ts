import type { Endpoint } from '../dialects/endpoint.ts';
import { classifyErrorBody } from './classify.ts';
import type { Failure, FailureClass } from './failure.ts';
import type { ProviderFamily } from './family.ts';
import { judgeFinish } from './finish-reason.ts';
import type { HintHeaders } from './hints.ts';
import { isRecord, type JsonRecord, parseJson } from './json-record.ts';
import { scrub } from './scrub.ts';

/**
 * An answer, parsed (nobody needs to parse it again), or why it is none. `filtered`: the provider's content filter ended it; an
 * answer by default, a `content_blocked` for a route that asks to fall back on it ({@link filteredAnswer}).
 */
export type CheckedAnswer = { readonly json: JsonRecord; readonly filtered: boolean } | { readonly failure: Failure };

/**
 * Looks whether an HTTP 200 holds an answer. A web page, an error in disguise, no choices, a message with nothing in it and an
 * embedding without numbers are failures; `finish_reason: length`, a refusal and an empty string are answers.
 *
 * @param headers of the response: its content type names what came instead, its hints count for an error inside
 * @param now milliseconds since 1970
 */
export function checkAnswer(
  endpoint: Endpoint,
  family: ProviderFamily,
  headers: HintHeaders,
  body: Uint8Array,
  now: number,
): CheckedAnswer {
  const json = parseJson(body);
  if (json === undefined) return { failure: notJson(headers, body) };
  // Gemini's OpenAI-compatible endpoint wraps errors in an array.
  const error = errorIn(Array.isArray(json) ? json[0] : json);
  if (error !== undefined) return { failure: classifyErrorBody(family, error, now, { headers }) };
  if (!isRecord(json)) return refuse('not_an_object', 'JSON that is not an object');
  return endpoint === 'embeddings' ? checkEmbeddings(json) : checkChoices(family, json, endpoint === 'chat');
}

/** What came as the body of a 200 that should have been an event stream. */
export function notAnEventStream(family: ProviderFamily, headers: HintHeaders, body: Uint8Array, now: number): Failure {
  const json = parseJson(body);
  if (json === undefined) return notJson(headers, body);
  const error = errorIn(Array.isArray(json) ? json[0] : json);
  if (error !== undefined) return classifyErrorBody(family, error, now, { headers });
  return invalid('not_a_stream', 'The upstream answered with JSON where a stream was asked for.');
}

/** A stream that was finished properly and carried nothing, not even an empty text. */
export function emptyStream(): Failure {
  return invalid('empty_answer', 'The upstream finished a stream with nothing in it.');
}

/** The failure that a filtered answer counts as where a route asks to fall back on it. */
export function filteredAnswer(): Failure {
  return {
    class: 'content_blocked',
    origin: 'upstream',
    message: "The answer was ended by the provider's content filter.",
    code: 'content_filter',
    maybeBilled: true,
  };
}

/** The body when it carries an error: `error` beside or instead of an answer, or one of the flat forms. */
export function errorIn(json: unknown): JsonRecord | undefined {
  if (!isRecord(json)) return undefined;
  const { error } = json;
  if ((isRecord(error) && Object.keys(error).length > 0) || (typeof error === 'string' && error !== '')) return json;
  const flat = json.object === 'error' || json.type === 'error' || isBareComplaint(json);
  return flat ? json : undefined;
}

/** FastAPI's `{detail}` and the balancers' `{code, message}`. */
function isBareComplaint(json: JsonRecord): boolean {
  if ('choices' in json || 'data' in json) return false;
  return (
    'detail' in json ||
    (typeof json.message === 'string' && ('code' in json || 'status' in json || 'statusCode' in json))
  );
}

function checkChoices(family: ProviderFamily, json: JsonRecord, chat: boolean): CheckedAnswer {
  const { choices } = json;
  if (!Array.isArray(choices) || choices.length === 0) {
    // Gemini: the prompt itself was blocked.
    if (isRecord(json.promptFeedback) && json.promptFeedback.blockReason !== undefined)
      return { failure: filteredAnswer() };
    return refuse('no_choices', 'an answer without choices');
  }
  let filtered = false;
  for (const choice of choices) {
    if (!isRecord(choice)) return refuse('no_choices', 'a choice that is not an object');
    // OpenRouter: a choice of its own may have failed.
    if (isRecord(choice.error)) return { failure: classifyErrorBody(family, choice, 0) };
    const verdict = judgeFinish(choice.finish_reason);
    if (verdict !== 'answer' && verdict !== 'filtered') return { failure: cutOff(verdict, choice.finish_reason) };
    filtered ||= verdict === 'filtered';
    const whole = chat ? saysSomething(choice) : typeof choice.text === 'string';
    if (!whole && verdict === 'answer' && choice.finish_reason !== 'length')
      return refuse('empty_answer', 'an answer with nothing in it');
  }
  return { json, filtered };
}

/** Text (an empty one too: the model may have chosen to say nothing), a call, a refusal or a voice. Null content alone is none. */
function saysSomething({ message }: JsonRecord): boolean {
  if (!isRecord(message)) return false;
  const { content, tool_calls: toolCalls, function_call: functionCall, refusal, audio } = message;
  if (typeof content === 'string' || (Array.isArray(content) && content.length > 0)) return true;
  if (Array.isArray(toolCalls) && toolCalls.length > 0) return true;
  return isRecord(functionCall) || typeof refusal === 'string' || isRecord(audio);
}

function checkEmbeddings(json: JsonRecord): CheckedAnswer {
  const { data } = json;
  if (!Array.isArray(data) || data.length === 0) return refuse('no_data', 'embeddings without data');
  for (const item of data) {
    if (!isRecord(item) || !isVector(item.embedding)) return refuse('no_data', 'an embedding without numbers');
  }
  return { json, filtered: false };
}

/** Numbers, or base64 of them. A NaN of the model arrives as null, in all places if in any. */
function isVector(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  return Array.isArray(value) && typeof value[0] === 'number' && typeof value.at(-1) === 'number';
}

/** What a `finish_reason` tells that ends an answer which is none ({@link judgeFinish}). */
export function cutOff(failureClass: FailureClass, reason: unknown): Failure {
  const code = scrub(String(reason), 100);
  return {
    class: failureClass,
    origin: 'upstream',
    message: `The upstream broke its answer off (finish_reason ${code}).`,
    code,
    maybeBilled: true,
  };
}

export function notJson(headers: HintHeaders, body: Uint8Array): Failure {
  const type = scrub(String(headers['content-type'] ?? 'no content type').split(';', 1)[0] ?? '', 100);
  if (body.byteLength === 0) return invalid('empty_body', 'The upstream answered HTTP 200 with an empty body.');
  const unasked = compressed(headers);
  if (unasked !== undefined) return unasked;
  return invalid('not_json', `The upstream answered HTTP 200 with something that is not JSON (${type}).`);
}

/** Why an answer could not be read that says it was compressed, though nobody asked for that. */
export function compressed(headers: HintHeaders): Failure | undefined {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return undefined;
  const by = scrub(String(encoding), 40);
  return invalid('compressed', `The upstream compressed its answer (${by}), which nobody asked for.`);
}

export function refuse(code: string, what: string): CheckedAnswer {
  return { failure: invalid(code, `The upstream answered HTTP 200 with ${what}.`) };
}

function invalid(code: string, message: string): Failure {
  return { class: 'invalid_answer', origin: 'upstream', message, code, maybeBilled: true };
}

/** Looks whether an HTTP 200 holds a count of tokens, as Anthropic gives it. */
export function checkTokenCount(
  family: ProviderFamily,
  headers: HintHeaders,
  body: Uint8Array,
  now: number,
): CheckedAnswer {
  const json = parseJson(body);
  if (json === undefined) return { failure: notJson(headers, body) };
  const error = errorIn(json);
  if (error !== undefined) return { failure: classifyErrorBody(family, error, now, { headers }) };
  if (isRecord(json) && typeof json.input_tokens === 'number') return { json, filtered: false };
  return refuse('no_count', 'no count of tokens');
}
