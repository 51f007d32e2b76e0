import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI, { APIError } from 'openai';
import { HELLO, type Rig, rig } from '../chaos/rig.ts';
import { until } from '../chaos/until.ts';

/** The official client with its own defaults: it repeats twice whatever it is not told to leave. */
async function client(t: TestContext, config: string): Promise<Rig> {
  const proxy = await rig(t, { config });
  return { ...proxy, openai: new OpenAI({ baseURL: `${proxy.proxy.url}/v1`, apiKey: 'client' }) };
}

async function errorOf(asked: PromiseLike<unknown>): Promise<APIError> {
  const error = await asked.then(
    () => assert.fail('it was answered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof APIError, String(error));
  return error;
}

/** What a client sees of each failure upstream, and the requests the provider sees of one call with default retries. */
const TYPED = [
  { behaviour: '400', type: OpenAI.BadRequestError, status: 400, code: null, upstream: 1 },
  { behaviour: 'context', type: OpenAI.BadRequestError, status: 400, code: 'context_length_exceeded', upstream: 1 },
  { behaviour: '422', type: OpenAI.UnprocessableEntityError, status: 422, code: null, upstream: 1 },
  { behaviour: '401', type: OpenAI.InternalServerError, status: 502, code: 'upstream_auth_error', upstream: 1 },
  { behaviour: '404', type: OpenAI.NotFoundError, status: 404, code: 'model_not_found', upstream: 1 },
  { behaviour: '429-after-3600s', type: OpenAI.RateLimitError, status: 429, code: 'rate_limit_exceeded', upstream: 1 },
  { behaviour: '500', type: OpenAI.InternalServerError, status: 502, code: 'upstream_error', upstream: 3 },
  { behaviour: '503', type: OpenAI.InternalServerError, status: 503, code: 'server_is_overloaded', upstream: 2 },
  { behaviour: 'reset', type: OpenAI.InternalServerError, status: 502, code: 'upstream_connection_lost', upstream: 2 },
  { behaviour: 'html', type: OpenAI.InternalServerError, status: 502, code: 'upstream_invalid_answer', upstream: 2 },
] as const;

for (const { behaviour, type, status, code, upstream } of TYPED) {
  for (const stream of [false, true]) {
    test(`${behaviour} is a ${type.name} (${stream ? 'streamed' : 'whole'}), and the provider is called ${upstream} times at most`, async (t) => {
      const { openai, upstreams } = await client(t, `models: {m: {targets: [a/sim-${behaviour}]}}`);

      const error = await errorOf(openai.chat.completions.create({ model: 'm', messages: HELLO, stream }));

      assert.ok(error instanceof type, error.constructor.name);
      assert.equal(error.status, status);
      if (code !== null) assert.equal(error.code, code);
      assert.equal(error.headers?.get('x-should-retry'), 'false');
      assert.match(error.headers?.get('x-breakwater-request-id') ?? '', /^bw_/);
      assert.equal(upstreams[0]?.requestCount, upstream);
    });
  }
}

test('an error says in machine words what happened, every attempt of it', async (t) => {
  const { openai } = await client(t, 'models: {m: {targets: [a/sim-500@one, a/sim-html@two]}}');

  const error = await errorOf(openai.chat.completions.create({ model: 'm', messages: HELLO }));

  const { breakwater } = error.error as { breakwater: Record<string, unknown> };
  assert.equal(breakwater.class, 'server_error');
  assert.equal(breakwater.origin, 'upstream');
  assert.equal(breakwater.retryable, true);
  const attempts = breakwater.attempts as { target: string; outcome: string }[];
  assert.deepEqual(
    attempts.map(({ target, outcome }) => `${target} ${outcome}`),
    [...Array(3).fill('a/sim-500@one server_error'), ...Array(2).fill('a/sim-html@two invalid_answer')],
  );
});

test('a wait the client can be told is told: it repeats by itself then, and is answered', async (t) => {
  const { openai, upstreams } = await client(t, 'models: {m: {targets: [a/sim-x], retries: {max: 0}}}');
  upstreams[0]?.script('sim-x', '429-after-1s', 'ok');
  upstreams[0]?.behave('sim-x', 'ok');

  const answer = await openai.chat.completions.create({ model: 'm', messages: HELLO });

  assert.equal(answer.choices[0]?.finish_reason, 'stop');
  assert.equal(upstreams[0]?.requestCount, 2);
});

test('an unknown model is a NotFoundError that suggests a known one', async (t) => {
  const { openai, upstreams } = await rig(t, { upstreams: [{}, {}], config: 'models: {smart: {targets: [a/sim-ok]}}' });

  const error = await errorOf(openai.chat.completions.create({ model: 'smrat', messages: HELLO }));

  assert.ok(error instanceof OpenAI.NotFoundError);
  assert.equal(error.code, 'model_not_found');
  assert.equal(error.param, 'model');
  assert.match(error.message, /smart/);
  assert.equal(upstreams[0]?.requestCount, 0);
});

test('a wrong request of the client is a BadRequestError that names the field, and goes nowhere', async (t) => {
  const { openai, upstreams } = await client(t, '');

  const error = await errorOf(
    openai.chat.completions.create({ model: 'a/sim-ok', messages: 'hello' as unknown as typeof HELLO }),
  );

  assert.ok(error instanceof OpenAI.BadRequestError);
  assert.equal(error.param, 'messages');
  assert.equal(upstreams[0]?.requestCount, 0);
});

test('an error inside a stream is thrown where the stream is read', async (t) => {
  const { openai, upstreams } = await client(t, 'models: {m: {targets: [a/sim-paced-20ms-cut-at-5]}}');
  const stream = await openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });

  const error = await errorOf(
    (async () => {
      for await (const _ of stream);
    })(),
  );

  assert.equal(error.code, 'upstream_stream_interrupted');
  assert.equal(error.type, 'server_error');
  assert.equal(upstreams[0]?.requestCount, 1);
});

test('the streaming helper rejects as well, and never gives half a message as final', async (t) => {
  const { openai } = await client(t, 'models: {m: {targets: [a/sim-paced-20ms-cut-at-5]}}');

  const final = openai.chat.completions.stream({ model: 'm', messages: HELLO }).finalChatCompletion();

  await assert.rejects(final, { code: 'upstream_stream_interrupted' });
});

test('a proxy that is not there is an APIConnectionError', async () => {
  const openai = new OpenAI({ baseURL: 'http://127.0.0.1:1/v1', apiKey: 'client', maxRetries: 0 });

  await assert.rejects(openai.chat.completions.create({ model: 'm', messages: HELLO }), OpenAI.APIConnectionError);
});

test("the client's own timeout is an APIConnectionTimeoutError, and upstream hears of it", async (t) => {
  const { openai, upstreams, records } = await rig(t, { speed: 1, config: 'models: {m: {targets: [a/sim-silent]}}' });

  const asked = openai.chat.completions.create({ model: 'm', messages: HELLO }, { timeout: 300 });

  await assert.rejects(asked, OpenAI.APIConnectionTimeoutError);
  await until('upstream knows', () => upstreams[0]?.requests[0]?.closed === 'client-gone');
  await until('it is settled', () => records.length === 1);
  assert.equal(records[0]?.status, 'cancelled');
});

test("the client's timeout bounds what the proxy does for it: the SDK tells it with each request", async (t) => {
  const { openai, records } = await rig(t, {
    speed: 1,
    config: 'models: {m: {targets: [a/sim-silent], timeouts: {firstToken: 60s}}}',
  });

  // Sent as whole seconds, so the proxy's deadline comes first where the client waits a little longer than it says.
  const error = await errorOf(
    openai.chat.completions.create({ model: 'm', messages: HELLO }, { headers: { 'x-stainless-timeout': '1' } }),
  );

  assert.equal(error.status, 504);
  assert.equal(records[0]?.failure?.code, 'deadline_exceeded');
});

test('an abort before anything was sent asks nothing of anybody', async (t) => {
  const { openai, upstreams, records } = await client(t, 'models: {m: {targets: [a/sim-ok]}}');
  const controller = new AbortController();
  controller.abort();

  const asked = openai.chat.completions.create({ model: 'm', messages: HELLO }, { signal: controller.signal });

  await assert.rejects(asked, OpenAI.APIUserAbortError);
  assert.equal(upstreams[0]?.requestCount, 0);
  assert.equal(records.length, 0);
});

test('an abort in the middle of a stream ends it on all sides', async (t) => {
  const { openai, upstreams, records } = await client(t, 'models: {m: {targets: [a/sim-paced-100ms-x1000]}}');
  const controller = new AbortController();
  const stream = await openai.chat.completions.create(
    { model: 'm', messages: HELLO, stream: true },
    { signal: controller.signal },
  );
  let read = 0;

  for await (const _ of stream) if (++read === 5) controller.abort();

  assert.ok(read >= 5 && read < 1000);
  await until('upstream knows', () => upstreams[0]?.requests[0]?.closed === 'client-gone');
  await until('it is settled', () => records.length === 1);
  assert.equal(records[0]?.status, 'cancelled');
});
