import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { JsonMembers } from '../../src/dialects/json-members.ts';
import { KnownBodies } from '../../src/dialects/known-bodies.ts';
import { readBody } from '../../src/dialects/request-body.ts';
import { anyJson } from './json-texts.ts';

const FILLER = 'x'.repeat(20_000);

function body(more = ''): Buffer {
  return Buffer.from(`{"model":"m","messages":[{"role":"user","content":"${FILLER}"}]${more}}`);
}

function read(known: KnownBodies, owner: string, bytes: Buffer): JsonMembers {
  const result = known.read(owner, bytes);
  assert.ok(result.ok);
  return result.members;
}

/** Whether two readings share what was found in the first: the second was not scanned. */
function sameReading(known: KnownBodies, one: readonly [string, Buffer], other: readonly [string, Buffer]): boolean {
  return read(known, ...one).layout === read(known, ...other).layout;
}

describe('a large body that comes again', () => {
  test('is recognised, and has its own bytes', () => {
    const known = new KnownBodies();
    const [first, again] = [body(), body()];
    assert.ok(sameReading(known, ['acme', first], ['acme', again]));
    const members = read(known, 'acme', again);
    assert.equal(members.bytes, again);
    assert.equal(members.value('model'), 'm');
    assert.equal(members.inside, 1);
  });

  test('is read anew where one byte of it differs, wherever that is', () => {
    const known = new KnownBodies();
    const bytes = body(',"max_tokens":100');
    for (const at of [bytes.indexOf('"m"') + 1, bytes.indexOf('x'), bytes.lastIndexOf('x'), bytes.lastIndexOf('1')]) {
      const other = Buffer.from(bytes);
      other[at] = 0x37;
      assert.ok(!sameReading(known, ['acme', bytes], ['acme', other]), `byte ${at}`);
    }
  });

  test('is read anew for another owner: the time it takes tells nobody what others sent', () => {
    assert.ok(!sameReading(new KnownBodies(), ['acme\n', body()], ['acme\nann', body()]));
  });

  test('is refused each time where it is no JSON', () => {
    const known = new KnownBodies();
    const broken = body().subarray(0, -1);
    assert.equal(known.read('acme', broken).ok, false);
    assert.deepEqual(known.read('acme', Buffer.from(broken)), readBody(broken));
  });

  test('is not remembered with so many members, or such long names, that memory would fill', () => {
    const many = Array.from({ length: 31 }, (_, index) => `,"k${index}":1`).join('');
    for (const more of [many, `,"${'k'.repeat(65)}":1`]) {
      assert.ok(!sameReading(new KnownBodies(), ['acme', body(more)], ['acme', body(more)]));
    }
    assert.ok(sameReading(new KnownBodies(), ['acme', body(',"k":1')], ['acme', body(',"k":1')]));
  });

  test('is forgotten behind 512 others', () => {
    const known = new KnownBodies();
    const { layout } = read(known, 'acme', body());
    for (let index = 0; index < 512; index++) read(known, 'acme', body(`,"seed":${index}`));
    assert.notEqual(read(known, 'acme', body()).layout, layout);
  });
});

test('a body is the same read once, twice, or by itself', () => {
  const known = new KnownBodies();
  fc.assert(
    fc.property(anyJson.value, fc.boolean(), (value, object) => {
      const text = JSON.stringify(value);
      const bytes = Buffer.from(object ? `{"x":${text},"filler":"${FILLER}"}` : `${text}${' '.repeat(20_000)}`);
      const alone = readBody(bytes);
      for (const result of [known.read('acme', bytes), known.read('acme', bytes)]) {
        if (alone.ok) assert.deepEqual(result.ok && result.members.layout, alone.members.layout);
        else assert.deepEqual(result, alone);
      }
    }),
  );
});
