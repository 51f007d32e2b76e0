import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reply } from '../load/connection.ts';
import { fullCheck, WRONG_TEXT } from '../load/verify.ts';
import { DELTA_TEXT } from '../upstream/answers.ts';

const check = fullCheck({ kind: 'stream', events: 2, gapMs: 0 });
const delta = `data: ${JSON.stringify({ choices: [{ delta: { content: DELTA_TEXT } }] })}\n\n`;
const finish = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n';
const done = 'data: [DONE]\n\n';

function reply(body: string, status = 200): Reply {
  return { status, body, bodyBytes: body.length, head: '', firstByteMs: 0, totalMs: 0 };
}

test('a whole stream is good, whatever comments it carries', () => {
  assert.equal(check(reply(`: waiting\n\n${delta}${delta}${finish}${done}`)), undefined);
});

test('a stream that lost an event but ends well is called what it is: wrong and shown as whole', () => {
  assert.equal(check(reply(`${delta}${finish}${done}`)), WRONG_TEXT);
});

test('a stream without its finish or without [DONE] is not whole', () => {
  assert.equal(check(reply(`${delta}${delta}${done}`)), 'not a whole answer');
  assert.equal(check(reply(`${delta}${delta}${finish}`)), 'not a whole answer');
});

test("a refusal is named by its status and Breakwater's class", () => {
  assert.equal(check(reply('{"error":{"breakwater":{"class":"timeout"}}}', 504)), 'status 504 timeout');
});
