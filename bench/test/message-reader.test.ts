import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageReader } from '../load/message-reader.ts';

const SIZED = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n';
const REQUEST = 'POST /v1 HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello';

for (const [name, message, status] of [
  ['a sized response', SIZED, 200],
  ['a chunked response', CHUNKED, 200],
  ['a request', REQUEST, 0],
] as const) {
  for (const slice of [1, 2, 7, 1000]) {
    test(`${name} is read from slices of ${slice} bytes`, () => {
      const reader = new MessageReader(true);
      const bytes = Buffer.from(message);
      for (let at = 0; at < bytes.length; at += slice) {
        assert.equal(reader.complete, false);
        reader.push(bytes.subarray(at, at + slice));
      }
      assert.equal(reader.complete, true);
      assert.equal(reader.status, status);
      assert.equal(reader.bodyBytes, 5);
      assert.equal(reader.body, 'hello');
    });
  }
}

test('a reader that is reset reads the next message', () => {
  const reader = new MessageReader(true);
  reader.push(Buffer.from(CHUNKED));
  reader.reset();
  reader.push(Buffer.from(SIZED));
  assert.equal(reader.body, 'hello');
});

test('a close inside a body is an error, with or without chunks', () => {
  for (const message of [SIZED, CHUNKED]) {
    const reader = new MessageReader();
    reader.push(Buffer.from(message.slice(0, -1)));
    assert.throws(() => reader.end(), /closed inside a message/);
  }
});

test('a response without a length ends with the connection', () => {
  const reader = new MessageReader(true);
  reader.push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nhel'));
  reader.push(Buffer.from('lo'));
  assert.equal(reader.complete, false);
  reader.end();
  assert.equal(reader.complete, true);
  assert.equal(reader.body, 'hello');
});

test('bytes behind the end of a message are an error', () => {
  const reader = new MessageReader();
  assert.throws(() => reader.push(Buffer.from(`${SIZED}!`)), /bytes after the end/);
});
