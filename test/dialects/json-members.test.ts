import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { JsonMembers } from '../../src/dialects/json-members.ts';
import { anyJson, anySpace, spaced } from './json-texts.ts';

function read(text: string): JsonMembers {
  const members = JsonMembers.read(Buffer.from(text));
  assert.ok(members instanceof JsonMembers);
  return members;
}

/** The texts of the values of a key, in order. */
function values(text: string, key: string): string[] {
  const members = read(text);
  return members.spans(key).map(({ start, end }) => members.bytes.toString('utf8', start, end));
}

describe('JsonMembers', () => {
  const cases: readonly (readonly [string, string, string[]])[] = [
    ['a string', '{"model":"a"}', ['"a"']],
    ['a value among white space', '{ "x" : [ 1 ] ,\n "model"\t:\r\n{ "a" : "}" } , "y" : 2 }', ['{ "a" : "}" }']],
    ['a number, a literal, an array', '{"model":-1.5e3,"x":0}', ['-1.5e3']],
    ['a value at the very end', '{"model":null}', ['null']],
    ['every occurrence of a repeated key', '{"model":"a","x":1,"model":"b"}', ['"a"', '"b"']],
    ['a key spelled with escapes', '{"mod\\u0065l":"a","\\u006Dodel":"b"}', ['"a"', '"b"']],
    ['no key of a nested object', '{"x":{"model":"a"},"y":[{"model":"b"}]}', []],
    ['no text that looks like a key', '{"x":"\\"model\\":1","y":"model"}', []],
    ['no key of another length', '{"models":1,"mode":2}', []],
    ['a key behind strings full of quotes', `{"x":"${'\\"'.repeat(500)}\\\\","model":"a"}`, ['"a"']],
    ['a key behind a long string', `{"x":"${'é'.repeat(5000)}","model":"a"}`, ['"a"']],
    ['nothing in an empty object', ' { } ', []],
  ];
  for (const [what, text, expected] of cases) {
    it(`finds ${what}`, () => assert.deepEqual(values(text, 'model'), expected));
  }

  it('finds ends of strings of every length, with a backslash at every place', () => {
    for (let length = 0; length < 400; length++) {
      for (const filler of [
        'a'.repeat(length),
        '\\\\'.repeat(length),
        '\\"'.repeat(length),
        `${'a'.repeat(length)}\\"`,
        `${'a'.repeat(length)}\\\\`,
      ]) {
        assert.deepEqual(values(`{"x":"${filler}","model":1}`, 'model'), ['1'], filler);
      }
    }
  });

  it('says where a member can be inserted', () => {
    assert.equal(read(' {"a":1}').inside, 2);
    assert.deepEqual(read(' { }').keys, []);
    assert.deepEqual(read('{ "a":1, "b":2, "a":3}').keys, ['a', 'b', 'a']);
  });

  it('tells other JSON from no JSON, and where that begins', () => {
    for (const text of ['[]', '"a"', '1', ' null ']) assert.equal(JsonMembers.read(Buffer.from(text)), undefined);
    assert.equal(JsonMembers.read(Buffer.from('{"a":}')), ~5);
    assert.equal(JsonMembers.read(Buffer.from('{"a":1')), ~6);
  });

  it('tells what a value is, and gives it parsed', () => {
    const members = read('{"a":{"b":1},"c":[ ],"d":[0],"e":"x\\u0041","f":-1,"g":true,"h":null}');
    assert.deepEqual(
      ['a', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((key) => members.kind(key)),
      ['object', 'array', 'array', 'string', 'number', 'boolean', 'null', undefined],
    );
    assert.deepEqual(members.value('a'), { b: 1 });
    assert.equal(members.value('e'), 'xA');
    assert.equal(members.value('i'), undefined);
    assert.deepEqual(
      [members.hasItems('c'), members.hasItems('d'), members.hasItems('a'), members.hasItems('i')],
      [false, true, false, false],
    );
    assert.equal(members.json, members.json);
    assert.equal(members.json.f, -1);
  });

  it('finds exactly the values that were written, for any object in any spacing', () => {
    fc.assert(
      fc.property(anyJson.object, anySpace, (object, space) => {
        const members = read(spaced(object, space));
        assert.deepEqual(members.keys, Object.keys(object ?? {}));
        for (const [key, value] of Object.entries(object ?? {})) {
          const texts = members.spans(key).map(({ start, end }) => members.bytes.toString('utf8', start, end));
          assert.deepEqual(texts, [spaced(value, space)]);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
