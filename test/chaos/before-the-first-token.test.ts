import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { circuitOf } from './gates.ts';
import { rawUpstream } from './raw-upstream.ts';
import { refusalOf } from './refusal.ts';
import { HELLO, type Rig, rig } from './rig.ts';
import { readStream, wholeText } from './stream-reading.ts';
import { until } from './until.ts';

const TIMER = 'timeouts: {firstToken: 10s}';

interface Answer {
  readonly target: string | null;
  readonly tries: string | null;
  readonly status: string | null;
  readonly text: string;
}

async function ask(it: Rig, stream: boolean): Promise<Answer> {
  const { headers, text } = stream ? await askStream(it) : await askWhole(it);
  const header = (name: string) => headers.get(`x-breakwater-${name}`);
  return { target: header('target'), tries: header('attempts'), status: header('status'), text };
}

async function askWhole({ openai }: Rig): Promise<{ headers: Headers; text: string }> {
  const { data, response } = await openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();
  assert.equal(data.choices[0]?.finish_reason, 'stop');
  return { headers: response.headers, text: data.choices[0].message.content ?? '' };
}

/** A stream that is whole, of one origin, and ended once. */
async function askStream(it: Rig): Promise<{ headers: Headers; text: string }> {
  const { status, headers, text, ids, roles, finishes, dones, errors, ended } = await readStream(it, { model: 'm' });
  assert.deepEqual(
    { status, ids: ids.length, roles, finishes, dones, errors, ended },
    {
      status: 200,
      ids: 1,
      roles: ['assistant'],
      finishes: ['stop'],
      dones: 1,
      errors: [],
      ended: true,
    },
  );
  return { headers, text };
}

/** Behaviours that leave a client without a first token, and whether each is one of streams, of whole answers, or both. */
const SILENCES = [
  ['silent', [false, true]],
  ['slow-headers-60s', [false, true]],
  ['slow-first-token-60s', [true]],
  ['comments-only', [true]],
] as const;

for (const [behaviour, kinds] of SILENCES) {
  for (const stream of kinds) {
    const kind = stream ? 'streamed' : 'whole';
    test(`row 28: a target that keeps silent (${behaviour}, ${kind}) is left for the next at the first-token timer`, async (t) => {
      const it = await rig(t, {
        upstreams: [{}, {}],
        config: `models: {m: {targets: [a/sim-${behaviour}, b/sim-ok], ${TIMER}}}`,
      });

      const { target, tries, status } = await ask(it, stream);

      assert.deepEqual({ target, tries, status }, { target: 'b/sim-ok', tries: '2', status: 'degraded' });
      const [left, taken] = it.records[0]?.attempts ?? [];
      assert.deepEqual([left?.outcome, left?.code], ['timeout', 'first_token_timeout']);
      assert.ok((left?.ms ?? 0) >= 10_000, `left after ${left?.ms} ms`);
      assert.equal(taken?.outcome, 'ok');
      const [silent] = it.upstreams[0]?.requests ?? [];
      assert.equal(silent?.closed, 'client-gone', 'what nobody waits for is given up');
      assert.equal(it.upstreams[0]?.requestCount, 1, 'it had its time: no repeat');
      assert.equal(circuitOf(it, `a/sim-${behaviour}`).run, 1);
    });
  }
}

for (const stream of [false, true]) {
  const kind = stream ? 'streamed' : 'whole';

  test(`row 28: the last target of a chain may take longer than the first-token timer (${kind})`, async (t) => {
    const it = await rig(t, {
      upstreams: [{}, {}],
      config: `models: {m: {targets: [a/sim-silent, b/sim-slow-headers-25s], ${TIMER}}}`,
    });

    const { target, tries } = await ask(it, stream);

    assert.deepEqual({ target, tries }, { target: 'b/sim-slow-headers-25s', tries: '2' });
    assert.ok((it.records[0]?.attempts[1]?.ms ?? 0) >= 25_000);
  });

  test(`row 28: so may a target alone (${kind})`, async (t) => {
    const it = await rig(t, { config: `models: {m: {targets: [a/sim-slow-headers-25s], ${TIMER}}}` });

    const { tries, status } = await ask(it, stream);

    assert.deepEqual({ tries, status }, { tries: '1', status: 'ok' });
  });
}

/** The head of a whole answer at once; the body when the test says so. */
async function headFirst(t: TestContext): Promise<{ readonly baseUrl: string; readonly send: () => void }> {
  const body = JSON.stringify({
    choices: [{ index: 0, message: { role: 'assistant', content: 'at last' }, finish_reason: 'stop' }],
  });
  const sockets: Socket[] = [];
  const { baseUrl } = await rawUpstream(t, (socket) => {
    sockets.push(socket);
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`);
  });
  return { baseUrl, send: () => sockets[0]?.write(body) };
}

test('row 28: a target alone that sends its head at once may take as long for its answer', async (t) => {
  const up = await headFirst(t);
  const it = await rig(t, {
    upstreams: [],
    providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
    config: 'models: {m: {targets: [a/x], timeouts: {firstToken: 4s, stall: 2s}}}',
  });
  const start = it.clock.now();
  const asked = ask(it, false);
  await until('both limits have passed', () => it.clock.now() - start > 10_000);

  up.send();

  assert.deepEqual(await asked, { target: 'a/x', tries: '1', status: 'ok', text: 'at last' });
});

test('row 28: with another to ask, a head alone holds nobody longer than the first-token timer', async (t) => {
  const up = await headFirst(t);
  const it = await rig(t, {
    upstreams: [{}],
    providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}, b: {baseUrl: up(a), apiKey: k}}`,
    config: 'models: {m: {targets: [a/x, b/sim-ok], timeouts: {firstToken: 4s, stall: 2m}}}',
  });

  const { target, tries } = await ask(it, false);

  assert.deepEqual({ target, tries }, { target: 'b/sim-ok', tries: '2' });
  assert.equal(it.records[0]?.attempts[0]?.code, 'first_token_timeout');
});

test('a whole answer that stops half way is given up at the stall limit, however patient its target may be asked', async (t) => {
  const up = await rawUpstream(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n');
    setImmediate(() => socket.write('{"choices": ['));
  });
  const it = await rig(t, {
    upstreams: [],
    providers: `providers: {a: {baseUrl: "${up.baseUrl}", apiKey: k}}`,
    config: 'models: {m: {targets: [a/x], retries: {max: 0}, timeouts: {connect: 2m, stall: 2s, total: 5m}}}',
  });

  await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }));

  const [attempt] = it.records[0]?.attempts ?? [];
  assert.equal(attempt?.code, 'stall_timeout');
  assert.ok((attempt?.ms ?? 0) < 30_000);
});

test('row 28: a target is not cut for the sake of one whose circuit is open', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    config: `models:
  m: {targets: [a/sim-slow-headers-25s, b/sim-500], ${TIMER}}
  broken: {targets: [b/sim-500], retries: {max: 0}}`,
  });
  for (let i = 0; i < 5; i++) await refusalOf(it.openai.chat.completions.create({ model: 'broken', messages: HELLO }));
  assert.equal(circuitOf(it, 'b/sim-500').state, 'open');

  const { target, tries } = await ask(it, false);

  assert.deepEqual({ target, tries }, { target: 'a/sim-slow-headers-25s', tries: '1' });
});

test('row 28: nor for the sake of one that has no usable key', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    providers: 'providers: {a: {baseUrl: up(a), apiKey: key-a}, b: {baseUrl: up(b), apiKey: sim-401}}',
    config: `models:
  m: {targets: [a/sim-slow-headers-25s, b/sim-ok], ${TIMER}}
  keyless: {targets: [b/sim-ok]}`,
  });
  await refusalOf(it.openai.chat.completions.create({ model: 'keyless', messages: HELLO }));

  const { target, tries } = await ask(it, false);

  assert.deepEqual({ target, tries }, { target: 'a/sim-slow-headers-25s', tries: '1' });
});

test('row 28: with all targets silent the client gets a 504 when its time is up', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    config: 'models: {m: {targets: [a/sim-silent, b/sim-silent], timeouts: {firstToken: 10s, total: 30s}}}',
  });

  const refusal = await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }));

  assert.deepEqual([refusal.status, refusal.type, refusal.shouldRetry], [504, 'timeout_error', 'false']);
  const [record] = it.records;
  assert.ok((record?.ms ?? 0) >= 30_000, `${record?.ms} ms`);
  assert.deepEqual(
    it.upstreams.map(({ requestCount }) => requestCount),
    [1, 1],
  );
});

test('row 29: of a role and an in-band error before any text the client sees nothing: the next target answers', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    config: 'models: {m: {targets: [a/sim-error-event-before-delta, b/sim-ok]}}',
    speed: 1,
  });

  const { target, tries, status, text } = await ask(it, true);

  assert.deepEqual({ target, tries, status }, { target: 'b/sim-ok', tries: '4', status: 'degraded' });
  assert.equal(text, await wholeText(it, 'b/sim-ok'));
  const broken = it.upstreams[0]?.requests.map(({ status: code, tokensSent }) => [code, tokensSent]);
  assert.deepEqual(broken, Array(3).fill([200, 0]), 'a server error: three tries, each a 200 that began');
  assert.deepEqual(
    it.records[0]?.attempts.map(({ outcome }) => outcome),
    [...Array(3).fill('server_error'), 'ok'],
  );
});

test('row 29: alone, it is a plain error with a status of its own, and no stream', async (t) => {
  const it = await rig(t, { config: 'models: {m: {targets: [a/sim-error-event-before-delta]}}', speed: 1 });

  const { status, headers, raw } = await readStream(it, { model: 'm' }).catch(() => assert.fail('not readable'));

  assert.equal(status, 502);
  assert.match(headers.get('content-type') ?? '', /^application\/json/);
  assert.equal(JSON.parse(raw).error.code, 'upstream_error');
});

for (const behaviour of ['cut-at-0', 'reset-at-0', 'cut-clean-at-0']) {
  test(`row 29: a role and then the end of the connection (${behaviour}) goes to the next target as well`, async (t) => {
    const it = await rig(t, {
      upstreams: [{}, {}],
      config: `models: {m: {targets: [a/sim-${behaviour}, b/sim-ok]}}`,
      speed: 1,
    });

    const { target, tries, text } = await ask(it, true);

    assert.deepEqual({ target, tries }, { target: 'b/sim-ok', tries: '3' });
    assert.equal(text, await wholeText(it, 'b/sim-ok'));
  });
}

test('row 29: a role and then silence goes to the next target at the first-token timer', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    config: `models: {m: {targets: [a/sim-stall-at-0, b/sim-ok], ${TIMER}}}`,
  });

  const { target, tries } = await ask(it, true);

  assert.deepEqual({ target, tries }, { target: 'b/sim-ok', tries: '2' });
  assert.equal(it.records[0]?.attempts[0]?.code, 'first_token_timeout');
});
