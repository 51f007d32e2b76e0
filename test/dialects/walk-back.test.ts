import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { WalkBack } from '../../src/dialects/walk-back.ts';

/** All objects that are found, in the order in which they stand. */
function elements(text: string, most = Number.POSITIVE_INFINITY): unknown[] {
  const bytes = Buffer.from(`{"a":${text},"b":[{}]}`);
  const array = { start: 5, end: 5 + Buffer.byteLength(text) };
  const walk = new WalkBack(bytes, array, [], { left: most });
  const found: unknown[] = [];
  while (walk.previous()) found.unshift(JSON.parse(bytes.toString('utf8', walk.element?.start, walk.element?.end)));
  return found;
}

describe('the objects of an array from its end', () => {
  const nasty = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', ' ', 'é', 'a', '\n') });
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 3 }, nasty, fc.integer(), fc.constant(null), tie('list'), tie('record')),
    list: fc.array(tie('any'), { maxLength: 3 }),
    record: fc.dictionary(nasty, tie('any'), { maxKeys: 3, noNullPrototype: true }),
  }));

  it('are those that parsing finds, whatever stands in their strings', () => {
    fc.assert(
      fc.property(fc.array(value.record, { maxLength: 4 }), fc.constantFrom(undefined, 2), (array, indent) => {
        assert.deepEqual(elements(JSON.stringify(array, null, indent)), JSON.parse(JSON.stringify(array)));
      }),
      { numRuns: 500 },
    );
  });

  it('end where the walk is long enough', () => {
    const text = JSON.stringify([{ long: 'x'.repeat(100) }, { a: 1 }, { b: 2 }]);
    assert.deepEqual(elements(text, 20), [{ a: 1 }, { b: 2 }]);
    assert.deepEqual(elements(text, 30), [{ a: 1 }, { b: 2 }]);
    assert.equal(elements(text).length, 3);
  });

  it('end at what is no object', () => {
    assert.deepEqual(elements('[{"a":1},"x",{"b":2}]'), [{ b: 2 }]);
    assert.deepEqual(elements('[]'), []);
    assert.deepEqual(elements('[ ]'), []);
  });
});
