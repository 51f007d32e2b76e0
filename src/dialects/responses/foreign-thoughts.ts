import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import { isSealed } from '../conversation/sealed-reasoning.ts';

/**
 * A Responses request without the reasoning of other providers' models: it was shown to the client under our own seal, where a fallback had
 * answered, comes back with the next request, and OpenAI refuses what it cannot decrypt.
 *
 * @returns undefined where there is none, and the request may go as it is
 */
export function withoutForeignThoughts(request: JsonRecord): JsonRecord | undefined {
  if (!Array.isArray(request.input)) return undefined;
  const input = request.input.filter((item) => !isForeign(item));
  return input.length === request.input.length ? undefined : { ...request, input };
}

function isForeign(item: unknown): boolean {
  return isRecord(item) && item.type === 'reasoning' && isSealed(item.encrypted_content);
}
