import { isRecord } from '../failures/json-record.ts';
import { itemsOf } from './json-fields.ts';
import type { JsonMembers } from './json-members.ts';
import { skipSpace } from './json-scan.ts';

const ROLE = Buffer.from('"role"');
const ASSISTANT = Buffer.from('"assistant"');

/**
 * The last message where it is the assistant's and ends in text, so that the answer is to go on from it. Nearly every conversation
 * has assistant messages: the body is parsed only where the last role in its bytes is one.
 */
export function endsInAssistant(body: JsonMembers): string | undefined {
  if (!body.spans('messages').some(({ start, end }) => lastRoleIsAssistant(body.bytes.subarray(start, end))))
    return undefined;
  const messages = itemsOf(body.json.messages);
  const last = messages.at(-1);
  if (!isRecord(last) || last.role !== 'assistant') return undefined;
  const block = typeof last.content === 'string' ? undefined : itemsOf(last.content).at(-1);
  const endsInText = block === undefined ? typeof last.content === 'string' : isRecord(block) && block.type === 'text';
  return endsInText ? `messages[${messages.length - 1}]` : undefined;
}

function lastRoleIsAssistant(messages: Buffer): boolean {
  const at = messages.lastIndexOf(ROLE);
  if (at < 0) return false;
  const colon = skipSpace(messages, at + ROLE.length, messages.length);
  const value = skipSpace(messages, colon + 1, messages.length);
  return messages.subarray(value, value + ASSISTANT.length).equals(ASSISTANT);
}
