import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAll } from './gates.ts';
import { refusalOf } from './refusal.ts';
import { HELLO, type Rig, rig } from './rig.ts';
import { readStream } from './stream-reading.ts';

const TEXT = 'The assistant is degraded. Try again in a minute.';
const LAST_RUNG = `fallback: {static: "${TEXT}"}`;

/** Both kinds of answer are the configured text, and say that they are. */
async function degraded(it: Rig): Promise<void> {
  const { data, response } = await it.openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();
  assert.equal(response.status, 200);
  assert.equal(data.choices[0]?.message.content, TEXT);
  assert.equal(data.choices[0].finish_reason, 'stop');
  assert.deepEqual(data.usage?.total_tokens, 0);
  labelled(response.headers);

  const stream = await readStream(it, { model: 'm', stream_options: { include_usage: true } });
  assert.deepEqual([stream.status, stream.text, stream.dones, stream.errors], [200, TEXT, 1, []]);
  assert.deepEqual([stream.roles, stream.finishes, stream.ids.length], [['assistant'], ['stop'], 1]);
  labelled(stream.headers);
}

function labelled(headers: Headers): void {
  assert.equal(headers.get('x-breakwater-status'), 'degraded');
  assert.equal(headers.get('x-breakwater-target'), 'static');
}

for (const behaviour of ['500', '503', 'reset', 'html', '429-after-3600s', 'quota', '404', '401', 'context'] as const) {
  const saved = behaviour !== 'context';
  test(`with every target at ${behaviour} ${saved ? 'a configured text is the answer' : 'the refusal stays a refusal'}`, async (t) => {
    const it = await rig(t, {
      upstreams: [{}, {}],
      config: `models: {m: {targets: [a/sim-${behaviour}, b/sim-${behaviour}], ${LAST_RUNG}}}`,
      speed: 1,
    });

    if (saved) await degraded(it);
    else
      assert.equal((await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }))).status, 400);
  });
}

test('with every circuit open a configured text is the answer, whoever is the last hope', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    config: `models: {m: {targets: [a/sim-500, b/sim-500], ${LAST_RUNG}}}`,
    speed: 1,
  });
  await openAll(it, 'm', ['a/sim-500', 'b/sim-500']);

  await degraded(it);
  await Promise.all([degraded(it), degraded(it), degraded(it)]);
});

test('a configured text answers at the deadline, too', async (t) => {
  const it = await rig(t, { config: `models: {m: {targets: [a/sim-silent], ${LAST_RUNG}, timeouts: {total: 5s}}}` });

  await degraded(it);
});

for (const [behaviour, status] of [
  ['400', 400],
  ['422', 422],
  ['content-filter', 400],
] as const) {
  test(`a configured text never hides that the request was refused (${behaviour})`, async (t) => {
    const it = await rig(t, { config: `models: {m: {targets: [a/sim-${behaviour}], ${LAST_RUNG}}}`, speed: 1 });

    const whole = await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }));
    const streamed = await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true }));

    assert.deepEqual([whole.status, streamed.status], [status, status]);
  });
}

test('nor does it stand in for embeddings, which no text can be', async (t) => {
  const it = await rig(t, { config: `models: {m: {targets: [a/sim-500], ${LAST_RUNG}}}`, speed: 1 });

  const refusal = await refusalOf(it.openai.embeddings.create({ model: 'm', input: 'hello' }));

  assert.equal(refusal.status, 502);
});

test('the text is not used while any target can answer', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    config: `models: {m: {targets: [a/sim-500, b/sim-ok], ${LAST_RUNG}}}`,
    speed: 1,
  });

  const { response } = await it.openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();

  assert.equal(response.headers.get('x-breakwater-target'), 'b/sim-ok');
});
