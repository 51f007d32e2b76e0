import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { AnswerEvent } from '../../src/dialects/conversation/answer.ts';
import type { Conversation, Part } from '../../src/dialects/conversation/request.ts';
import { responsesCodec } from '../../src/dialects/responses/codec.ts';
import { partEvents } from '../../src/dialects/responses/part-events.ts';
import { ResponsesStreamProgress } from '../../src/dialects/responses/stream-progress.ts';
import { SseReader } from '../../src/dialects/sse-reader.ts';
import { isRecord, type JsonRecord } from '../../src/failures/json-record.ts';
import { conforms } from '../conformance/conforms.ts';
import {
  bytesOf,
  CUT,
  FAILED,
  type GoldenEvent,
  REFUSED,
  TOOLS,
  TOOLS_ANSWER,
  TWO_MESSAGES,
} from './responses-golden.ts';

const NOW = 1_800_000_000;
const STREAMS: Readonly<Record<string, readonly GoldenEvent[]>> = { TOOLS, REFUSED, CUT, TWO_MESSAGES };

/** What a Responses client asked for. */
function asked(more: JsonRecord = {}): Conversation {
  const read = responsesCodec.readRequest({ model: 'gpt-5.2', input: 'Hello', stream: true, ...more });
  assert.ok(!('mistake' in read), JSON.stringify(read));
  return read;
}

/** The stream read, its bytes arriving in these pieces. */
function read(pieces: readonly Buffer[]): AnswerEvent[] {
  const sse = new SseReader({ maxEventBytes: 1 << 20 });
  const reader = responsesCodec.streamReader();
  return pieces.flatMap((piece) => sse.push(piece).flatMap((event) => [...reader.read(event)]));
}

function written(events: readonly AnswerEvent[], conversation = asked()): JsonRecord[] {
  const writer = responsesCodec.streamWriter(conversation, NOW);
  const bytes = events.map((event) => writer.write([event])).join('') + writer.close();
  return parsed(bytes);
}

function parsed(bytes: string): JsonRecord[] {
  return new SseReader({ maxEventBytes: 1 << 20 }).push(Buffer.from(bytes)).map((event) => {
    const json: unknown = JSON.parse(event.data.toString());
    assert.ok(isRecord(json));
    assert.equal(event.name, json.type);
    return json;
  });
}

function lastResponse(events: readonly JsonRecord[]): JsonRecord {
  const response = events.at(-1)?.response;
  assert.ok(isRecord(response));
  return response;
}

for (const [name, events] of Object.entries(STREAMS)) {
  test(`${name}: wherever the bytes are cut in two, the stream means the same`, () => {
    const bytes = bytesOf(events);
    const whole = read([bytes]);
    for (let at = 1; at < bytes.length; at += at < 600 ? 1 : 7) {
      assert.deepEqual(read([bytes.subarray(0, at), bytes.subarray(at)]), whole, `cut at ${at}`);
    }
    assert.deepEqual(read(Array.from(bytes, (byte) => Buffer.of(byte))), whole);
  });

  test(`${name}: read and written again, each event fits OpenAI's schema`, () => {
    for (const event of written(read([bytesOf(events)]))) {
      assert.deepEqual(conforms('response.event', event), [], JSON.stringify(event));
    }
  });

  test(`${name}: numbers rise by one, items keep their ids, and done says what the deltas said`, () => {
    const out = written(read([bytesOf(events)]));
    assert.deepEqual(
      out.map((event) => event.sequence_number),
      out.map((_, index) => index),
    );
    const texts = new Map<string, string>();
    const ids = new Map<unknown, unknown>();
    for (const event of out) {
      const item = isRecord(event.item) ? event.item : undefined;
      const id = item?.id ?? event.item_id;
      if (event.output_index !== undefined) {
        if (!ids.has(event.output_index)) ids.set(event.output_index, id);
        assert.equal(id, ids.get(event.output_index));
      }
      const type = String(event.type);
      const at = `${type.slice(0, type.lastIndexOf('.'))} ${event.output_index} ${event.content_index}`;
      if (type.endsWith('.delta')) texts.set(at, (texts.get(at) ?? '') + event.delta);
      else if (/(?:text|refusal|arguments|input)\.done$/.test(type)) {
        assert.equal(event.text ?? event.refusal ?? event.arguments ?? event.input, texts.get(at), type);
      }
    }
  });
}

test('a stream read and written means what it meant', () => {
  const out = lastResponse(written(read([bytesOf(TOOLS)])));
  const before = responsesCodec.readAnswer(TOOLS_ANSWER);
  const after = responsesCodec.readAnswer(out);
  const withoutSummary = ({ choices, ...rest }: typeof before) => ({
    ...rest,
    choices: choices.map(({ parts, ...choice }) => ({
      ...choice,
      // In a stream, summary parts become one.
      parts: parts.map((part) => (part.kind === 'reasoning' ? { ...part, summary: [part.text] } : part)),
    })),
  });
  assert.deepEqual(withoutSummary(after), withoutSummary(before));
});

test('the texts of two messages are two blocks', () => {
  const blocks: string[] = [];
  for (const event of read([bytesOf(TWO_MESSAGES)])) {
    if (event.kind === 'text') blocks[event.block] = (blocks[event.block] ?? '') + event.text;
  }
  assert.deepEqual(blocks, ['Grüße 🌦️: I look it up.', 'Grüße 🌦️: I look it up.']);
});

const SAID = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const PART: fc.Arbitrary<Part> = fc.oneof(
  SAID.map((text): Part => ({ kind: 'text', text })),
  SAID.map((text): Part => ({ kind: 'refusal', text })),
  SAID.map((text): Part => ({ kind: 'reasoning', text, origin: 'chat' })),
  fc
    .record({ id: SAID, args: SAID, type: fc.constantFrom('function' as const, 'custom' as const) })
    .map(({ id, args, type }): Part => {
      return { kind: 'tool-call', id, name: 'f', arguments: args, type };
    }),
);

test('any answer, streamed in any pieces, is the answer that its last response holds', () => {
  fc.assert(
    fc.property(fc.array(PART, { maxLength: 6 }), fc.integer({ min: 1, max: 5 }), (parts, size) => {
      const events: AnswerEvent[] = [{ kind: 'start', id: 'chatcmpl-7', model: 'm', created: 7, usage: undefined }];
      for (const [block, part] of parts.entries()) {
        for (const event of partEvents(part, block)) {
          if (!('text' in event)) events.push(event);
          else
            for (const text of event.text.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? [])
              events.push({ ...event, text });
        }
      }
      events.push({ kind: 'finish', finish: { reason: 'stop' } }, { kind: 'end' });
      const out = written(events);
      const whole = responsesCodec.readAnswer(lastResponse(out)).choices[0];
      const withoutIds = whole?.parts.map((part) => ('itemId' in part ? { ...part, itemId: undefined } : part));
      assert.deepEqual(JSON.parse(JSON.stringify(withoutIds)), JSON.parse(JSON.stringify(parts)));
      const again = written(
        read([Buffer.from(out.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''))]),
      );
      assert.deepEqual(
        again.map(({ type }) => type),
        out.map(({ type }) => type),
      );
    }),
    { numRuns: 200 },
  );
});

test('the items of a stream are those of its last response', () => {
  const out = written(read([bytesOf(TOOLS)]));
  const done = out.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
  const { output } = lastResponse(out);
  assert.deepEqual(done, output);
  assert.equal(done.length, 5);
});

test('a text delta goes out at once, in one event', () => {
  const writer = responsesCodec.streamWriter(asked(), NOW);
  writer.write([
    { kind: 'start', id: 'chatcmpl-1', model: 'm', created: 5, usage: undefined },
    { kind: 'block-start', block: 0, part: { kind: 'text' } },
  ]);
  const [event, ...more] = parsed(writer.write([{ kind: 'text', block: 0, text: 'a "b"\n' }]));
  assert.equal(more.length, 0);
  assert.equal(event?.delta, 'a "b"\n');
  assert.equal(event?.item_id, 'msg_bw_1_0');
});

test('a call cut at the token cap is incomplete, the one before it is not', () => {
  const call = (block: number): AnswerEvent[] => [
    {
      kind: 'block-start',
      block,
      part: { kind: 'tool-call', id: `call_${block}`, name: 'f', type: 'function' },
    },
    { kind: 'arguments', block, text: '{"a":' },
    { kind: 'block-end', block },
  ];
  const events: AnswerEvent[] = [
    { kind: 'start', id: 'chatcmpl-1', model: 'm', created: 5, usage: undefined },
    ...call(0),
    ...call(1),
    { kind: 'finish', finish: { reason: 'length' } },
    { kind: 'usage', usage: { prompt: 3, completion: 2, cacheRead: 1, cacheWritten: 0, reasoning: 0 } },
    { kind: 'end' },
  ];
  const response = lastResponse(written(events));
  assert.ok(Array.isArray(response.output));
  assert.deepEqual(
    response.output.map(({ status }) => status),
    ['completed', 'incomplete'],
  );
  assert.equal(response.status, 'incomplete');
  assert.deepEqual(response.incomplete_details, { reason: 'max_output_tokens' });
  assert.equal((response.usage as JsonRecord).total_tokens, 5);
});

test('usage that comes after the finish is in the last response', () => {
  const writer = responsesCodec.streamWriter(asked(), NOW);
  const finish = writer.write([
    { kind: 'start', id: 'chatcmpl-1', model: 'm', created: 5, usage: undefined },
    { kind: 'block-start', block: 0, part: { kind: 'text' } },
    { kind: 'text', block: 0, text: 'hi' },
    { kind: 'finish', finish: { reason: 'stop' } },
  ]);
  assert.equal(parsed(finish).at(-1)?.type, 'response.output_item.done');
  writer.write([{ kind: 'usage', usage: { prompt: 3, completion: 2, cacheRead: 0, cacheWritten: 0, reasoning: 0 } }]);
  const [last] = parsed(writer.close());
  assert.equal(last?.type, 'response.completed');
  assert.equal((lastResponse([last ?? {}]).usage as JsonRecord).input_tokens, 3);
  assert.equal(writer.close(), '');
});

test('an unfinished answer is never closed as whole', () => {
  const writer = responsesCodec.streamWriter(asked(), NOW);
  writer.write([
    { kind: 'start', id: 'chatcmpl-1', model: 'm', created: 5, usage: undefined },
    { kind: 'block-start', block: 0, part: { kind: 'text' } },
    { kind: 'text', block: 0, text: 'hi' },
  ]);
  assert.equal(writer.close(), '');
});

test("another provider's signed thought comes back to it unchanged through encrypted_content", () => {
  const events: AnswerEvent[] = [
    { kind: 'start', id: 'msg_01', model: 'claude', created: undefined, usage: undefined },
    { kind: 'block-start', block: 0, part: { kind: 'reasoning' } },
    { kind: 'reasoning', block: 0, text: 'Let me ' },
    { kind: 'reasoning', block: 0, text: 'think.' },
    { kind: 'signature', block: 0, signature: 'EqQBCg==' },
    { kind: 'block-end', block: 0 },
    { kind: 'block-start', block: 1, part: { kind: 'reasoning', encrypted: 'redacted-data' } },
    { kind: 'block-end', block: 1 },
    { kind: 'block-start', block: 2, part: { kind: 'text' } },
    { kind: 'text', block: 2, text: 'Yes.' },
    { kind: 'block-end', block: 2 },
    { kind: 'finish', finish: { reason: 'stop' } },
    { kind: 'end' },
  ];
  const { output } = lastResponse(written(events));
  const next = responsesCodec.readRequest({ model: 'm', input: output });
  assert.ok(!('mistake' in next));
  const parts = next.turns.flatMap((turn) => turn.parts.map(({ at: _, ...part }) => part));
  assert.deepEqual(parts, [
    { kind: 'reasoning', text: 'Let me think.', origin: 'messages', signature: 'EqQBCg==' },
    { kind: 'reasoning', text: '', origin: 'messages', encrypted: 'redacted-data' },
    { kind: 'text', text: 'Yes.' },
  ]);
});

test('a thought whose text the client changed has lost its signature', () => {
  const item = { type: 'reasoning', id: 'rs_bw_1_0', summary: [{ type: 'summary_text', text: 'Other.' }] };
  const { output } = lastResponse(
    written([
      { kind: 'start', id: 'msg_01', model: 'claude', created: undefined, usage: undefined },
      { kind: 'block-start', block: 0, part: { kind: 'reasoning' } },
      { kind: 'reasoning', block: 0, text: 'Mine.' },
      { kind: 'signature', block: 0, signature: 'EqQBCg==' },
      { kind: 'finish', finish: { reason: 'stop' } },
      { kind: 'end' },
    ]),
  );
  const [first] = Array.isArray(output) ? output : [];
  const input = [{ ...item, encrypted_content: first.encrypted_content }];
  const next = responsesCodec.readRequest({ model: 'm', input });
  assert.ok(!('mistake' in next));
  assert.deepEqual(next.turns[0]?.parts[0], { kind: 'reasoning', text: 'Other.', origin: 'messages', at: 'input[0]' });
});

test('servers that send only done events, or only the last response, are understood', () => {
  const kept = (event: GoldenEvent) => !/delta|part\.added|_text\.done|output_text\.done/.test(event.type);
  const text = (events: readonly AnswerEvent[]) => {
    const blocks: string[] = [];
    for (const event of events) {
      if (event.kind === 'text' || event.kind === 'arguments') {
        blocks[event.block] = (blocks[event.block] ?? '') + event.text;
      }
    }
    return blocks;
  };
  const expected = text(read([bytesOf(TOOLS)]));
  assert.deepEqual(text(read([bytesOf(TOOLS.filter(kept))])), expected);
  assert.deepEqual(text(read([bytesOf(TOOLS.slice(-1))])), expected);
});

const STEPS: readonly (readonly [string, readonly GoldenEvent[], string, Partial<ResponsesStreamProgress>])[] = [
  ['calls', TOOLS, 'done', { finished: true, done: true, filtered: false, error: undefined }],
  ['a refusal', REFUSED, 'done', { finished: true, done: true }],
  ['a cut answer', CUT, 'done', { finished: true, done: true, filtered: false }],
  ['a failure', FAILED, 'error', { finished: false, done: false }],
];
for (const [name, events, last, state] of STEPS) {
  test(`progress of ${name}: begun by the first delta, ended by the last response, whether glanced at or read`, () => {
    for (const named of [true, false]) {
      const progress = new ResponsesStreamProgress();
      let begun = false;
      let step = 'quiet';
      const bytes = named
        ? bytesOf(events)
        : Buffer.from(events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''));
      for (const event of new SseReader({ maxEventBytes: 1 << 20 }).push(bytes)) {
        step = progress.take(event, begun);
        if (step === 'delta' && !begun) {
          begun = true;
          const json = JSON.parse(event.data.toString());
          assert.match(json.type, /delta$/);
        }
      }
      assert.ok(begun);
      assert.equal(step, last);
      for (const [key, value] of Object.entries(state))
        assert.deepEqual(progress[key as keyof typeof progress], value, key);
      // An error is not passed on: what is told in its place has its number.
      assert.equal(progress.nextSequence, last === 'error' ? events.length - 1 : events.length);
      assert.equal(progress.usage?.promptTokens, last === 'error' ? undefined : 120);
    }
  });
}

test('progress tells the error of a failed response and of an error event in one form', () => {
  const take = (text: string) => {
    const progress = new ResponsesStreamProgress();
    const [event] = new SseReader({ maxEventBytes: 1 << 20 }).push(Buffer.from(text));
    assert.ok(event);
    return [progress.take(event, true), progress.error];
  };
  const flat = 'event: error\ndata: {"type":"error","code":"rate_limit_exceeded","message":"Slow","param":null}\n\n';
  const code = 'rate_limit_exceeded';
  assert.deepEqual(take(flat), ['error', { error: { code, message: 'Slow', param: null, type: code } }]);
  const nested = 'event: error\ndata: {"type":"error","error":{"code":"x","message":"Slow"}}\n\n';
  assert.deepEqual(take(nested), ['error', { error: { code: 'x', message: 'Slow' } }]);
  assert.deepEqual(take('data: {"error":{"code":"x","message":"Slow"}}\n\n'), [
    'error',
    { error: { code: 'x', message: 'Slow' } },
  ]);
});

test('progress: an answer that ends with nothing in it is a failure; broken events are dropped and counted', () => {
  const progress = new ResponsesStreamProgress();
  const feed = (text: string, begun: boolean) => {
    const [event] = new SseReader({ maxEventBytes: 1 << 20 }).push(Buffer.from(text));
    assert.ok(event);
    return progress.take(event, begun);
  };
  assert.equal(feed('event: response.output_text.delta\ndata: {"delta":"a\n\n', true), 'drop');
  assert.equal(progress.malformed, 1);
  const empty = { type: 'response.completed', response: { status: 'completed', output: [] } };
  assert.equal(feed(`event: response.completed\ndata: ${JSON.stringify(empty)}\n\n`, false), 'error');
  assert.equal(progress.failure?.code, 'empty_answer');
  assert.equal(progress.finished, false);
});

test('nothing a provider can stream makes reader, writer or progress throw', () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.nat(2),
    fc.constantFrom('message', 'reasoning', 'function_call'),
  );
  const object = fc.dictionary(
    fc.constantFrom(
      'type',
      'id',
      'text',
      'content',
      'summary',
      'output',
      'usage',
      'status',
      'error',
      'call_id',
      'delta',
    ),
    value,
  );
  const event = fc.record(
    {
      type: fc.constantFrom(...new Set([...TOOLS, ...REFUSED, ...FAILED].map(({ type }) => type)), 'error', 'x'),
      output_index: value,
      content_index: value,
      summary_index: value,
      delta: value,
      item: fc.oneof(object, value),
      part: fc.oneof(object, value),
      response: fc.oneof(object, value),
      annotation: value,
      logprobs: value,
    },
    { requiredKeys: ['type'] },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), (events) => {
      const bytes = bytesOf(events);
      written(read([bytes]));
      const progress = new ResponsesStreamProgress();
      for (const one of new SseReader({ maxEventBytes: 1 << 20 }).push(bytes)) progress.take(one, progress.deltas > 0);
    }),
    { numRuns: 1000 },
  );
});
