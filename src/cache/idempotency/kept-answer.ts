import { isRecord, parseJsonText } from '../../failures/json-record.ts';
import { Unreadable } from '../store/seal.ts';

/** An answer as it was delivered, to be delivered again to the same request. */
export interface KeptAnswer {
  readonly contentType: string;
  /** As the first request was told. */
  readonly status: 'ok' | 'degraded';
  readonly target: string | undefined;
  readonly body: Buffer;
}

const LINE_END = 0x0a;

/** One line of JSON, then the bytes. */
export function writeKeptAnswer({ contentType, status, target, body }: KeptAnswer): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify([contentType, status, target ?? null])}\n`), body]);
}

/** @throws {Unreadable} */
export function readKeptAnswer(bytes: Buffer): KeptAnswer {
  const end = bytes.indexOf(LINE_END);
  const head = parseJsonText(bytes.toString('utf8', 0, Math.max(0, end)));
  if (!Array.isArray(head) || isRecord(head)) throw new Unreadable('an idempotent answer has no record');
  const [contentType, status, target]: readonly unknown[] = head;
  if (typeof contentType !== 'string' || (status !== 'ok' && status !== 'degraded'))
    throw new Unreadable('an idempotent answer’s record lacks something');
  return {
    contentType,
    status,
    target: typeof target === 'string' ? target : undefined,
    body: bytes.subarray(end + 1),
  };
}
