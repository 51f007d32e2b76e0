import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circuitOf, keysOf } from './gates.ts';
import { refusalOf } from './refusal.ts';
import { HELLO, type Rig, rig } from './rig.ts';
import { readStream } from './stream-reading.ts';

const LONG = [{ role: 'user' as const, content: 'so many words '.repeat(2000) }];

async function answered({ openai }: Rig, messages = HELLO): Promise<Headers> {
  const { data, response } = await openai.chat.completions.create({ model: 'm', messages }).withResponse();
  assert.equal(data.choices[0]?.finish_reason, 'stop');
  return response.headers;
}

const refused = ({ openai }: Rig, fields: { messages?: typeof HELLO; stream?: boolean } = {}) =>
  refusalOf(openai.chat.completions.create({ model: 'm', messages: HELLO, ...fields }));

/** What was asked of each upstream. */
const calls = ({ upstreams }: Rig) => upstreams.map(({ requestCount }) => requestCount);

const skipped = ({ records }: Rig) =>
  records
    .at(-1)
    ?.attempts.filter(({ outcome }) => outcome === 'skipped')
    .map(({ target, reason }) => [target, reason]);

const GROQ = 'a: {preset: groq, baseUrl: up(a), apiKeys: [key-1]}';

test('row 18: a groq 413, more tokens than a minute allows, goes to the next target without a repeat', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    providers: `providers: {${GROQ}, b: {baseUrl: up(b), apiKey: key-b}}`,
    config: 'models: {m: {targets: [a/sim-groq-413, b/sim-ok]}}',
    speed: 1,
  });

  for (let i = 0; i < 6; i++) {
    const headers = await answered(it);
    assert.deepEqual([headers.get('x-breakwater-target'), headers.get('x-breakwater-attempts')], ['b/sim-ok', '2']);
  }
  assert.deepEqual(calls(it), [6, 6]);
  assert.deepEqual([circuitOf(it, 'a/sim-groq-413').state, circuitOf(it, 'a/sim-groq-413').failures], ['closed', 0]);
  assert.equal(keysOf(it, 'm')[0]?.usable, true, 'shorter requests are still welcome');
});

test('row 18: alone, a groq 413 is a 429 that forbids the repeat: no wait makes the request shorter', async (t) => {
  const it = await rig(t, {
    providers: `providers: {${GROQ}}`,
    config: 'models: {m: {targets: [a/sim-groq-413]}}',
    speed: 1,
  });

  const { status, code, shouldRetry, retryAfter } = await refused(it);

  assert.deepEqual([status, code, shouldRetry, retryAfter], [429, 'request_over_tpm', 'false', undefined]);
  assert.deepEqual(calls(it), [1]);
});

const WINDOWS = `models:
  m:
    targets:
      - {target: a/sim-window-1000, contextWindow: 8192}
      - {target: b/sim-ok, contextWindow: 8192}
      - {target: c/sim-ok, contextWindow: 128000}`;

for (const stream of [false, true]) {
  test(`row 19: a prompt too long for one target goes to one that reads more (${stream ? 'streamed' : 'whole'})`, async (t) => {
    const it = await rig(t, { upstreams: [{}, {}, {}], config: WINDOWS, speed: 1 });

    const headers = stream ? (await readStream(it, { model: 'm', messages: LONG })).headers : await answered(it, LONG);

    assert.deepEqual([headers.get('x-breakwater-target'), headers.get('x-breakwater-attempts')], ['c/sim-ok', '2']);
    assert.deepEqual(calls(it), [1, 0, 1]);
    assert.deepEqual(skipped(it), [['b/sim-ok', 'context window too small']]);
    assert.equal((await answered(it)).get('x-breakwater-target'), 'a/sim-window-1000', 'a short prompt is no matter');
  });
}

test('row 19: a target whose window nobody has told is asked, too', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    config: 'models: {m: {targets: [{target: a/sim-window-1000, contextWindow: 8192}, b/sim-ok]}}',
    speed: 1,
  });

  assert.equal((await answered(it, LONG)).get('x-breakwater-target'), 'b/sim-ok');
});

for (const behaviour of ['context', 'anthropic-context', 'vllm-context']) {
  test(`row 19: with no larger window (${behaviour}) the client gets the 400 it knows how to read; no circuit is touched`, async (t) => {
    const it = await rig(t, {
      upstreams: [{}, {}],
      config: `models: {m: {targets: [{target: a/sim-${behaviour}, contextWindow: 8192}, {target: b/sim-ok, contextWindow: 4096}]}}`,
      speed: 1,
    });

    for (let i = 0; i < 10; i++) {
      const refusal = await refused(it, { stream: i % 2 === 1 });
      assert.deepEqual(
        [refusal.status, refusal.code, refusal.type],
        [400, 'context_length_exceeded', 'invalid_request_error'],
      );
      assert.match(refusal.message, /maximum context length/);
      assert.match(refusal.message, behaviour === 'anthropic-context' ? /200000/ : /8192/);
      assert.equal(refusal.shouldRetry, 'false');
    }
    assert.deepEqual(calls(it), [10, 0], 'one call a request: neither repeated nor sent to a smaller window');
    const { state, run, completed, failures } = circuitOf(it, `a/sim-${behaviour}`);
    assert.deepEqual({ state, run, completed, failures }, { state: 'closed', run: 0, completed: 0, failures: 0 });
  });
}

for (const [behaviour, provider] of [
  ['content-filter', 'azure'],
  ['policy-violation', 'openai'],
] as const) {
  const filtered = (settings: string) => ({
    upstreams: [{}, {}],
    providers: `providers: {a: {preset: ${provider}, baseUrl: up(a), apiKey: key-a}, b: {baseUrl: up(b), apiKey: key-b}}`,
    config: `models: {m: {targets: [a/sim-${behaviour}, b/sim-ok]${settings}}}`,
    speed: 1,
  });

  test(`row 20: a blocked prompt (${behaviour}) is refused, and nobody else is asked`, async (t) => {
    const it = await rig(t, filtered(''));

    for (const stream of [false, true]) {
      const refusal = await refused(it, { stream });
      assert.deepEqual([refusal.status, refusal.code, refusal.shouldRetry], [400, 'content_filter', 'false']);
    }
    assert.deepEqual(calls(it), [2, 0]);
    assert.equal(circuitOf(it, `a/sim-${behaviour}`).failures, 0);
  });

  test(`row 20: a blocked prompt (${behaviour}) goes to the next target where the route asks for it`, async (t) => {
    const it = await rig(t, filtered(', fallbackOn: [content_blocked]'));

    const headers = await answered(it);

    assert.deepEqual(
      [headers.get('x-breakwater-target'), headers.get('x-breakwater-status')],
      ['b/sim-ok', 'degraded'],
    );
    assert.deepEqual(calls(it), [1, 1]);
  });
}

const ENDED_BY_FILTER = (settings: string) => ({
  upstreams: [{}, {}],
  config: `models: {m: {targets: [a/sim-filtered, b/sim-ok]${settings}}}`,
  speed: 1,
});

test('row 20: an answer that the filter ended half way is an answer by default', async (t) => {
  const it = await rig(t, ENDED_BY_FILTER(''));

  const answer = await it.openai.chat.completions.create({ model: 'm', messages: HELLO });
  const stream = await readStream(it, { model: 'm' });

  assert.equal(answer.choices[0]?.finish_reason, 'content_filter');
  assert.deepEqual([stream.finishes, stream.dones, stream.errors], [['content_filter'], 1, []]);
  assert.deepEqual(calls(it), [2, 0]);
});

test('row 20: an answer that the filter ended half way goes to the next target where the route asks for it', async (t) => {
  const it = await rig(t, ENDED_BY_FILTER(', fallbackOn: [content_blocked], stream: {commit: complete}'));

  const headers = await answered(it);
  const stream = await readStream(it, { model: 'm' });

  assert.equal(headers.get('x-breakwater-target'), 'b/sim-ok');
  assert.deepEqual([stream.finishes, stream.dones, stream.errors], [['stop'], 1, []]);
  assert.equal(stream.headers.get('x-breakwater-target'), 'b/sim-ok');
  assert.deepEqual(calls(it), [2, 2]);
});

for (const [behaviour, provider] of [
  ['404', 'openai'],
  ['azure-no-deployment', 'azure'],
] as const) {
  const missing = (targets: string) => ({
    upstreams: [{}, {}],
    providers: `providers: {a: {preset: ${provider}, baseUrl: up(a), apiKey: key-a}, b: {baseUrl: up(b), apiKey: key-b}}`,
    config: `models: {m: {targets: [${targets}]}}`,
    speed: 1,
  });

  test(`row 22: a model the provider does not know (${behaviour}) goes to the next target and raises an alarm`, async (t) => {
    const it = await rig(t, missing(`a/sim-${behaviour}, b/sim-ok`));

    const headers = await answered(it);

    assert.deepEqual([headers.get('x-breakwater-target'), headers.get('x-breakwater-attempts')], ['b/sim-ok', '2']);
    const alarms = it.events.filter(({ msg }) => String(msg).startsWith('alarm'));
    assert.deepEqual(
      alarms.map(({ target, class: failureClass, level }) => ({ target, failureClass, level })),
      [{ target: `a/sim-${behaviour}`, failureClass: 'model_not_found', level: 'error' }],
    );
    assert.deepEqual(calls(it), [1, 1]);
    assert.equal(circuitOf(it, `a/sim-${behaviour}`).failures, 0);
  });

  test(`row 22: alone, a model the provider does not know (${behaviour}) is a 404, and not repeated`, async (t) => {
    const it = await rig(t, missing(`a/sim-${behaviour}`));

    const { status, code, shouldRetry } = await refused(it);

    assert.deepEqual([status, code, shouldRetry], [404, 'model_not_found', 'false']);
    assert.deepEqual(calls(it), [1, 0]);
  });
}

for (const behaviour of ['400', '422']) {
  test(`a wrong request (${behaviour}) is nobody else's to answer: one call, and the refusal as it came`, async (t) => {
    const it = await rig(t, {
      upstreams: [{}, {}],
      config: `models: {m: {targets: [a/sim-${behaviour}, b/sim-ok]}}`,
      speed: 1,
    });

    for (let i = 0; i < 10; i++) {
      const { status, type, shouldRetry } = await refused(it, { stream: i % 2 === 1 });
      assert.deepEqual([status, type, shouldRetry], [Number(behaviour), 'invalid_request_error', 'false']);
    }
    assert.deepEqual(calls(it), [10, 0]);
    assert.equal(circuitOf(it, `a/sim-${behaviour}`).failures, 0);
  });
}
