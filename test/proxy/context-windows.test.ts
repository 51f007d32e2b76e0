import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIENTS, DIALECTS, type DialectName, postTo } from '../chaos/dialect-clients.ts';
import { callsOf, dialectRig } from '../chaos/dialect-rig.ts';
import { type Rig, rig } from '../chaos/rig.ts';

const windows = (...sizes: readonly (readonly [target: string, window: number | undefined])[]) =>
  `models: {m: {targets: [${sizes.map(([target, size]) => `{target: ${target}${size === undefined ? '' : `, contextWindow: ${size}`}}`).join(', ')}]}}`;

const prompts = (content: unknown): Readonly<Record<DialectName, object>> => ({
  chat: { messages: [{ role: 'user', content }] },
  messages: { max_tokens: 10, messages: [{ role: 'user', content }] },
  responses: { input: [{ role: 'user', content }] },
});

async function ask(it: Rig, client: DialectName, content: unknown): Promise<Response> {
  const response = await postTo(it, CLIENTS[client].path, { model: 'm', ...prompts(content)[client] });
  await response.clone().text();
  return response;
}

const skips = ({ records }: Rig) =>
  records
    .at(-1)
    ?.attempts.filter(({ outcome }) => outcome === 'skipped')
    .map(({ target, reason }) => [target, reason]);

/** Of which a window of 1,000 tokens cannot hold any reading: 10,000 bytes. */
const LONG = 'so many words '.repeat(800);

for (const client of DIALECTS) {
  test(`a ${client} client’s prompt that is certainly too long for a target goes past it at once`, async (t) => {
    const it = await dialectRig(t, windows(['a/sim-ok', 1000], ['b/sim-ok', 100_000]));

    const long = await ask(it, client, LONG);
    assert.equal(long.status, 200);
    assert.equal(long.headers.get('x-breakwater-target'), 'b/sim-ok');
    assert.deepEqual(skips(it), [['a/sim-ok', 'context window too small']]);
    assert.deepEqual(callsOf(it), [0, 1, 0, 0]);

    // It may well be too long; the target is to say so.
    const perhaps = await ask(it, client, LONG.slice(0, 7000));
    assert.equal(perhaps.headers.get('x-breakwater-target'), 'a/sim-ok');
  });

  test(`a ${client} client’s prompt that is too long for all targets is sent to the one that reads most`, async (t) => {
    const it = await dialectRig(t, windows(['a/sim-ok', 800], ['b/sim-ok', 1000], ['c/sim-ok', 900]));

    assert.equal((await ask(it, client, LONG)).headers.get('x-breakwater-target'), 'b/sim-ok');

    assert.deepEqual(skips(it), [['a/sim-ok', 'context window too small']]);
    assert.deepEqual(callsOf(it), [0, 1, 0, 0]);
  });
}

test('a picture is not counted by its bytes', async (t) => {
  const it = await dialectRig(t, windows(['b/sim-ok', 1000], ['c/sim-ok', 100_000]));
  const url = `data:image/png;base64,${'A'.repeat(50_000)}`;

  const response = await ask(it, 'chat', [{ type: 'image_url', image_url: { url } }]);

  assert.equal(response.headers.get('x-breakwater-target'), 'b/sim-ok');
});

test('a window that somebody else knows counts as one that is configured', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    providers:
      'providers: {a: {baseUrl: up(a), apiKey: key-a, pricesLike: openai}, b: {baseUrl: up(b), apiKey: key-b}}\n',
    config: windows(['a/gpt-4', undefined], ['b/sim-ok', 3_000_000]),
  });
  const { runtime } = it.proxy;
  const a = runtime.config.providers.get('a') ?? assert.fail('it is configured');
  const known = runtime.prices.contextWindow(a, 'gpt-4') ?? assert.fail('the list knows it');

  const response = await ask(it, 'chat', 'many words '.repeat(known));

  assert.equal(response.headers.get('x-breakwater-target'), 'b/sim-ok');
  assert.deepEqual(skips(it), [['a/gpt-4', 'context window too small']]);
});

for (const [what, target, sent] of [
  ['the usual cap, where nothing is known', '{target: a/sim-ok}', 8192],
  ['the model’s own cap, where it is known', '{target: a/sim-ok, maxOutputTokens: 64000}', 64_000],
  ['a smaller one', '{target: a/sim-ok, maxOutputTokens: 4096}', 4096],
  ['what is left of the window', '{target: a/sim-ok, maxOutputTokens: 64000, contextWindow: 20000}', undefined],
  ['the usual cap at least', '{target: a/sim-ok, maxOutputTokens: 64000, contextWindow: 8000}', 8192],
] as const) {
  test(`a dialect that demands a cap is sent ${what}`, async (t) => {
    const it = await dialectRig(t, `models: {m: {targets: [${target}]}}`);

    await ask(it, 'chat', 'a'.repeat(6000));

    const body = it.upstreams[0]?.requests[0]?.body as { max_tokens: number };
    if (sent === undefined) assert.ok(body.max_tokens > 17_900 && body.max_tokens < 18_000, String(body.max_tokens));
    else assert.equal(body.max_tokens, sent);
  });
}

test('a cap that the client names is the provider’s to judge', async (t) => {
  const it = await dialectRig(t, 'models: {m: {targets: [{target: a/sim-ok, maxOutputTokens: 4096}]}}');
  await postTo(it, '/v1/chat/completions', { model: 'm', max_tokens: 9999, ...prompts('hello').chat });
  const body = it.upstreams[0]?.requests[0]?.body as { max_tokens: number };
  assert.equal(body.max_tokens, 9999);
});
