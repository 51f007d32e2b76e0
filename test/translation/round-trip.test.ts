import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import type { Codec } from '../../src/dialects/conversation/codec.ts';
import { given } from '../../src/dialects/conversation/given.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import type { JsonRecord } from '../../src/failures/json-record.ts';
import { CHAT_MODEL, CONVERSATIONS, MESSAGES_MODEL } from './conversations.ts';
import { anthropicMessages, chatMessages, rounds, system } from './random-conversations.ts';
import { options, translate } from './translate.ts';

describe('a conversation in two dialects', () => {
  for (const { name, chat, messages } of CONVERSATIONS) {
    it(`${name}: chat becomes messages`, () => {
      const { json, untold } = translate(chatCodec, chat, messagesCodec, options(MESSAGES_MODEL));
      assert.deepEqual(json, messages);
      assert.deepEqual(untold, []);
    });
    it(`${name}: messages becomes chat`, () => {
      const { json, untold } = translate(messagesCodec, messages, chatCodec, options(CHAT_MODEL));
      assert.deepEqual(json, chat);
      assert.deepEqual(untold, []);
    });
  }
});

const chatTools = ['f', 'g'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} } },
}));

/** JSON as it comes out of a parser: without the negative zero that JSON cannot carry. */
const sent = (value: object) => JSON.parse(JSON.stringify(value));

describe('a random conversation', () => {
  it('says the same after chat, messages, chat: roles, order, ids, arguments byte for byte', () => {
    fc.assert(
      fc.property(rounds, system, (said, instruction) => {
        const chat = {
          model: CHAT_MODEL,
          max_completion_tokens: 9,
          tools: chatTools,
          messages: chatMessages(said, instruction),
        };
        const there = translate(chatCodec, chat, messagesCodec, options(MESSAGES_MODEL));
        const back = translate(messagesCodec, there.json, chatCodec, options(CHAT_MODEL));
        assert.deepEqual([...there.untold, ...back.untold], []);
        assert.deepEqual(back.json, sent(chat));
      }),
      { numRuns: 150 },
    );
  });

  it('says the same after messages, chat, messages', () => {
    fc.assert(
      fc.property(rounds, system, (said, instruction) => {
        const request = given({
          model: MESSAGES_MODEL,
          max_tokens: 9,
          system: instruction,
          tools: ['f', 'g'].map((name) => ({ name, input_schema: { type: 'object', properties: {} } })),
          messages: anthropicMessages(said),
        });
        const there = translate(messagesCodec, request, chatCodec, options(CHAT_MODEL));
        const back = translate(chatCodec, there.json, messagesCodec, options(MESSAGES_MODEL));
        assert.deepEqual([...there.untold, ...back.untold], []);
        assert.deepEqual(back.json, sent(request));
      }),
      { numRuns: 150 },
    );
  });
});

describe('a request that makes no sense', () => {
  for (const codec of [chatCodec, messagesCodec]) {
    it(`is a mistake with its place, never a throw: arbitrary JSON as ${codec.dialect}`, () => {
      const seeds = CONVERSATIONS.map((one) => (codec === chatCodec ? one.chat : one.messages) as object);
      fc.assert(
        fc.property(fc.constantFrom(...seeds), fc.nat(), fc.jsonValue({ maxDepth: 3 }), (seed, where, value) => {
          const read = codec.readRequest(replaceSome(seed, where, value));
          if ('mistake' in read) {
            assert.ok(read.param);
            assert.match(read.message, /'/);
            return;
          }
          for (const target of [chatCodec, messagesCodec]) {
            const { json } = target.writeRequest(read, options(MESSAGES_MODEL));
            assert.ok(JSON.stringify(json));
          }
        }),
        { numRuns: 600 },
      );
    });
  }

  const MISTAKES: readonly (readonly [string, Codec, object])[] = [
    ['messages', chatCodec, { model: 'm' }],
    ['model', chatCodec, { messages: [] }],
    ['messages[0]', chatCodec, { model: 'm', messages: ['Hi'] }],
    ['messages[0].role', chatCodec, { model: 'm', messages: [{ role: 'robot', content: 'Hi' }] }],
    ['messages[0].content', chatCodec, { model: 'm', messages: [{ role: 'user' }] }],
    ['messages[0].content', chatCodec, { model: 'm', messages: [{ role: 'user', content: { text: 'Hi' } }] }],
    [
      'messages[0].content[0].text',
      chatCodec,
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text: 5 }] }] },
    ],
    [
      'messages[0].content[0].image_url.url',
      chatCodec,
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
    ],
    [
      'messages[0].tool_calls[0].function.name',
      chatCodec,
      { model: 'm', messages: [{ role: 'assistant', tool_calls: [{ id: 'c', function: {} }] }] },
    ],
    ['messages[0].tool_call_id', chatCodec, { model: 'm', messages: [{ role: 'tool', content: 'R' }] }],
    ['tools[0].function', chatCodec, { model: 'm', messages: [], tools: [{ type: 'function' }] }],
    ['tool_choice', chatCodec, { model: 'm', messages: [], tool_choice: 'maybe' }],
    ['stop[1]', chatCodec, { model: 'm', messages: [], stop: ['a', 1] }],
    ['max_tokens', messagesCodec, { model: 'm', messages: [] }],
    ['messages[0].content', messagesCodec, { model: 'm', max_tokens: 1, messages: [{ role: 'user' }] }],
    [
      'messages[0].content[0].source.type',
      messagesCodec,
      {
        model: 'm',
        max_tokens: 1,
        messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'air' } }] }],
      },
    ],
    [
      'messages[0].content[0].tool_use_id',
      messagesCodec,
      { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: [{ type: 'tool_result' }] }] },
    ],
    [
      'messages[0].content[0].content[0].text',
      messagesCodec,
      {
        model: 'm',
        max_tokens: 1,
        messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text' }] }] }],
      },
    ],
    ['tools[0].input_schema', messagesCodec, { model: 'm', max_tokens: 1, messages: [], tools: [{ name: 'f' }] }],
    ['tool_choice.name', messagesCodec, { model: 'm', max_tokens: 1, messages: [], tool_choice: { type: 'tool' } }],
  ];
  for (const [param, codec, request] of MISTAKES) {
    it(`names ${param} of a ${codec.dialect} request`, () => {
      const read = codec.readRequest(request as JsonRecord);
      assert.ok('mistake' in read, 'it was taken');
      assert.equal(read.param, param);
    });
  }
});

/** The JSON with one of its values, the `where`th, replaced. */
function replaceSome(json: object, where: number, value: unknown): JsonRecord {
  let left = where % JSON.stringify(json).split(/[,:[{]/).length;
  return JSON.parse(JSON.stringify(json, (_key, old) => (left-- === 1 ? value : old))) ?? {};
}
