import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HELLO, type Rig, rig, textOf } from './rig.ts';
import { readStream } from './stream-reading.ts';

/** How a route may relay: bytes as they are, every event read, all of it held back. */
const RELAYS = {
  'first-delta': '',
  'first-delta, resumable': ', stream: {onBreak: resume}',
  complete: ', stream: {commit: complete}',
};

/** Everything the standard for server-sent events allows, and every way TCP may cut it. */
const ODD = [
  'bytes',
  'split-emoji',
  'bytes-crlf',
  'crlf',
  'cr',
  'bytes-cr',
  'bom',
  'bytes-bom',
  'no-space',
  'data-lines',
  'data-lines-crlf',
  'comments',
  'comments-cr',
  'no-done',
  'separate-writes',
  'bytes-bom-crlf-no-space-data-lines-comments',
  'split-emoji-cr-no-space-comments-no-done',
];

const config = (behaviour: string, relay: string) => `models: {m: {targets: [a/sim-${behaviour}]${relay}}}`;

/** The same answer, unstreamed: slicing does not touch what it says. */
async function unstreamed({ openai }: Rig, behaviour: string): Promise<string> {
  const answer = await openai.chat.completions.create({ model: `a/sim-${behaviour}`, messages: HELLO });
  return answer.choices[0]?.message.content ?? '';
}

for (const behaviour of ODD) {
  for (const [name, relay] of Object.entries(RELAYS)) {
    test(`row 35: ${behaviour}, relayed ${name}, says the same text as the whole answer`, async (t) => {
      const proxy = await rig(t, { config: config(behaviour, relay) });
      const expected = await unstreamed(proxy, behaviour);

      const stream = await proxy.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });
      const raw = await readStream(proxy, { model: 'm' });

      assert.ok(expected.length > 50);
      assert.equal(await textOf(stream), expected, 'as the official client reads it');
      assert.equal(raw.text, expected, 'as the standard reads it');
      assert.deepEqual(raw.finishes, ['stop']);
      assert.equal(raw.dones, 1);
      assert.deepEqual(
        proxy.records.map((record) => record.status),
        ['ok', 'ok', 'ok'],
      );
    });
  }
}

for (const at of [0, 1, 3, 31]) {
  for (const [name, relay] of Object.entries(RELAYS)) {
    test(`row 34: a malformed event after ${at} tokens, relayed ${name}, is left out and counted, the answer completes`, async (t) => {
      const proxy = await rig(t, { config: config(`paced-20ms-bad-json-event-at-${at}`, relay) });

      const stream = await proxy.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });

      // The official client throws at an event that is no JSON: that it reads to the end says that there is none.
      const text = await textOf(stream);
      const [plain = ''] = (await unstreamed(proxy, 'long-40')).match(new RegExp(`^.{${text.length}}`)) ?? [];
      assert.equal(text, plain);
      const [record] = proxy.records;
      assert.equal(record?.status, 'ok');
      assert.equal(record?.tries, 1);
      const counted = proxy.events.filter(({ msg }) => typeof msg === 'string' && msg.startsWith('malformed events'));
      assert.deepEqual(
        counted.map(({ count }) => count),
        [1],
      );
    });
  }
}

test('row 34: a malformed event in a stream that then never finishes does not make it whole', async (t) => {
  const proxy = await rig(t, { config: config('paced-20ms-bad-json-event-at-3-no-finish', '') });

  const answer = await readStream(proxy, { model: 'm' });

  assert.equal(answer.errors[0]?.code, 'upstream_stream_interrupted');
  assert.equal(answer.dones, 0);
});

test('two choices are complete only when both have finished', async (t) => {
  const proxy = await rig(t, { config: config('paced-20ms', '') });

  const answer = await readStream(proxy, { model: 'm', n: 2 });

  assert.deepEqual(answer.finishes, ['stop', 'stop']);
  assert.equal(answer.dones, 1);
});

test('a stream of the legacy completions is relayed and checked the same way', async (t) => {
  const { openai, records } = await rig(t, { config: config('bytes-crlf', '') });
  const whole = await openai.completions.create({ model: 'm', prompt: 'hello' });

  const stream = await openai.completions.create({ model: 'm', prompt: 'hello', stream: true });

  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.text ?? '';
  assert.equal(text, whole.choices[0]?.text);
  assert.deepEqual(
    records.map((record) => record.status),
    ['ok', 'ok'],
  );
});
