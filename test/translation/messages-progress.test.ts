import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MessagesStreamProgress } from '../../src/dialects/messages/stream-progress.ts';
import type { StreamStep } from '../../src/dialects/stream-progress.ts';
import { checkMessagesAnswer } from '../../src/failures/check-messages-answer.ts';
import { MESSAGES_STREAMS } from './golden-streams.ts';
import { events } from './translate.ts';

/** Follows a stream as relaying does: from the first delta on, a glance. */
function follow(stream: string, begun = false) {
  const progress = new MessagesStreamProgress();
  const steps: StreamStep[] = [];
  for (const event of events(Buffer.from(stream))) {
    const step = progress.take(event, begun);
    steps.push(step);
    begun ||= step === 'delta';
  }
  return { progress, steps };
}

const event = (name: string, data: object | string) =>
  `event: ${name}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const ERROR = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
const START = MESSAGES_STREAMS.text.slice(0, MESSAGES_STREAMS.text.indexOf('event: content_block_start'));

describe('the progress of a streamed message', () => {
  for (const [name, stream] of Object.entries(MESSAGES_STREAMS)) {
    it(`${name}: is finished, done and counted`, () => {
      const { progress } = follow(stream);
      assert.equal(progress.finished, true);
      assert.equal(progress.done, true);
      assert.equal(progress.usage?.promptTokens, 35);
      assert.equal(progress.usage?.completionTokens, 9);
      assert.equal(progress.error, undefined);
      assert.equal(progress.filtered, name === 'refusal');
    });
  }

  it('begins with the first text, not with the message or its block', () => {
    assert.deepEqual(follow(MESSAGES_STREAMS.text).steps, [
      'quiet',
      'quiet',
      'quiet',
      'delta',
      'delta',
      'quiet',
      'delta',
      'done',
    ]);
    assert.equal(follow(MESSAGES_STREAMS.text).progress.deltas, 2);
  });

  it('begins with a call', () => {
    const call = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
    };
    assert.deepEqual(follow(START + event('content_block_start', call)).steps, ['quiet', 'delta']);
  });

  for (const begun of [false, true]) {
    it(`sees an error, ${begun ? 'after' : 'before'} the first delta`, () => {
      const { progress, steps } = follow(START + event('error', ERROR), begun);
      assert.deepEqual(steps, ['quiet', 'error']);
      assert.deepEqual(progress.error, ERROR);
    });

    it(`sees an error under another name, ${begun ? 'after' : 'before'} the first delta`, () => {
      assert.deepEqual(follow(event('content_block_delta', ERROR), begun).steps, ['error']);
    });

    it(`leaves out what is no JSON, ${begun ? 'after' : 'before'} the first delta`, () => {
      const { progress, steps } = follow(event('content_block_delta', '{"type":"content_block_delta",'), begun);
      assert.deepEqual(steps, ['drop']);
      assert.equal(progress.malformed, 1);
    });
  }

  it('is not finished before its stop reason', () => {
    const half = MESSAGES_STREAMS.text.slice(0, MESSAGES_STREAMS.text.indexOf('event: message_delta'));
    assert.equal(follow(half).progress.finished, false);
  });

  it('is no answer where nothing was said and nothing counted', () => {
    const empty = MESSAGES_STREAMS['nothing said'].replaceAll('"output_tokens":9', '"output_tokens":0');
    const { progress, steps } = follow(empty.replace('"output_tokens":1', '"output_tokens":0'));
    assert.deepEqual(steps.slice(0, 2), ['quiet', 'error']);
    assert.equal(progress.failure?.code, 'empty_answer');
    assert.equal(progress.finished, false);
  });

  it('reads events without a name', () => {
    const unnamed = MESSAGES_STREAMS.text.replaceAll(/event: .*\n/g, '');
    assert.deepEqual(follow(unnamed).steps, follow(MESSAGES_STREAMS.text).steps);
  });
});

describe('a whole message that came with 200', () => {
  const usage = { input_tokens: 1, output_tokens: 3 };
  const CASES: readonly (readonly [string, unknown, string])[] = [
    ['text', { content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn', usage }, 'answer'],
    ['silence that was counted', { content: [], stop_reason: 'end_turn', usage }, 'answer'],
    ['a cap of nothing', { content: [], stop_reason: 'max_tokens', usage: { output_tokens: 0 } }, 'answer'],
    ['a refusal', { content: [], stop_reason: 'refusal', usage: { output_tokens: 0 } }, 'filtered'],
    ['nothing at all', { content: [], stop_reason: 'end_turn', usage: { output_tokens: 0 } }, 'empty_answer'],
    ['no content', { id: 'msg', stop_reason: 'end_turn' }, 'no_content'],
    ['an error', ERROR, 'overloaded_error'],
    ['an array', [1], 'not_an_object'],
  ];
  for (const [name, body, expected] of CASES) {
    it(`${name}: ${expected}`, () => {
      const checked = checkMessagesAnswer('anthropic', {}, Buffer.from(JSON.stringify(body)), 0);
      if ('failure' in checked) assert.equal(checked.failure.code, expected);
      else assert.equal(checked.filtered ? 'filtered' : 'answer', expected);
    });
  }

  it('a web page: not_json', () => {
    const checked = checkMessagesAnswer('anthropic', { 'content-type': 'text/html' }, Buffer.from('<html>'), 0);
    assert.ok('failure' in checked && checked.failure.code === 'not_json');
  });
});
