import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { countedBound, inputBound, inputEstimate } from '../../src/context/input-bound.ts';
import { type InputMeasure, measureInput } from '../../src/context/input-measure.ts';
import type { Endpoint } from '../../src/dialects/endpoint.ts';
import { JsonMembers } from '../../src/dialects/json-members.ts';

function measure(endpoint: Endpoint, request: object, indent?: number): InputMeasure {
  const members = JsonMembers.read(Buffer.from(JSON.stringify(request, null, indent)));
  assert.ok(members instanceof JsonMembers);
  return measureInput(endpoint, members);
}

const DATA = 'iVBORw0KGgo'.padEnd(4000, 'A');
const chat = (...content: object[]) => ({ model: 'm', messages: [{ role: 'user', content }] });
const responses = (...content: object[]) => ({ model: 'm', input: [{ role: 'user', content }] });

type Found = Partial<Omit<InputMeasure, 'textBytes'>> & { readonly data?: number };

const FOUND: readonly (readonly [name: string, endpoint: Endpoint, request: object, found: Found])[] = [
  ['text', 'chat', chat({ type: 'text', text: 'hello' }), {}],
  ['no data URL in a text', 'chat', chat({ type: 'text', text: `![](data:image/png;base64,${DATA})` }), {}],
  [
    'no JSON in a text',
    'chat',
    chat({ type: 'text', text: JSON.stringify({ image_url: { url: `data:image/png;base64,${DATA}` } }) }),
    {},
  ],
  [
    'no data URL of something else',
    'chat',
    chat({ type: 'text', text: 'x', source: { url: `data:image/png;base64,${DATA}` } }),
    {},
  ],
  ['no text that ends like a mark', 'messages', chat({ type: 'text', text: 'Nintendo 64' }), {}],
  ['no id of a call', 'chat', { model: 'm', messages: [{ role: 'tool', tool_call_id: 'x', content: 'y' }] }, {}],
  [
    'a picture',
    'chat',
    chat({ type: 'image_url', image_url: { url: `data:image/png;base64,${DATA}` } }),
    { images: 1, data: 4000 },
  ],
  [
    'a picture with its detail first',
    'chat',
    chat({ type: 'image_url', image_url: { detail: 'high', url: `data:image/png;base64,${DATA}` } }),
    { images: 1, data: 4000 },
  ],
  [
    'a picture by address',
    'chat',
    chat({ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }),
    { images: 1 },
  ],
  [
    'no picture in the schema of a tool',
    'chat',
    {
      ...chat(),
      tools: [{ type: 'function', function: { parameters: { properties: { image_url: { type: 'string' } } } } }],
    },
    { hasTools: true },
  ],
  ['a film', 'chat', chat({ type: 'video_url', video_url: { url: 'https://x.example/a.mp4' } }), { references: 1 }],
  [
    'a document',
    'chat',
    chat({ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${DATA}` } }),
    { documents: [4000], data: 4000 },
  ],
  ['a document by id', 'chat', chat({ type: 'file', file: { file_id: 'file-1' } }), { references: 1 }],
  [
    'sound in a large body',
    'chat',
    chat({ type: 'input_audio', input_audio: { data: 'U'.repeat(40_000), format: 'wav' } }),
    { audioBytes: 40_000, data: 40_000 },
  ],
  [
    'a picture',
    'responses',
    responses({ type: 'input_image', image_url: `data:image/png;base64,${DATA}` }),
    { images: 1, data: 4000 },
  ],
  ['a picture by id', 'responses', responses({ type: 'input_image', file_id: 'file-1' }), { images: 1 }],
  [
    'a document by address',
    'responses',
    responses({ type: 'input_file', file_url: 'https://x.example/a.pdf' }),
    { references: 1 },
  ],
  ['an earlier response', 'responses', { model: 'm', input: 'x', previous_response_id: 'resp_1' }, { references: 1 }],
  ['no earlier response', 'responses', { model: 'm', input: 'x', previous_response_id: null }, {}],
  ['an earlier item', 'responses', { model: 'm', input: [{ type: 'item_reference', id: 'i' }] }, { references: 1 }],
  [
    'a picture',
    'messages',
    chat({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: DATA } }),
    { images: 1, data: 4000 },
  ],
  [
    'a document',
    'messages',
    chat({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: DATA } }),
    { documents: [4000], data: 4000 },
  ],
  [
    'a picture by address',
    'messages',
    chat({ type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } }),
    { images: 1 },
  ],
  [
    'a document by address',
    'messages',
    chat({ type: 'document', source: { type: 'url', url: 'https://x.example/a.pdf' } }),
    { references: 1 },
  ],
  [
    'a document by id',
    'messages',
    chat({ type: 'document', source: { type: 'file', file_id: 'file_1' } }),
    { references: 1 },
  ],
  [
    'no picture in the arguments of a call',
    'messages',
    {
      model: 'm',
      messages: [
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 't', name: 'fetch', input: { url: 'https://x.example' } }],
        },
      ],
    },
    {},
  ],
];

describe('of a request is found', () => {
  for (const [name, endpoint, request, { data = 0, ...found }] of FOUND) {
    for (const indent of [undefined, 2]) {
      test(`${endpoint}: ${name}${indent === undefined ? '' : ', written with blanks'}`, () => {
        const whole = JSON.stringify(request, null, indent).length;
        assert.deepEqual(measure(endpoint, request, indent), {
          textBytes: whole - data,
          images: 0,
          documents: [],
          audioBytes: 0,
          references: 0,
          hasTools: false,
          ...found,
        });
      });
    }
  }
});

test('nothing a client can send breaks the measure, and no text makes it smaller than itself', () => {
  const marks = [
    '"image_url":{"url":"data:image/png;base64,',
    '"type":"base64"',
    '"data":"',
    '://',
    '_id"',
    '64,',
    '"',
    'x'.repeat(50),
  ];
  const text = fc
    .array(fc.oneof(fc.constantFrom(...marks), fc.string()), { maxLength: 12 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.constantFrom<Endpoint>('chat', 'messages', 'responses'), (content, endpoint) => {
      const found = measure(endpoint, { model: 'm', messages: [{ role: 'user', content }] });
      assert.ok(found.textBytes >= Buffer.byteLength(content));
    }),
    { numRuns: 500 },
  );
});

describe('the bound', () => {
  const plain = measure('chat', chat({ type: 'text', text: 'x'.repeat(1000) }));

  test('is a token a byte and a frame, and no more than the model reads', () => {
    assert.equal(inputBound(plain, 'gpt-4o', undefined), plain.textBytes + 50);
    assert.equal(inputBound(plain, 'gpt-4o', 500), 500);
  });

  test('of what only the provider sees is all the model reads', () => {
    const kept = { ...plain, references: 1 };
    assert.equal(inputBound(kept, 'gpt-4o', 128_000), 128_000);
    assert.ok(inputBound(kept, 'gpt-4o', undefined) >= 1_000_000);
  });

  test('of a picture goes by the model', () => {
    const withPicture = { ...plain, images: 1 };
    const extra = (model: string) => inputBound(withPicture, model, undefined) - inputBound(plain, model, undefined);
    assert.deepEqual(['gpt-6', 'gpt-4o-mini', 'claude-opus-4-7'].map(extra), [20_000, 50_000, 6000]);
  });

  test('is never below the estimate, and a count only lowers it', () => {
    const count = fc.nat({ max: 1_000_000 });
    const some = fc.record({
      textBytes: count,
      images: fc.nat({ max: 20 }),
      documents: fc.array(count, { maxLength: 3 }),
      audioBytes: count,
      references: fc.nat({ max: 2 }),
      hasTools: fc.boolean(),
    });
    fc.assert(
      fc.property(
        some,
        count,
        fc.option(fc.integer({ min: 1000, max: 2_000_000 }), { nil: undefined }),
        (found, tokens, window) => {
          const bound = inputBound(found, 'm', window);
          assert.ok(inputEstimate(found, window) <= bound);
          assert.ok(countedBound(found, tokens, 'm', window) <= bound);
        },
      ),
    );
  });
});
