import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { HELLO, rig, textOf } from './rig.ts';
import { wholeText } from './stream-reading.ts';

/** A 200 that is no answer, and the most tries the failure table allows it before the next target. */
const HOLLOW = [
  ['empty-sse', 2],
  ['html', 2],
  ['not-json', 2],
  ['empty-body', 2],
  ['empty-choices', 2],
  ['null-content', 2],
  ['error-in-200', 3],
] as const;

const chain = (behaviour: string) => `models: {m: {targets: [a/sim-${behaviour}, b/sim-ok]}}`;

for (const [behaviour, tries] of HOLLOW) {
  test(`rows 30-31: a streamed 200 with ${behaviour} goes to the next target, the client sees nothing of it`, async (t) => {
    const proxy = await rig(t, { upstreams: [{}, {}], config: chain(behaviour) });

    const { data, response } = await proxy.openai.chat.completions
      .create({ model: 'm', messages: HELLO, stream: true })
      .withResponse();

    assert.equal(await textOf(data), await wholeText(proxy));
    assert.equal(response.headers.get('x-breakwater-target'), 'b/sim-ok');
    assert.equal(response.headers.get('x-breakwater-status'), 'degraded');
    const [first] = proxy.records;
    assert.equal(first?.status, 'degraded');
    assert.equal(first?.attempts.filter((one) => one.target === `a/sim-${behaviour}`).length, tries);
    assert.equal(first?.tries, tries + 1);
  });
}

// An empty stream is nothing a whole answer can be.
for (const [behaviour, tries] of HOLLOW.filter(([name]) => name !== 'empty-sse')) {
  test(`rows 30-31: a whole 200 with ${behaviour} goes to the next target`, async (t) => {
    const { openai, records } = await rig(t, { upstreams: [{}, {}], config: chain(behaviour) });

    const { data, response } = await openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();

    assert.equal(data.choices[0]?.finish_reason, 'stop');
    assert.equal(response.headers.get('x-breakwater-target'), 'b/sim-ok');
    assert.equal(records[0]?.tries, tries + 1);
  });
}

test('row 29: a role and then an in-band error go to the next target, the client sees nothing of it', async (t) => {
  const proxy = await rig(t, { upstreams: [{}, {}], config: chain('error-event-before-delta') });

  const stream = await proxy.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });

  assert.equal(await textOf(stream), await wholeText(proxy));
  assert.equal(proxy.records[0]?.target, 'b/sim-ok');
});

test('a stream of comments without an event is left at the first-token timer', async (t) => {
  const proxy = await rig(t, {
    upstreams: [{}, {}],
    config: 'models: {m: {targets: [a/sim-comments-only, b/sim-ok], timeouts: {firstToken: 4s}}}',
  });
  const start = proxy.clock.now();

  const stream = await proxy.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });
  const waited = proxy.clock.now() - start;

  assert.equal(await textOf(stream), await wholeText(proxy));
  assert.ok(waited >= 4000, `${waited} ms`);
  assert.equal(proxy.records[0]?.attempts[0]?.outcome, 'timeout');
  assert.equal(proxy.upstreams[0]?.requestCount, 2, 'the timed-out one, and the one that the text was compared with');
});

test('an event larger than the limit goes to the next target', async (t) => {
  const proxy = await rig(t, {
    upstreams: [{}, {}],
    config:
      'limits: {event: 64KiB}\nmodels: {m: {targets: [a/sim-big-event-1MiB, b/sim-ok], stream: {commit: complete}}}',
  });

  const stream = await proxy.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });

  assert.equal(await textOf(stream), await wholeText(proxy));
  assert.equal(proxy.records[0]?.attempts[0]?.code, 'event_too_large');
});

test('with nothing but web pages to be had the client gets a 502 that says so, and is told not to repeat it', async (t) => {
  const { openai, upstreams } = await rig(t, { config: 'models: {m: {targets: [a/sim-html]}}' });

  const error = await openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true }).then(
    () => assert.fail('a web page passed for an answer'),
    (thrown: unknown) => thrown,
  );

  assert.ok(error instanceof OpenAI.InternalServerError);
  assert.equal(error.status, 502);
  assert.equal(error.code, 'upstream_invalid_answer');
  assert.equal(error.headers?.get('x-should-retry'), 'false');
  assert.equal(upstreams[0]?.requestCount, 2);
});
