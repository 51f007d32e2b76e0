import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textBytes } from '../../src/dialects/text-bytes.ts';

const PICTURE = 'A'.repeat(100_000);

for (const [what, json, expected] of [
  ['texts, wherever they stand', { messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }] }, 13],
  ['bytes and not characters', { input: '日本' }, 6],
  ['no numbers, names and nothing', { max_tokens: 12345, stream: true, stop: null }, 0],
  ['no data URL', { image_url: { url: `data:image/png;base64,${PICTURE}` } }, 0],
  ['no base64', { source: { type: 'base64', data: PICTURE } }, 6],
  ['no signature', { thinking: 'so', signature: PICTURE }, 2],
  ['a short address', { url: 'https://a.test/b.png' }, 20],
] as const) {
  test(`the text of a request is counted: ${what}`, () => assert.equal(textBytes(json), expected));
}
