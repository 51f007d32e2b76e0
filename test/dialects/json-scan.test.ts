import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ESCAPED_KEY, isJson, MAX_JSON_DEPTH, scanJson, Watch } from '../../src/dialects/json-scan.ts';
import { anyJsonText, mutated, parses } from './json-texts.ts';

const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));

describe('isJson', () => {
  const right = [
    '0',
    '-0',
    '-0.5e+10',
    '1E5',
    '123.456',
    'true',
    'false',
    'null',
    '""',
    '"a"',
    '"\\u00e9\\n\\"\\\\\\/"',
    '[]',
    '{}',
    ' \t\r\n[ 1 , [ ] , { } ] ',
    '{"a":{"b":[{"c":null}]},"d":"e"}',
    '{ "a" : 1 , "a" : 2 }',
    '"\u007f"',
    '"é🦀"',
    '"\\ud800"',
  ];
  for (const text of right) {
    it(`accepts ${text}`, () => assert.equal(isJson(Buffer.from(text)), true));
  }

  const wrong = [
    '',
    ' ',
    '01',
    '-',
    '+1',
    '1.',
    '.5',
    '1e',
    '1e+',
    '0x1',
    'NaN',
    'tru',
    'truex',
    'nul',
    '"',
    '"a',
    '"\\x"',
    '"\\u12g4"',
    '"\\u123',
    '"\n"',
    '"\u0000"',
    '[',
    ']',
    '[1',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '{"a" 1}',
    '{1:2}',
    '{"a":1]',
    '[1}',
    '1 2',
    '{}{}',
    '\ufeff{}',
    '\u00a01',
    'é',
    '{"a":1} x',
    '[1],',
    '//',
    '/**/1',
  ];
  for (const text of wrong) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(isJson(Buffer.from(text)), false);
      assert.equal(parses(Buffer.from(text)), false);
    });
  }

  it('agrees with JSON.parse on any JSON text, compact or indented', () => {
    fc.assert(
      fc.property(anyJsonText, (text) => assert.equal(isJson(Buffer.from(text)), true)),
      { numRuns: 2000 },
    );
  });

  it('agrees with JSON.parse on JSON texts with bytes changed, removed, added and cut off', () => {
    fc.assert(
      fc.property(mutated, (bytes) => assert.equal(isJson(bytes), parses(bytes))),
      { numRuns: 10_000 },
    );
  });

  it('agrees with JSON.parse on every way to cut a text off, and on every single byte put in its place', () => {
    const text = Buffer.from('{"a":[1.5e-3,true,"x\\u00e9\\n"],"b":{"c":null}}');
    for (let at = 0; at < text.length; at++) {
      assert.equal(isJson(text, 0, at), false, `cut at ${at}`);
      for (let byte = 0; byte < 256; byte++) {
        const changed = Buffer.from(text);
        changed[at] = byte;
        assert.equal(isJson(changed), parses(changed), `byte ${byte} at ${at}`);
      }
    }
  });

  it('looks at its range only', () => {
    const bytes = Buffer.from('xx{"a":1}yy');
    assert.equal(isJson(bytes, 2, 9), true);
    assert.equal(isJson(bytes, 2, 10), false);
    assert.equal(isJson(bytes, 2, 8), false);
    assert.equal(isJson(Buffer.from('1"2'), 0, 1), true);
  });

  it('goes as deep as its bound and no deeper', () => {
    assert.equal(isJson(nested(MAX_JSON_DEPTH)), true);
    assert.equal(isJson(nested(MAX_JSON_DEPTH + 1)), false);
    assert.equal(isJson(nested(1_000_000)), false);
  });
});

describe('scanJson', () => {
  const watch = new Watch([
    { key: 'error', depth: 1, bit: 1 },
    { key: 'usage', depth: 1, bit: 2 },
    { key: 'finish_reason', depth: 3, bit: 4 },
  ]);
  const seen = (text: string): number => {
    const bytes = Buffer.from(text);
    return scanJson(bytes, 0, bytes.length, watch);
  };

  const cases: readonly (readonly [string, string, number])[] = [
    ['nothing', '{"id":"x"}', 0],
    ['a key with a value', '{"error":{"message":"x"}}', 1],
    ['a key whatever the spacing', '{ "error" \n:\t {"message":"x"}}', 1],
    ['no key whose value is null', '{"error": null}', 0],
    ['no key whose value is the empty string', '{"error": ""}', 0],
    ['a key at the depth asked for', '{"choices":[{"finish_reason":"stop"}]}', 4],
    [
      'no key at another depth',
      '{"finish_reason":"stop","a":{"error":1},"choices":[{"delta":{"finish_reason":"x"}}]}',
      0,
    ],
    ['several keys', '{"choices":[{"finish_reason":"stop"}],"usage":{}}', 6],
    ['a repeated key of which one has a value', '{"usage":{},"usage":null}', 2],
    ['no text that looks like a key', '{"a":"\\"error\\":1","b":"error","c":["usage"]}', 0],
    ['that a key is escaped', '{"err\\u006fr":1}', ESCAPED_KEY],
  ];
  for (const [what, text, bits] of cases) {
    it(`reports ${what}`, () => assert.equal(seen(text), bits));
  }

  it('tells where the text goes wrong', () => {
    for (const [text, offset] of [
      ['{"a":}', 5],
      ['[1 2]', 3],
      ['{"a":"b', 7],
      ['', 0],
      ['nul!', 3],
      ['"\\x"', 2],
      ['{"a":01}', 6],
      ['-x', 1],
    ] as const) {
      assert.equal(~seen(text), offset, text);
    }
  });
});
