import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { JsonMembers } from '../../src/dialects/json-members.ts';
import { type Edits, joinParts, splice } from '../../src/dialects/splice.ts';
import { anyJson, anySpace, isObject, spaced } from './json-texts.ts';

function membersOf(bytes: Buffer): JsonMembers {
  const members = JsonMembers.read(bytes);
  assert.ok(members instanceof JsonMembers);
  return members;
}

const spliced = (text: string, edits: Edits): string =>
  joinParts(splice(membersOf(Buffer.from(text)), edits)).toString();

const USAGE: Edits = { merge: { stream_options: { include_usage: 'true' } } };

describe('splicing an object', () => {
  const cases: readonly (readonly [string, string, Edits, string])[] = [
    [
      'replaces a value and nothing else',
      '{ "model" : "a" ,"temperature":1.0e0 }',
      { set: { model: '"b"' } },
      '{ "model" : "b" ,"temperature":1.0e0 }',
    ],
    ['adds a key that is not there', '{"x":1}', { set: { model: '"b"' } }, '{"model":"b","x":1}'],
    ['adds a key to an empty object', ' { } ', { set: { model: '"b"' } }, ' {"model":"b" } '],
    ['adds several keys', '{"x":1}', { set: { model: '1', max_tokens: '2' } }, '{"model":1,"max_tokens":2,"x":1}'],
    [
      'replaces every occurrence of a repeated key',
      '{"model":"a","x":0,"model":{"y":[]}}',
      { set: { model: '"b"' } },
      '{"model":"b","x":0,"model":"b"}',
    ],
    [
      'replaces a key spelled with escapes',
      '{"model":"a","mod\\u0065l":"c"}',
      { set: { model: '"b"' } },
      '{"model":"b","mod\\u0065l":"b"}',
    ],
    [
      'replaces several keys in whatever order they stand',
      '{"max_tokens":9,"x":0,"model":"a"}',
      { set: { model: '"b"', max_tokens: '5' } },
      '{"max_tokens":5,"x":0,"model":"b"}',
    ],
    [
      'leaves nested keys alone',
      '{"x":{"model":"a"},"model":"a"}',
      { set: { model: '"b"' } },
      '{"x":{"model":"a"},"model":"b"}',
    ],
    [
      'merges into a nested object',
      '{"stream_options":{"include_obfuscation":false},"x":1}',
      USAGE,
      '{"stream_options":{"include_usage":true,"include_obfuscation":false},"x":1}',
    ],
    ['merges into an empty nested object', '{"stream_options":{}}', USAGE, '{"stream_options":{"include_usage":true}}'],
    [
      'merges over a member that is there',
      '{"stream_options":{ "include_usage" : false }}',
      USAGE,
      '{"stream_options":{ "include_usage" : true }}',
    ],
    ['merges into null as into nothing', '{"stream_options":null}', USAGE, '{"stream_options":{"include_usage":true}}'],
    ['merges into what is not there', '{"x":1}', USAGE, '{"stream_options":{"include_usage":true},"x":1}'],
    [
      'merges into every occurrence',
      '{"stream_options":{},"stream_options":null}',
      USAGE,
      '{"stream_options":{"include_usage":true},"stream_options":{"include_usage":true}}',
    ],
    ['keeps characters outside ASCII', '{"x":"é🦀","model":"a"}', { set: { model: '"ü"' } }, '{"x":"é🦀","model":"ü"}'],
  ];
  for (const [what, text, edits, expected] of cases) {
    it(what, () => {
      assert.equal(spliced(text, edits), expected);
      JSON.parse(expected);
    });
  }

  it('gives the original bytes back where nothing changes', () => {
    const bytes = Buffer.from('{"model":"a","stream_options":{"include_usage":true}}');
    const object = membersOf(bytes);
    assert.equal(joinParts(splice(object, { set: { model: '"a"' }, ...USAGE })), bytes);
    assert.equal(joinParts(splice(object, {})), bytes);
  });

  it('copies only what is new', () => {
    const text = `{"model":"a","x":"${'y'.repeat(1000)}"}`;
    // Of its own memory, not of the pool that small buffers share.
    const bytes = Buffer.alloc(text.length, text);
    const { parts, length } = splice(membersOf(bytes), { set: { model: '"longer"' } });
    assert.deepEqual(
      parts.map((part) => part.buffer === bytes.buffer),
      [true, false, true],
    );
    assert.equal(length, Buffer.concat(parts).length);
  });

  it('serves one target after another from the same original', () => {
    const object = membersOf(Buffer.from('{"model":"a"}'));
    assert.equal(joinParts(splice(object, { set: { model: '"b"' } })).toString(), '{"model":"b"}');
    assert.equal(joinParts(splice(object, { set: { model: '"c"' } })).toString(), '{"model":"c"}');
    assert.equal(object.bytes.toString(), '{"model":"a"}');
  });

  it('changes in any object, in any spacing, what is asked for and not a byte more', () => {
    fc.assert(
      fc.property(anyJson.object, anyJson.value, anySpace, (object, value, space) => {
        const model = JSON.stringify(value);
        const added = [`"model":${model}`, '"stream_options":{"include_usage":true}'];
        const members = Object.entries(object ?? {}).map(([key, before]) => {
          let text = spaced(before, space);
          if (key === 'model') {
            added.shift();
            text = model;
          } else if (key === 'stream_options') {
            added.pop();
            text = withUsage(before, space);
          }
          return `${JSON.stringify(key)}${space}:${space}${text}`;
        });
        const comma = added.length > 0 && members.length > 0 ? ',' : '';
        const expected = `{${added.join(',')}${comma}${space}${members.join(`${space},${space}`)}${members.length > 0 ? space : ''}}`;
        assert.equal(spliced(spaced(object, space), { set: { model }, ...USAGE }), expected);
      }),
      { numRuns: 3000 },
    );
  });
});

/** The text of a `stream_options` value, written with `space`, that asks for usage. */
function withUsage(before: unknown, space: string): string {
  if (!isObject(before)) return '{"include_usage":true}';
  const text = spaced(before, space);
  return `{"include_usage":true${Object.keys(before).length > 0 ? ',' : ''}${text.slice(1)}`;
}
