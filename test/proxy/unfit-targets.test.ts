import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { CLIENTS, DIALECTS, type DialectName, postTo } from '../chaos/dialect-clients.ts';
import { callsOf, dialectRig } from '../chaos/dialect-rig.ts';
import { circuitOf } from '../chaos/gates.ts';
import { type Rig, rig } from '../chaos/rig.ts';
import { dataOf, readStream } from '../chaos/stream-reading.ts';
import { until } from '../chaos/until.ts';

const PNG = 'iVBORw0KGgo=';
const URL_OF_PNG = `data:image/png;base64,${PNG}`;

/** The same question with a picture, in each dialect. */
const PICTURED: Readonly<Record<DialectName, { readonly fields: object; readonly field: string }>> = {
  chat: {
    fields: { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: URL_OF_PNG } }] }] },
    field: 'messages[0].content[0]',
  },
  messages: {
    fields: {
      max_tokens: 100,
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }],
        },
      ],
    },
    field: 'messages[0].content[0]',
  },
  responses: {
    fields: { input: [{ role: 'user', content: [{ type: 'input_image', image_url: URL_OF_PNG, detail: 'auto' }] }] },
    field: 'input[0].content[0]',
  },
};

const blind = (target: string) => `{target: ${target}, capabilities: {vision: false}}`;

const skips = ({ records }: Rig) =>
  records
    .at(-1)
    ?.attempts.filter(({ outcome }) => outcome === 'skipped')
    .map(({ target, reason }) => [target, reason]);

for (const client of DIALECTS) {
  const { path } = CLIENTS[client];
  const { fields, field } = PICTURED[client];

  describe(`a ${client} client that shows a picture`, () => {
    for (const unseeing of ['a', 'b', 'd']) {
      it(`is answered by the target behind ${unseeing}, which sees nothing and is not called`, async (t) => {
        const it = await dialectRig(t, `models: {m: {targets: [${blind(`${unseeing}/sim-ok`)}, c/sim-ok]}}`);

        const response = await postTo(it, path, { model: 'm', ...fields });

        assert.equal(response.status, 200, await response.clone().text());
        assert.equal(response.headers.get('x-breakwater-target'), 'c/sim-ok');
        assert.equal(response.headers.get('x-breakwater-attempts'), '1');
        assert.deepEqual(callsOf(it), [0, 0, 1, 0]);
        assert.deepEqual(skips(it), [[`${unseeing}/sim-ok`, `no vision: ${field}`]]);
        assert.equal(circuitOf(it, `${unseeing}/sim-ok`).completed, 0);
      });
    }

    it('is refused where no target sees, with what each lacks', async (t) => {
      const it = await dialectRig(
        t,
        `models: {m: {targets: [${blind('a/one')}, ${blind('b/two')}], fallback: {static: sorry}}}`,
      );

      const response = await postTo(it, path, { model: 'm', ...fields });

      assert.equal(response.status, 400);
      const { error } = (await response.json()) as { error: { code: string; message: string; param: string } };
      assert.deepEqual([error.code, error.param], ['capability_unsupported', field]);
      for (const target of ['a/one', 'b/two']) {
        assert.ok(error.message.includes(`${target} cannot serve this request: ${field} needs vision`), error.message);
      }
      assert.deepEqual(callsOf(it), [0, 0, 0, 0]);
      assert.equal(skips(it)?.length, 2);
    });

    it('gets the first target where nobody has said that it sees nothing', async (t) => {
      const it = await dialectRig(
        t,
        'models: {m: {targets: [{target: b/sim-ok, capabilities: {audio: false}}, c/sim-ok]}}',
      );
      const response = await postTo(it, path, { model: 'm', ...fields });
      assert.equal(response.headers.get('x-breakwater-target'), 'b/sim-ok');
    });

    it('asks a target of which the preset knows better, where the operator says so', async (t) => {
      const targets = 'targets: [{target: a/gpt-3.5-turbo, capabilities: {vision: true}}, b/sim-ok]';
      const it = await rig(t, {
        upstreams: [{}, {}],
        providers:
          'providers: {a: {preset: openai, baseUrl: up(a), apiKey: key-a, speaks: [chat]}, b: {baseUrl: up(b), apiKey: key-b}}\n',
        config: `models: {m: {${targets}}, n: {targets: [a/gpt-3.5-turbo, b/sim-ok]}}`,
      });
      const of = async (model: string) =>
        (await postTo(it, path, { model, ...fields })).headers.get('x-breakwater-target');
      assert.deepEqual([await of('m'), await of('n')], ['a/gpt-3.5-turbo', 'b/sim-ok']);
    });
  });
}

test('a text that says what a picture would say is no picture, and goes on byte for byte', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    config: `models: {m: {targets: [${blind('a/sim-echo')}, b/sim-echo]}}`,
  });
  const said = 'the part {"type":"image_url"} is 1.0 big';
  const body = `{"model" :"m",  "messages":[{"role":"user","content":${JSON.stringify(said)}}],"seed":1.0}`;

  const response = await postTo(it, '/v1/chat/completions', body);

  assert.equal(response.headers.get('x-breakwater-target'), 'a/sim-echo');
  const length = Number(it.upstreams[0]?.requests[0]?.headers['content-length']);
  assert.equal(length, body.replace('"m"', '"sim-echo"').length);
});

test('a model that speaks only one of its provider’s dialects is spoken to in that', async (t) => {
  const it = await rig(t, {
    upstreams: [{}],
    providers: 'providers: {a: {preset: openai, baseUrl: up(a), apiKey: key-a}}\n',
    config: 'models: {m: {targets: [a/gpt-5-codex]}}',
  });
  const { status } = await postTo(it, '/v1/chat/completions', {
    model: 'm',
    messages: [{ role: 'user', content: 'hello' }],
  });
  assert.equal(status, 200);
  assert.equal(it.upstreams[0]?.requests[0]?.path, '/v1/responses');
});

test('the backup of a late target is one that can serve the request', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}, {}],
    config: `models: {m: {targets: [a/primary, ${blind('b/sim-ok')}, c/sim-ok], hedge: true, timeouts: {firstToken: 2m}}, warm: {targets: [a/warm]}}`,
  });
  const [a] = it.upstreams;
  const ask = async (model = 'm') => {
    const response = await postTo(it, '/v1/chat/completions', { model, ...PICTURED.chat.fields });
    await response.text();
    return response.headers.get('x-breakwater-target');
  };
  await ask('warm');
  a?.behave('primary', 'slow-headers-10s');
  await Promise.all(Array.from({ length: 60 }, () => ask()));
  a?.behave('primary', 'silent');

  assert.equal(await ask(), 'c/sim-ok');

  assert.deepEqual([it.upstreams[1]?.requestCount, it.upstreams[2]?.requestCount], [0, 1]);
  await until('the late call is closed', () => a?.openRequests === 0);
});

test('a broken stream is continued by a target that can serve the request', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}, {}],
    config: `models: {m: {targets: [a/sim-paced-20ms-cut-at-5, ${blind('b/sim-ok')}, c/sim-ok], stream: {onBreak: resume}, timeouts: {stall: 4s}}}`,
  });

  const { status, headers, errors, dones } = await readStream(it, { model: 'm', ...PICTURED.chat.fields });

  assert.deepEqual([status, errors, dones], [200, [], 1]);
  assert.equal(headers.get('x-breakwater-target'), 'a/sim-paced-20ms-cut-at-5', 'which began it');
  assert.deepEqual([it.upstreams[1]?.requestCount, it.upstreams[2]?.requestCount], [0, 1]);
  assert.equal(it.records.at(-1)?.target, 'c/sim-ok');
});

const WISHES: readonly (readonly [DialectName, string, object])[] = [
  ['chat', 'reasoning_effort', { reasoning_effort: 'high' }],
  ['responses', 'reasoning', { reasoning: { effort: 'high' }, include: ['reasoning.encrypted_content'] }],
  ['messages', 'thinking', { thinking: { type: 'enabled', budget_tokens: 1024 } }],
];
const SPEAKS: Readonly<Record<DialectName, string>> = { chat: 'b', messages: 'a', responses: 'd' };

for (const [client, wish, more] of WISHES) {
  const { path, fields } = CLIENTS[client];
  const target = `${SPEAKS[client]}/sim-ok`;

  test(`a ${client} client’s wish to reason is not for a target that does not: it answers without, and says so`, async (t) => {
    const it = await dialectRig(
      t,
      `models: {m: {targets: [{target: ${target}, capabilities: {reasoning: false}}]}, n: {targets: [${target}]}}`,
    );
    const ask = (model: string) => postTo(it, path, { model, stream: true, ...fields, ...more });

    const [without, heeded] = [await ask('m'), await ask('n')];

    assert.equal(without.status, 200, await without.clone().text());
    assert.ok(dataOf(await without.text()).length > 3);
    assert.equal(without.headers.get('x-breakwater-dropped'), wish);
    assert.equal(heeded.headers.get('x-breakwater-dropped'), null);
    await heeded.text();
    const sent = it.upstreams['abcd'.indexOf(SPEAKS[client])]?.requests.map(({ body }) => body as object);
    assert.deepEqual(
      sent?.map((body) => wish in body),
      [false, true],
    );
    assert.equal(JSON.stringify(sent?.[0]).includes('reasoning.encrypted_content'), false);
  });
}
