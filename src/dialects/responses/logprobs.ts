import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import { itemsOf } from '../json-fields.ts';

/** In chat's form, `{content: [...]}`: the two differ in nothing else. Undefined where there are none. */
export function readLogprobs(logprobs: readonly unknown[]): JsonRecord | undefined {
  return logprobs.length === 0 ? undefined : { content: logprobs, refusal: null };
}

/** The tokens' log-probabilities as Responses has them, every member there; none where the source gave none, or in an unknown form. */
export function writeLogprobs(logprobs: unknown): JsonRecord[] {
  const tokens = isRecord(logprobs) ? itemsOf(logprobs.content) : itemsOf(logprobs);
  return tokens.filter(isRecord).map((token) => {
    return { ...alternative(token), top_logprobs: itemsOf(token.top_logprobs).filter(isRecord).map(alternative) };
  });
}

function alternative({ token, bytes, logprob }: JsonRecord): JsonRecord {
  const text = typeof token === 'string' ? token : '';
  return { token: text, bytes: Array.isArray(bytes) ? bytes : [...Buffer.from(text)], logprob: logprob ?? 0 };
}
