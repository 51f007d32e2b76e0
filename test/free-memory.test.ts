import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonMembers } from '../src/dialects/json-members.ts';
import { freeMemory, WORTH_FREEING } from '../src/free-memory.ts';

test('a block that is given back has no bytes any more', () => {
  const block = Buffer.allocUnsafeSlow(WORTH_FREEING);
  freeMemory(block);
  assert.equal(block.length, 0);
});

test('a small block, a part of a block, and memory that is shared or may grow are left alone', () => {
  const whole = Buffer.allocUnsafeSlow(WORTH_FREEING * 4);
  const left: [string, Uint8Array][] = [
    ['small', Buffer.allocUnsafeSlow(WORTH_FREEING - 1)],
    ['its beginning', whole.subarray(0, WORTH_FREEING * 2)],
    ['its end', whole.subarray(WORTH_FREEING)],
    ['shared', new Uint8Array(new SharedArrayBuffer(WORTH_FREEING))],
    ['growing', new Uint8Array(new ArrayBuffer(WORTH_FREEING, { maxByteLength: WORTH_FREEING * 2 }))],
  ];
  for (const [name, bytes] of left) {
    const { length } = bytes;
    freeMemory(bytes);
    assert.equal(bytes.length, length, name);
  }
});

test('a body that was let go says so rather than being taken for an empty one', () => {
  for (const filler of [1, WORTH_FREEING]) {
    const members = JsonMembers.read(Buffer.from(`{"model":"m","x":"${'x'.repeat(filler)}"}`));
    assert.ok(members instanceof JsonMembers);
    members.letGo();
    assert.throws(() => members.bytes, /let go/);
    assert.throws(() => members.json, /let go/);
    assert.throws(() => members.value('model'), /let go/);
    members.letGo();
  }
});
