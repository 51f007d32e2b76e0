import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Digest } from '../../src/cache/digest.ts';

const SECRET = Buffer.alloc(32, 7);

function keyOf(parts: readonly (string | Buffer | undefined)[], secret = SECRET): string {
  const digest = new Digest(secret);
  for (const part of parts) digest.add(part);
  return digest.key();
}

/** Short parts go in as they are, long ones by a stand-in: at both, and where one becomes the other. */
const LENGTHS = [2, 100, 4_095, 4_096, 4_097, 5_000, 70_000];

for (const length of LENGTHS) {
  const text = 'a'.repeat(length);

  test(`a part of ${length} bytes makes another key with any other byte in it, one more or one less`, () => {
    const keys = [text, `${text}a`, text.slice(1), `b${text.slice(1)}`, `${text.slice(1)}b`];
    const middle = Buffer.from(text);
    middle[length >> 1] = 0x63;
    assert.equal(new Set([...keys, middle].map((part) => keyOf(['x', part, 'y']))).size, keys.length + 1);
  });

  test(`a part of ${length} bytes has the same key as text and as bytes, and another with another secret`, () => {
    assert.equal(keyOf([text]), keyOf([Buffer.from(text)]));
    assert.notEqual(keyOf([text]), keyOf([text], Buffer.alloc(32, 8)));
  });

  test(`what stands in ${length} bytes and what stands beside them is told apart`, () => {
    const lists = [['x', text], [text, 'x'], [`x${text}`], ['', `x${text}`], [`x${text}`, ''], [`x${text}`, undefined]];
    assert.equal(new Set(lists.map((parts) => keyOf(parts))).size, lists.length);
  });
}

test('an absent part is not an empty one', () => assert.notEqual(keyOf([undefined]), keyOf([''])));
