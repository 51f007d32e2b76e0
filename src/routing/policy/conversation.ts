import { hash } from 'node:crypto';
import type { JsonMembers } from '../../dialects/json-members.ts';
import { isRecord } from '../../failures/json-record.ts';
import type { FirstUser } from './opening.ts';

/** A first message up to so many bytes is read; of a longer one the beginning stands for all of it. */
const MOST_READ = 16_384;
const BEGINNING = 4_096;
const LONGEST_TEXT = 2_048;

/**
 * Names a conversation that its client gives no name: by the first words of its user, which all its turns repeat. Marks for a provider's prompt
 * cache move from turn to turn and are no part of it.
 */
export function conversationHash(body: JsonMembers, firstUser: FirstUser): string {
  const { bytes } = body;
  const { start, end, whole } = firstUser;
  if (!whole || end - start > MOST_READ) return digest(bytes.subarray(start, start + BEGINNING));
  return digest(textOf(JSON.parse(bytes.toString('utf8', start, end))));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, LONGEST_TEXT);
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  if (!isRecord(value)) return '';
  return typeof value.text === 'string' ? value.text.slice(0, LONGEST_TEXT) : textOf(value.content ?? '');
}

function digest(of: Buffer | string): string {
  return hash('sha256', of, 'base64url').slice(0, 22);
}
