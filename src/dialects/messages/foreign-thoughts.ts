import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import { isSealed } from '../conversation/sealed-reasoning.ts';
import { itemsOf } from '../json-fields.ts';

/** Bytes without which no request holds such a thought: a look before anything is parsed or built. */
export const FOREIGN_THOUGHT = Buffer.from('"bw1.');

/**
 * A Messages request without the thoughts of other models: they were shown to the client under our own seal, where a fallback had
 * answered, come back with the next request, and no provider may be sent a seal. Messages that held nothing else go with them.
 *
 * @returns undefined where there are none, and the request may go as it is
 */
export function withoutForeignThoughts(request: JsonRecord): JsonRecord | undefined {
  let found = false;
  const messages = itemsOf(request.messages).flatMap((message) => {
    if (!isRecord(message) || !Array.isArray(message.content)) return [message];
    const content = message.content.filter((block) => !isForeign(block));
    if (content.length === message.content.length) return [message];
    found = true;
    return content.length === 0 ? [] : [{ ...message, content }];
  });
  return found ? { ...request, messages } : undefined;
}

function isForeign(block: unknown): boolean {
  if (!isRecord(block)) return false;
  return (
    (block.type === 'thinking' && isSealed(block.signature)) ||
    (block.type === 'redacted_thinking' && isSealed(block.data))
  );
}
