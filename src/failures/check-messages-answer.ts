import { type CheckedAnswer, cutOff, errorIn, notJson, refuse } from './check-answer.ts';
import { classifyErrorBody } from './classify.ts';
import type { ProviderFamily } from './family.ts';
import { judgeFinish } from './finish-reason.ts';
import type { HintHeaders } from './hints.ts';
import { isRecord, type JsonRecord, parseJson } from './json-record.ts';

/** Ends after which a message without content is still an answer: a cap of no tokens, a refusal, a pause. */
const MAY_BE_EMPTY: ReadonlySet<unknown> = new Set([
  'max_tokens',
  'refusal',
  'pause_turn',
  'stop_sequence',
  'model_context_window_exceeded',
]);

/**
 * Looks whether an HTTP 200 of Anthropic's dialect holds an answer, as {@link checkAnswer} does for OpenAI's.
 *
 * A message without any block is one where tokens are counted for it: Claude may end its turn saying nothing, mostly after tool
 * results, and would again.
 *
 * @param now milliseconds since 1970
 */
export function checkMessagesAnswer(
  family: ProviderFamily,
  headers: HintHeaders,
  body: Uint8Array,
  now: number,
): CheckedAnswer {
  const json = parseJson(body);
  if (json === undefined) return { failure: notJson(headers, body) };
  const error = errorIn(json);
  if (error !== undefined) return { failure: classifyErrorBody(family, error, now, { headers }) };
  if (!isRecord(json)) return refuse('not_an_object', 'JSON that is not an object');
  if (!Array.isArray(json.content)) return refuse('no_content', 'a message without content');
  const { stop_reason: reason } = json;
  const verdict = judgeFinish(reason);
  if (verdict !== 'answer' && verdict !== 'filtered') return { failure: cutOff(verdict, reason) };
  if (json.content.length === 0 && isEmpty(reason, json.usage)) {
    return refuse('empty_answer', 'an answer with nothing in it');
  }
  return { json, filtered: verdict === 'filtered' };
}

/** Whether a message that ended so, without a single block, is no answer. */
export function isEmpty(reason: unknown, usage: unknown): boolean {
  return !MAY_BE_EMPTY.has(reason) && !hasTokens(usage);
}

function hasTokens(usage: unknown): boolean {
  const counted: JsonRecord = isRecord(usage) ? usage : {};
  return typeof counted.output_tokens === 'number' && counted.output_tokens > 0;
}
