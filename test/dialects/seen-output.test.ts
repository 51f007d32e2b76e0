import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MessagesStreamProgress } from '../../src/dialects/messages/stream-progress.ts';
import { OpenAiStreamProgress } from '../../src/dialects/openai-stream-progress.ts';
import { ResponsesStreamProgress } from '../../src/dialects/responses/stream-progress.ts';
import type { SseEvent } from '../../src/dialects/sse-reader.ts';
import { SseReader } from '../../src/dialects/sse-reader.ts';
import type { StreamProgress } from '../../src/dialects/stream-progress.ts';

function eventsOf(stream: string): SseEvent[] {
  const reader = new SseReader({ maxEventBytes: 1_000_000 });
  return [...reader.push(Buffer.from(stream))];
}

/** What each dialect sends for pieces of text. */
const STREAMS: readonly (readonly [
  dialect: string,
  progress: () => StreamProgress,
  event: (text: string) => string,
])[] = [
  [
    'chat',
    () => new OpenAiStreamProgress({ choices: 1, dropUsage: false }),
    (content) =>
      `data: ${JSON.stringify({ id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, delta: { content } }] })}\n\n`,
  ],
  [
    'messages',
    () => new MessagesStreamProgress(),
    (text) =>
      `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })}\n\n`,
  ],
  [
    'responses',
    () => new ResponsesStreamProgress(),
    (delta) =>
      `event: response.output_text.delta\ndata: ${JSON.stringify({ type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, delta })}\n\n`,
  ],
];

function seen(progress: StreamProgress, stream: string): number {
  for (const event of eventsOf(stream)) progress.take(event, progress.deltas > 0);
  return progress.deltas;
}

for (const [dialect, progress, event] of STREAMS) {
  describe(`of a stream of ${dialect} that is cut`, () => {
    it('an event is a token', () => {
      const tokens = ['A', ' considerable', ' number', ' of', ' words', '.', ' internationalization'];
      assert.equal(seen(progress(), tokens.map(event).join('')), tokens.length);
    });

    it('an event with more text than a token can have is as many as four bytes each make', () => {
      const text = 'twenty words of text '.repeat(8);
      assert.equal(seen(progress(), event(text).repeat(5)), 5 * 42);
      assert.equal(seen(progress(), event('A') + event(text).repeat(5)), 1 + 5 * 42);
    });
  });
}

it('events that bring much beside their text are counted, not measured', () => {
  const choice = (content: string) => ({
    index: 0,
    delta: { content },
    logprobs: { content: [{ top: 'x'.repeat(content.length * 1_000) }] },
  });
  const stream = ['a', 'bcd', 'e']
    .map((content) => `data: ${JSON.stringify({ choices: [choice(content)] })}\n\n`)
    .join('');
  assert.equal(seen(new OpenAiStreamProgress({ choices: 1, dropUsage: false }), stream), 3);
});
