import { isRecord, parseJsonText } from '../../failures/json-record.ts';
import type { CacheEntry, NearQuestion } from './cache-store.ts';
import { Unreadable } from './seal.ts';

/** Bytes of the length before the record. */
const LENGTH_BYTES = 4;

/** An entry as bytes: the length of its record, the record as JSON, the answer. */
export function encodeEntry({ body, ...meta }: CacheEntry): Buffer {
  const record = Buffer.from(JSON.stringify(meta));
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32BE(record.length);
  return Buffer.concat([length, record, body]);
}

/** @throws {Unreadable} where these are not an entry's bytes */
export function decodeEntry(bytes: Buffer): CacheEntry {
  const end = LENGTH_BYTES + (bytes.length < LENGTH_BYTES ? 0 : bytes.readUInt32BE(0));
  const meta = end > bytes.length ? undefined : parseJsonText(bytes.toString('utf8', LENGTH_BYTES, end));
  if (!isRecord(meta)) throw new Unreadable('a kept answer has no record');
  const { key, tenant, model, user, tags, epoch, target, createdAt, freshUntil, keepUntil } = meta;
  const { cost, inputTokens, cachedTokens, outputTokens, near } = meta;
  if (
    typeof key !== 'string' ||
    typeof tenant !== 'string' ||
    typeof model !== 'string' ||
    typeof epoch !== 'string' ||
    typeof target !== 'string' ||
    typeof createdAt !== 'number' ||
    typeof freshUntil !== 'number' ||
    typeof keepUntil !== 'number'
  )
    throw new Unreadable('a kept answer’s record lacks something');
  return {
    key,
    tenant,
    model,
    user: typeof user === 'string' ? user : undefined,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
    epoch,
    target,
    createdAt,
    freshUntil,
    keepUntil,
    cost: typeof cost === 'number' ? cost : undefined,
    inputTokens: typeof inputTokens === 'number' ? inputTokens : 0,
    cachedTokens: typeof cachedTokens === 'number' ? cachedTokens : 0,
    outputTokens: typeof outputTokens === 'number' ? outputTokens : 0,
    near: nearIn(near),
    body: bytes.subarray(end),
  };
}

function nearIn(near: unknown): NearQuestion | undefined {
  if (!isRecord(near) || typeof near.scope !== 'string' || typeof near.question !== 'string') return undefined;
  return { scope: near.scope, question: near.question };
}
