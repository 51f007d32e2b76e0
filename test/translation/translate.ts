import assert from 'node:assert/strict';
import type { Codec, WriteOptions, WrittenRequest } from '../../src/dialects/conversation/codec.ts';
import type { Conversation } from '../../src/dialects/conversation/request.ts';
import { type SseEvent, SseReader } from '../../src/dialects/sse-reader.ts';
import type { JsonRecord } from '../../src/failures/json-record.ts';

export function options(model: string, more: Partial<WriteOptions> = {}): WriteOptions {
  return { model, defaultMaxTokens: 4096, prefill: undefined, ...more };
}

/** The request read, where it makes sense. */
export function readOrFail(codec: Codec, json: object): Conversation {
  const conversation = codec.readRequest(json as JsonRecord);
  if ('mistake' in conversation) assert.fail(`${conversation.param}: ${conversation.message}`);
  return conversation;
}

/** The request in the other dialect, as the target will see it. */
export function translate(from: Codec, json: object, to: Codec, how: WriteOptions): WrittenRequest {
  const { json: written, untold } = to.writeRequest(readOrFail(from, json), how);
  return { json: asSent(written), untold };
}

/** What the other side parses. */
export function asSent(json: object): JsonRecord {
  return JSON.parse(JSON.stringify(json));
}

export function events(...pieces: readonly Buffer[]): SseEvent[] {
  const reader = new SseReader({ maxEventBytes: 1 << 20 });
  return pieces.flatMap((piece) => [...reader.push(piece)]);
}

/** A stream in the other dialect. */
export function translateStream(from: Codec, bytes: readonly Buffer[], to: Codec, asked: Conversation): string {
  const reader = from.streamReader();
  const writer = to.streamWriter(asked, 1_700_000_000);
  let written = '';
  for (const event of events(...bytes)) written += writer.write(reader.read(event));
  return written + writer.close();
}

/** The data of the events, parsed; `[DONE]` as it is. */
export function dataOf(stream: string): unknown[] {
  return events(Buffer.from(stream)).map((event) => {
    const data = event.data.toString('utf8');
    return data === '[DONE]' ? data : JSON.parse(data);
  });
}
