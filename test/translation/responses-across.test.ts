import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import type { Codec } from '../../src/dialects/conversation/codec.ts';
import type { Conversation } from '../../src/dialects/conversation/request.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import { responsesCodec } from '../../src/dialects/responses/codec.ts';
import { withoutForeignThoughts } from '../../src/dialects/responses/foreign-thoughts.ts';
import { isRecord, type JsonRecord } from '../../src/failures/json-record.ts';
import { conforms, type SchemaName } from '../conformance/conforms.ts';
import { cut } from '../dialects/sse-streams.ts';
import { CHAT_MODEL, CONVERSATIONS, MESSAGES_MODEL } from './conversations.ts';
import { CHAT_STREAMS, MESSAGES_STREAMS } from './golden-streams.ts';
import { anthropicMessages, chatMessages, rounds, system } from './random-conversations.ts';
import { CLIENTS } from './responses-clients.ts';
import { bytesOf, CUT, REFUSED, TOOLS, TOOLS_ANSWER } from './responses-golden.ts';
import { dataOf, options, readOrFail, translate, translateStream } from './translate.ts';

const ASKED = readOrFail(responsesCodec, { model: 'm', input: 'Hi', stream: true });
const CHAT_ASKED = readOrFail(chatCodec, { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true });
const MESSAGES_ASKED = readOrFail(messagesCodec, {
  model: 'm',
  max_tokens: 9,
  messages: [{ role: 'user', content: 'Hi' }],
  stream: true,
});

const SOURCES: readonly (readonly [string, Codec, Readonly<Record<string, string>>])[] = [
  ['chat', chatCodec, CHAT_STREAMS],
  ['messages', messagesCodec, MESSAGES_STREAMS],
];
for (const [dialect, codec, streams] of SOURCES) {
  describe(`a stream of ${dialect} for a Responses client`, () => {
    for (const [name, stream] of Object.entries(streams)) {
      const bytes = Buffer.from(stream);
      // Ids are made up where the source has none, and then differ from run to run.
      const written = translateStream(codec, [bytes], responsesCodec, ASKED);
      const events = dataOf(written).filter(isRecord);

      it(`${name}: is the same wherever the network cuts it`, () => {
        for (let at = 1; at < bytes.length; at += 3) {
          assert.equal(translateStream(codec, cut(bytes, at), responsesCodec, ASKED), written, `cut at ${at}`);
        }
      });

      it(`${name}: each event fits OpenAI's schema and is numbered, the last is the only end`, () => {
        for (const [index, event] of events.entries()) {
          assert.deepEqual(conforms('response.event', event), [], JSON.stringify(event));
          assert.equal(event.sequence_number, index);
        }
        const ends = events.filter(({ type }) => /^response\.(?:completed|incomplete|failed)$/.test(String(type)));
        assert.deepEqual(ends, events.slice(-1));
      });

      it(`${name}: its items are done with what the last response holds`, () => {
        const done = events.filter(({ type }) => type === 'response.output_item.done');
        const sorted = done.sort((a, b) => Number(a.output_index) - Number(b.output_index));
        const last = events.at(-1)?.response;
        assert.ok(isRecord(last));
        assert.deepEqual(
          sorted.map(({ item }) => item),
          last.output,
        );
      });
    }
  });
}

const TARGETS: readonly (readonly [string, Codec, Conversation, SchemaName])[] = [
  ['chat', chatCodec, CHAT_ASKED, 'chat.completion.chunk'],
  ['messages', messagesCodec, MESSAGES_ASKED, 'message.event'],
];
for (const [dialect, codec, asked, schema] of TARGETS) {
  describe(`a stream of Responses for a ${dialect} client`, () => {
    for (const [name, stream] of Object.entries({ TOOLS, REFUSED, CUT })) {
      it(`${name}: each event fits the provider's schema, wherever the network cuts it`, () => {
        const bytes = bytesOf(stream);
        const written = translateStream(responsesCodec, [bytes], codec, asked);
        for (const event of dataOf(written)) {
          // The public schema of chunks knows no custom tools, which the API has.
          const isKnown = event !== '[DONE]' && !JSON.stringify(event).includes('"custom"');
          if (isKnown) assert.deepEqual(conforms(schema, event), [], JSON.stringify(event));
        }
        for (let at = 1; at < bytes.length; at += 5) {
          assert.equal(translateStream(responsesCodec, cut(bytes, at), codec, asked), written, `cut at ${at}`);
        }
      });
    }
  });
}

describe('a whole answer of Responses', () => {
  it("fits the other dialects' schemas when written for their clients", () => {
    const answer = responsesCodec.readAnswer(TOOLS_ANSWER);
    assert.deepEqual(conforms('chat.completion', chatCodec.writeAnswer(answer, CHAT_ASKED, 1)), []);
    assert.deepEqual(conforms('message', messagesCodec.writeAnswer(answer, MESSAGES_ASKED, 1)), []);
  });
});

describe('requests of Responses clients', () => {
  for (const client of ['codex', 'langchain'] as const) {
    it(`${client}: say the same as chat completions and back`, () => {
      const request = CLIENTS[client];
      const { json, untold } = translate(responsesCodec, request, chatCodec, options(CHAT_MODEL));
      assert.deepEqual(essential(untold), []);
      const back = translate(chatCodec, json, responsesCodec, options(request.model));
      assert.deepEqual(essential(back.untold), []);
      const expected = translate(responsesCodec, request, responsesCodec, options(request.model));
      assert.deepEqual(said(back.json), said(expected.json));
    });
  }

  it('agents: become requests that fit the schemas of both other dialects', () => {
    for (const [codec, schema] of [
      [chatCodec, 'chat.request'],
      [messagesCodec, 'message.request'],
    ] as const) {
      const { json, untold } = translate(responsesCodec, CLIENTS.agents, codec, options(CHAT_MODEL));
      assert.deepEqual(essential(untold), []);
      assert.deepEqual(conforms(schema, json), [], JSON.stringify(json));
    }
  });

  it('aiSdk: what chat completions cannot do is told by the place the client wrote it in', () => {
    const { untold } = translate(responsesCodec, CLIENTS.aiSdk, chatCodec, options(CHAT_MODEL));
    assert.deepEqual(
      untold.filter(({ weight }) => weight === 'essential').map(({ field }) => field),
      ['input[1].content[3]'],
    );
  });
});

describe('conversations of the other dialects', () => {
  for (const { name, chat, messages } of CONVERSATIONS) {
    it(`${name}: become requests that fit OpenAI's schema`, () => {
      for (const { json, untold } of [
        translate(chatCodec, chat, responsesCodec, options(CHAT_MODEL)),
        translate(messagesCodec, messages, responsesCodec, options(CHAT_MODEL)),
      ]) {
        // What Responses has no word for is told, not a reason for a request that OpenAI refuses.
        assert.deepEqual(conforms('response.request', json), [], JSON.stringify(json));
        for (const { field } of untold) assert.notEqual(field, '');
      }
    });
  }

  it('random ones come back from Responses as they were: roles, order, ids, arguments byte for byte', () => {
    fc.assert(
      fc.property(rounds, system, (some, instruction) => {
        const chat = { model: CHAT_MODEL, messages: chatMessages(some, instruction) };
        const there = translate(chatCodec, chat, responsesCodec, options(CHAT_MODEL));
        assert.deepEqual(there.untold, []);
        assert.deepEqual(conforms('response.request', there.json), []);
        const back = translate(responsesCodec, there.json, chatCodec, options(CHAT_MODEL));
        assert.deepEqual(back.json.messages, JSON.parse(JSON.stringify(chat.messages)));
      }),
      { numRuns: 150 },
    );
    fc.assert(
      fc.property(rounds, (some) => {
        const messages = { model: MESSAGES_MODEL, max_tokens: 9, messages: anthropicMessages(some) };
        const there = translate(messagesCodec, messages, responsesCodec, options(CHAT_MODEL));
        assert.deepEqual(essential(there.untold), []);
        const back = translate(responsesCodec, there.json, messagesCodec, options(MESSAGES_MODEL));
        const expected = translate(messagesCodec, messages, messagesCodec, options(MESSAGES_MODEL));
        assert.deepEqual(back.json.messages, expected.json.messages);
      }),
      { numRuns: 150 },
    );
  });
});

describe('reasoning of another provider', () => {
  it('is not sent to a Responses provider, which could not read it', () => {
    const written = translateStream(messagesCodec, [Buffer.from(MESSAGES_STREAMS.thinking)], responsesCodec, ASKED);
    const last = dataOf(written).at(-1);
    assert.ok(isRecord(last) && isRecord(last.response) && Array.isArray(last.response.output));
    const own = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' };
    const cleaned = withoutForeignThoughts({ model: 'm', input: [own, ...last.response.output] });
    assert.ok(Array.isArray(cleaned?.input));
    assert.deepEqual(
      cleaned.input.map(({ type }) => type),
      ['reasoning', 'message'],
    );
    assert.equal(withoutForeignThoughts({ model: 'm', input: [own] }), undefined);
    assert.equal(withoutForeignThoughts({ model: 'm', input: 'text' }), undefined);
  });

  it('comes back to Anthropic as it was, signature and all', () => {
    const written = translateStream(messagesCodec, [Buffer.from(MESSAGES_STREAMS.thinking)], responsesCodec, ASKED);
    const last = dataOf(written).at(-1);
    assert.ok(isRecord(last) && isRecord(last.response) && Array.isArray(last.response.output));
    const input = [{ role: 'user', content: 'Hi' }, ...last.response.output, { role: 'user', content: 'And?' }];
    const { json } = translate(responsesCodec, { model: 'm', input }, messagesCodec, options(MESSAGES_MODEL));
    assert.ok(Array.isArray(json.messages));
    assert.deepEqual(json.messages[1].content.slice(0, 2), [
      { type: 'thinking', thinking: 'hm so', signature: 'sig' },
      { type: 'redacted_thinking', data: 'xx' },
    ]);
  });
});

function essential(untold: readonly { field: string; weight: string }[]): unknown[] {
  return untold.filter(({ weight }) => weight === 'essential');
}

/** What of a request the other side has a word for: not the ids of items, not encrypted reasoning, not the provider's settings. */
function said(json: JsonRecord): unknown {
  const { input, tools, instructions } = json;
  assert.ok(Array.isArray(input));
  const items = input.filter(({ type }) => type !== 'reasoning').map(({ id: _id, status: _status, ...item }) => item);
  return { input: items, tools, instructions };
}
