import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import { isRecord } from '../../src/failures/json-record.ts';
import { CHAT_STREAMS, MESSAGES_STREAMS } from './golden-streams.ts';
import { dataOf, readOrFail, translateStream } from './translate.ts';

const ASKED = readOrFail(chatCodec, { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true });
const CODECS = [chatCodec, messagesCodec];

/** The object with one value somewhere in it replaced. */
function spoiled(json: unknown, where: number, value: unknown): unknown {
  let left = where % 25;
  return JSON.parse(JSON.stringify(json, (_key, old) => (left-- === 0 ? value : old)));
}

/** What every chat stream must be, whatever came in: one end at most, one finish at most, nothing behind them. */
function checkChunks(data: readonly unknown[]): void {
  const done = data.indexOf('[DONE]');
  assert.ok(done < 0 || done === data.length - 1);
  const finishes = data.filter((one) => isRecord(one) && /"finish_reason":"/.test(JSON.stringify(one)));
  assert.ok(finishes.length <= 1);
  if (done >= 0) assert.equal(finishes.length, 1);
}

/** What every stream of Messages must be: begun and ended once, blocks numbered and one after another. */
function checkEvents(data: readonly unknown[]): void {
  let open = -1;
  let blocks = 0;
  for (const [at, one] of data.entries()) {
    assert.ok(isRecord(one));
    assert.equal(one.type === 'message_start', at === 0);
    if (one.type === 'message_stop') assert.equal(at, data.length - 1);
    if (one.type === 'content_block_start') {
      assert.deepEqual([one.index, open], [blocks++, -1]);
      open = blocks - 1;
    } else if (one.type === 'content_block_delta') assert.equal(one.index, open);
    else if (one.type === 'content_block_stop') {
      assert.equal(one.index, open);
      open = -1;
    } else assert.equal(open, -1);
  }
}

describe('what a provider sends, whatever it is', () => {
  for (const from of CODECS) {
    it(`does not upset the reader of whole ${from.dialect} answers`, () => {
      const whole = {
        id: 'x',
        choices: [{ message: { content: 'a', tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{}' } }] } }],
        content: [
          { type: 'text', text: 'a' },
          { type: 'tool_use', id: 't', name: 'f', input: {} },
        ],
        usage: { input_tokens: 1, prompt_tokens: 1 },
      };
      fc.assert(
        fc.property(fc.nat(), fc.jsonValue({ maxDepth: 2 }), (where, value) => {
          const json = spoiled(whole, where, value);
          if (!isRecord(json)) return;
          const answer = from.readAnswer(json);
          for (const to of CODECS) assert.ok(JSON.stringify(to.writeAnswer(answer, ASKED, 1)));
        }),
        { numRuns: 300 },
      );
    });

    it(`does not upset the reader of ${from.dialect} streams, and the client gets whole events`, () => {
      const streams = Object.values<string>(from === chatCodec ? CHAT_STREAMS : MESSAGES_STREAMS);
      fc.assert(
        fc.property(
          fc.constantFrom(...streams),
          fc.array(fc.tuple(fc.nat(), fc.nat(), fc.jsonValue({ maxDepth: 2 })), { maxLength: 3 }),
          (stream, spoils) => {
            const data = dataOf(stream).map((one) => (one === '[DONE]' ? one : JSON.stringify(one)));
            for (const [event, where, value] of spoils) {
              const at = event % data.length;
              if (data[at] !== '[DONE]') data[at] = JSON.stringify(spoiled(JSON.parse(String(data[at])), where, value));
            }
            const bytes = Buffer.from(data.map((one) => `data: ${one}\n\n`).join(''));
            checkChunks(dataOf(translateStream(from, [bytes], chatCodec, ASKED)));
            checkEvents(dataOf(translateStream(from, [bytes], messagesCodec, ASKED)));
          },
        ),
        { numRuns: 300 },
      );
    });
  }
});
