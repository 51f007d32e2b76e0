import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import { Simulator } from '../../src/simulator/simulator.ts';
import { ChildProxy } from '../chaos/child-proxy.ts';
import { HELLO } from '../chaos/rig.ts';
import { pause, until } from '../chaos/until.ts';

function clientOf(proxy: ChildProxy): OpenAI {
  return new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'client', maxRetries: 0, timeout: 30_000 });
}

async function get(proxy: ChildProxy, path: string): Promise<{ status: number; type: string; text: string }> {
  const response = await fetch(proxy.url + path);
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
}

/** The target that answers `m`, as its answer's headers say. */
async function targetOf(openai: OpenAI): Promise<string | null> {
  const { response } = await openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();
  return response.headers.get('x-breakwater-target');
}

test('with no file and no keys it serves: a simulator answers, and it says so', async (t) => {
  const proxy = await ChildProxy.start(t);

  const answer = await clientOf(proxy).chat.completions.create({ model: 'gpt-4o', messages: HELLO });
  const broken = clientOf(proxy).chat.completions.create({ model: 'sim-500', messages: HELLO });

  assert.equal(answer.choices[0]?.finish_reason, 'stop');
  await assert.rejects(broken, OpenAI.InternalServerError);
  assert.match(proxy.output, /SIMULATOR/);
  assert.match(proxy.url, /^http:\/\/127\.0\.0\.1:/, 'for this machine only');
  proxy.signal('SIGTERM');
  assert.deepEqual(await proxy.exited(), { code: 0, signal: null });
});

test('health, readiness and metrics', async (t) => {
  const proxy = await ChildProxy.start(t);
  await clientOf(proxy).chat.completions.create({ model: 'gpt-4o', messages: HELLO });

  assert.deepEqual(await get(proxy, '/healthz').then(({ status, text }) => [status, text]), [200, '{"status":"ok"}']);
  const ready = await get(proxy, '/readyz');
  assert.equal(ready.status, 200);
  assert.deepEqual(JSON.parse(ready.text), { status: 'ok', inFlight: 0, circuits: [] });
  const metrics = await get(proxy, '/metrics');
  assert.equal(metrics.status, 200);
  assert.match(metrics.type, /^text\/plain/);
  assert.match(metrics.text, /^breakwater_\w+(\{.*\})? 1$/m, 'the one request is counted');
});

test('an open circuit is told by readiness, which stays 200', async (t) => {
  const proxy = await ChildProxy.start(t);
  for (let i = 0; i < 3; i++) {
    await assert.rejects(clientOf(proxy).chat.completions.create({ model: 'sim-500', messages: HELLO }));
  }

  const { status, text } = await get(proxy, '/readyz');

  assert.equal(status, 200);
  assert.equal(JSON.parse(text).circuits[0].name, 'sim/sim-500');
  assert.equal(JSON.parse(text).circuits[0].state, 'open');
});

/** A file that sends `m` to one of two simulators. */
function fileFor(simulators: readonly Simulator[], target: string): string {
  const providers = simulators.map((one, i) => `  ${'ab'[i]}: {baseUrl: "${one.baseUrl}", apiKey: key}`).join('\n');
  return `listen: {port: 0}\nproviders:\n${providers}\nmodels: {m: {targets: [${target}]}}\n`;
}

async function reloadable(t: TestContext): Promise<{ proxy: ChildProxy; simulators: Simulator[]; openai: OpenAI }> {
  const simulators = await Promise.all([Simulator.start(), Simulator.start()]);
  t.after(() => Promise.all(simulators.map((one) => one.close())));
  const proxy = await ChildProxy.start(t, fileFor(simulators, 'a/sim-ok'));
  return { proxy, simulators, openai: clientOf(proxy) };
}

function reloads(proxy: ChildProxy): number {
  return proxy.output.split('configuration reloaded').length - 1;
}

test('a changed file is taken over by itself, whether written in place or put in its place', async (t) => {
  const { proxy, simulators, openai } = await reloadable(t);
  assert.equal(await targetOf(openai), 'a/sim-ok');

  writeFileSync(proxy.configPath, fileFor(simulators, 'b/sim-ok'));
  await until('it is reloaded', () => reloads(proxy) === 1);
  assert.equal(await targetOf(openai), 'b/sim-ok');

  writeFileSync(`${proxy.configPath}.new`, fileFor(simulators, 'a/sim-json'));
  renameSync(`${proxy.configPath}.new`, proxy.configPath);
  await until('it is reloaded again', () => reloads(proxy) === 2);
  assert.equal(await targetOf(openai), 'a/sim-json');
});

test('SIGHUP reloads', async (t) => {
  const { proxy, openai } = await reloadable(t);

  proxy.signal('SIGHUP');

  await until('it is reloaded', () => reloads(proxy) === 1);
  assert.equal(await targetOf(openai), 'a/sim-ok');
});

for (const [what, text] of [
  ['is no YAML', 'models: [unclosed'],
  [
    'names an unknown provider',
    'models: {m: {targets: [nobody/gpt]}}\nproviders: {a: {baseUrl: "http://127.0.0.1:1/v1"}}',
  ],
  ['has an unknown key', 'modles: {}'],
  ['is empty of sense', '7'],
]) {
  test(`a file that ${what} is refused by line and reason, and the old one keeps serving`, async (t) => {
    const { proxy, simulators, openai } = await reloadable(t);

    writeFileSync(proxy.configPath, text ?? '');
    await until('it is refused', () => proxy.output.includes('configuration refused'));

    assert.match(proxy.output, /breakwater\.yaml:\d+:\d+/);
    assert.equal(await targetOf(openai), 'a/sim-ok');
    assert.equal(reloads(proxy), 0);
    assert.match((await get(proxy, '/metrics')).text, /^breakwater_config_last_reload_successful 0$/m);
    writeFileSync(proxy.configPath, fileFor(simulators, 'b/sim-ok'));
    await until('the mended file is taken over', () => reloads(proxy) === 1);
    assert.match((await get(proxy, '/metrics')).text, /^breakwater_config_last_reload_successful 1$/m);
    assert.equal(await targetOf(openai), 'b/sim-ok');
  });
}

test('no request is dropped while the file is reloaded under load, those begun before end as they began', async (t) => {
  const { proxy, simulators, openai } = await reloadable(t);
  const answers = { whole: 0, streamed: 0 };
  let stop = false;
  const clients = Array.from({ length: 8 }, async (_, i) => {
    while (!stop) {
      if (i % 2 === 0) {
        const answer = await openai.chat.completions.create({ model: 'm', messages: HELLO });
        assert.equal(answer.choices[0]?.finish_reason, 'stop');
        answers.whole++;
      } else {
        let finish: string | null | undefined;
        for await (const chunk of await openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true })) {
          finish = chunk.choices[0]?.finish_reason ?? finish;
        }
        assert.equal(finish, 'stop');
        answers.streamed++;
      }
    }
  });
  const work = Promise.all(clients);

  const targets = ['b/sim-paced-5ms-x20', 'a/sim-paced-5ms-x20', 'b/sim-ok', 'a/sim-slow-headers-50ms'];
  for (const [i, target] of targets.entries()) {
    writeFileSync(proxy.configPath, fileFor(simulators, target));
    await Promise.race([until(`reload ${i + 1}`, () => reloads(proxy) === i + 1), work]);
    await pause(150);
  }
  stop = true;
  await work;

  assert.ok(answers.whole >= 8 && answers.streamed >= 8, JSON.stringify(answers));
  assert.ok(
    simulators.every((one) => one.requestCount > 0),
    'both were asked',
  );
  assert.ok(!proxy.output.includes('"failed"'), 'none failed in the log either');
});

test('a provider that is taken out of the file finishes what it had begun', async (t) => {
  const { proxy, simulators, openai } = await reloadable(t);
  const stream = await openai.chat.completions.create({ model: 'a/sim-paced-20ms-x60', messages: HELLO, stream: true });
  let finish: string | null | undefined;
  let text = '';
  const reading = (async () => {
    for await (const chunk of stream) {
      finish = chunk.choices[0]?.finish_reason ?? finish;
      text += chunk.choices[0]?.delta.content ?? '';
    }
  })();
  await until('it has begun', () => text !== '');

  writeFileSync(proxy.configPath, fileFor(simulators, 'b/sim-ok').replace(/^ {2}a: .*\n/m, ''));
  await until('it is reloaded', () => reloads(proxy) === 1);

  assert.equal(await targetOf(openai), 'b/sim-ok');
  assert.equal(finish, undefined, 'the stream is still running');
  await reading;
  assert.equal(finish, 'stop');
});
