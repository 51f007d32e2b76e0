import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { CLIENTS, DIALECTS, type DialectName, postTo, WHOLE_TEXT } from './dialect-clients.ts';
import { callsOf, dialectRig } from './dialect-rig.ts';
import { type Rig, rig } from './rig.ts';

/** A provider that keeps the bytes it gets and answers with bytes it was given. */
async function keeper(t: TestContext, contentType: string, answer: string) {
  const seen: { bytes: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      seen.push({ bytes: Buffer.concat(pieces).toString(), headers: request.headers });
      response.writeHead(200, { 'content-type': contentType, connection: 'close' }).end(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen };
}

/** Spelled as no serialiser would, with members and events nobody knows yet. */
const SPELLED = {
  messages: {
    request: `{ "model" : "m",\n"max_tokens":100, "messages":[{"role":"user","content":"gr\\u00fc\\u00dfe"}], "not_yet_known": {"b":1,"a":[1.0, 2e3]}`,
    answer: `{"id":"msg_1", "type":"message","role":"assistant","content":[{"type":"text","text":"h\\u0069","citations":null}, {"type":"not_yet_known"}],\n "stop_reason":"end_turn","usage":{"input_tokens":1.0,"output_tokens":1},"more":null}`,
    stream: [
      'event: message_start\ndata: {"type": "message_start", "message":{"id":"msg_1","usage":{"input_tokens":1}}}',
      'event: not_yet_known\ndata: {"type":"not_yet_known", "x": 1.0}',
      'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
      ': a comment\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"h\\u0069"},"p":"abc"}',
      'event: content_block_stop\ndata: {"type":"content_block_stop","index":0 }',
      'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}',
      'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    ].join('\n\n'),
  },
  responses: {
    request: `{ "model" : "m",\n"input":[{"role":"user","content":"gr\\u00fc\\u00dfe"}], "store": true, "not_yet_known": {"b":1,"a":[1.0, 2e3]}`,
    answer: `{"id":"resp_1", "object":"response","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"h\\u0069"}]}, {"type":"not_yet_known"}],\n "usage":{"input_tokens":1.0,"output_tokens":1},"more":null}`,
    stream: [
      'event: response.created\ndata: {"type": "response.created", "sequence_number":0,"response":{"id":"resp_1"}}',
      'event: response.not_yet_known\ndata: {"type":"response.not_yet_known","sequence_number":1, "x": 1.0}',
      ': a comment\nevent: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":2,"delta":"h\\u0069","obfuscation":"xyz"}',
      'event: response.completed\ndata: {"type":"response.completed","sequence_number":3,"response":{"id":"resp_1","status":"completed","output":[ ]}}\n\n',
    ].join('\n\n'),
  },
} as const;

const PROVIDER_OF = { messages: 'dialect: anthropic', responses: 'speaks: [responses]' } as const;

for (const [dialect, { request, answer, stream }] of Object.entries(SPELLED) as [
  keyof typeof SPELLED,
  (typeof SPELLED)['messages'],
][]) {
  for (const streamed of [false, true]) {
    it(`${dialect} in and out, ${streamed ? 'streamed' : 'whole'}: only the model's name changes`, async (t) => {
      const upstream = await keeper(t, streamed ? 'text/event-stream' : 'application/json', streamed ? stream : answer);
      const proxy = await rig(t, {
        upstreams: [],
        providers: `providers: {k: {baseUrl: "${upstream.url}", apiKey: key-k, ${PROVIDER_OF[dialect]}}}`,
        config: 'models: {m: {targets: [k/else]}}',
      });
      const body = `${request}${streamed ? ',"stream":true' : ''} }`;

      const headers = { 'anthropic-version': '2024-01-01', 'anthropic-beta': 'files-api', 'x-api-key': 'client' };
      const response = await postTo(proxy, CLIENTS[dialect].path, body, headers);

      assert.equal(await response.text(), streamed ? stream : answer);
      const [seen] = upstream.seen;
      assert.equal(seen?.bytes, body.replace('"m"', '"else"'));
      const own = dialect === 'messages';
      assert.equal(seen?.headers['anthropic-version'], own ? '2024-01-01' : undefined);
      assert.equal(seen?.headers['anthropic-beta'], own ? 'files-api' : undefined);
      assert.equal(seen?.headers['x-api-key'], own ? 'key-k' : undefined);
      assert.equal(seen?.headers.authorization, own ? undefined : 'Bearer key-k');
      assert.equal(response.headers.get('x-breakwater-dropped'), null);
    });
  }
}

const ask = (proxy: Rig, dialect: DialectName, fields: object) =>
  postTo(proxy, CLIENTS[dialect].path, { model: 'm', ...CLIENTS[dialect].fields, ...fields });

interface ErrorBody {
  readonly error: { readonly code: string; readonly type: string; readonly message: string; readonly param: string };
}

describe('what a target cannot be told', () => {
  it('is named in a header where it is harmless', async (t) => {
    const proxy = await dialectRig(t, 'models: {m: {targets: [a/sim-ok]}}');
    const response = await ask(proxy, 'chat', { seed: 7, presence_penalty: 0.5 });
    assert.equal(response.status, 200);
    assert.deepEqual(response.headers.get('x-breakwater-dropped')?.split(', ').sort(), ['presence_penalty', 'seed']);
  });

  it('is not named for the target that was told', async (t) => {
    const proxy = await dialectRig(t, 'models: {m: {targets: [a/sim-500, b/sim-ok], retries: {max: 0}}}');
    const response = await ask(proxy, 'chat', { seed: 7 });
    assert.equal(response.headers.get('x-breakwater-target'), 'b/sim-ok');
    assert.equal(response.headers.get('x-breakwater-dropped'), null, 'b was told everything');
    const sent = proxy.upstreams[1]?.requests[0]?.body as { seed: number } | undefined;
    assert.equal(sent?.seed, 7);
  });

  const ESSENTIAL: readonly (readonly [DialectName, string, string, object])[] = [
    ['chat', 'a', 'logprobs', { logprobs: true }],
    ['chat', 'a', 'n', { n: 2 }],
    ['messages', 'b', 'mcp_servers', { mcp_servers: [{ type: 'url', url: 'https://example.com', name: 'x' }] }],
    ['responses', 'b', 'tools[0]', { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] }],
    ['responses', 'a', 'previous_response_id', { previous_response_id: 'resp_1' }],
    ['responses', 'b', 'previous_response_id', { previous_response_id: 'resp_1' }],
    ['responses', 'b', 'store', { store: true }],
    ['responses', 'b', 'background', { background: true }],
  ];
  const NATIVE = { chat: 'b', messages: 'a', responses: 'd' };
  for (const [client, target, field, fields] of ESSENTIAL) {
    it(`${field} of a ${client} client is a 400 that names it, if ${target} is the only target`, async (t) => {
      const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-ok]}}`);
      const response = await ask(proxy, client, fields);
      const { error } = (await response.json()) as ErrorBody;
      assert.equal(response.status, 400);
      assert.equal(error.code, 'capability_unsupported');
      assert.ok(error.message.includes(field), error.message);
      assert.ok(error.param.startsWith(field), error.param);
      assert.deepEqual(callsOf(proxy), [0, 0, 0, 0], 'nobody was asked');
      assert.equal(proxy.proxy.runtime.gates.circuits.snapshots()[0]?.failures, 0);
    });

    it(`${field} of a ${client} client goes to the next target that has it`, async (t) => {
      const native = `${NATIVE[client]}/sim-ok`;
      const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-ok, ${native}]}}`);
      const response = await ask(proxy, client, fields);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('x-breakwater-target'), native);
      const sent = proxy.upstreams['abcd'.indexOf(native.charAt(0))]?.requests[0]?.body as object;
      for (const [name, value] of Object.entries(fields)) {
        assert.deepEqual((sent as Record<string, unknown>)[name], value, 'untouched');
      }
    });
  }

  it("an earlier response is passed on to a provider that keeps responses, with what the client's default is", async (t) => {
    const proxy = await dialectRig(t, 'models: {m: {targets: [d/sim-ok]}}');
    const answer = await proxy.openai.responses.create({ model: 'm', input: 'hello', previous_response_id: 'resp_1' });
    assert.equal(answer.output_text, WHOLE_TEXT);
    const sent = proxy.upstreams[3]?.requests[0]?.body as Record<string, unknown>;
    assert.deepEqual(sent, { model: 'sim-ok', input: 'hello', previous_response_id: 'resp_1' });
  });
});

describe('counting tokens', () => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };
  const count = (proxy: Rig) => postTo(proxy, '/v1/messages/count_tokens', body);

  it('is passed on to Anthropic', async (t) => {
    const proxy = await dialectRig(t, 'models: {m: {targets: [a/sim-ok]}}');
    const response = await count(proxy);
    assert.deepEqual(await response.json(), { input_tokens: 5 });
    assert.equal(proxy.upstreams[0]?.requests[0]?.path, '/v1/messages/count_tokens');
    assert.ok(proxy.upstreams[0].requests[0].headers['anthropic-version']);
  });

  it('goes past a target that cannot count to one that can', async (t) => {
    const proxy = await dialectRig(t, 'models: {m: {targets: [b/sim-ok, a/sim-ok]}}');
    assert.equal((await count(proxy)).headers.get('x-breakwater-target'), 'a/sim-ok');
    assert.deepEqual(callsOf(proxy), [1, 0, 0, 0]);
  });

  it('is a clear 400 where nobody can', async (t) => {
    const proxy = await dialectRig(t, 'models: {m: {targets: [b/sim-ok, d/sim-ok], fallback: {static: "down"}}}');
    const response = await count(proxy);
    const answer = (await response.json()) as ErrorBody & { type: string };
    assert.equal(response.status, 400);
    assert.deepEqual([answer.type, answer.error.type], ['error', 'invalid_request_error']);
    assert.match(answer.error.message, /count/);
    assert.deepEqual(callsOf(proxy), [0, 0, 0, 0]);
  });

  it('fails over like anything else', async (t) => {
    const proxy = await dialectRig(t, 'models: {m: {targets: [a/sim-529, a/sim-ok], retries: {max: 0}}}');
    assert.deepEqual(await (await count(proxy)).json(), { input_tokens: 5 });
  });
});

describe('a target that was already told', () => {
  for (const client of DIALECTS) {
    it(`a ${client} client's own dialect passes without translation`, async (t) => {
      const target = { chat: 'b', messages: 'a', responses: 'd' }[client];
      const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-ok]}}`);
      const response = await ask(proxy, client, { not_yet_known: { a: 1 } });
      assert.equal(response.status, 200);
      const sent = proxy.upstreams['abcd'.indexOf(target)]?.requests[0]?.body;
      assert.deepEqual(sent, { ...CLIENTS[client].fields, model: 'sim-ok', not_yet_known: { a: 1 } });
    });
  }
});

describe('a target that cannot serve the request', () => {
  const STATIC = 'fallback: {static: "down"}';

  it('is no try, and its reason is told', async (t) => {
    const proxy = await dialectRig(t, 'models: {m: {targets: [a/sim-ok, b/sim-ok]}}');
    const response = await ask(proxy, 'chat', { logprobs: true });
    assert.equal(response.headers.get('x-breakwater-attempts'), '1');
    const [skipped] = proxy.records[0]?.attempts ?? [];
    assert.equal(skipped?.outcome, 'skipped');
    assert.match(skipped?.reason ?? '', /logprobs/);
  });

  it('is no reason to give up where the one that can is only having an outage', async (t) => {
    const proxy = await dialectRig(t, 'models: {m: {targets: [b/sim-ok, d/model]}}');
    proxy.upstreams[3]?.behave('model', '500');
    for (let i = 0; i < 6; i++) await (await ask(proxy, 'responses', { previous_response_id: 'resp_1' })).text();
    const refused = await ask(proxy, 'responses', { previous_response_id: 'resp_1' });
    assert.equal(refused.status, 503, 'to come back is worth while');
    await refused.text();

    proxy.upstreams[3]?.behave('model', undefined);
    const hope = await ask(proxy, 'responses', { previous_response_id: 'resp_1' });
    assert.equal(hope.status, 200, 'a last hope is asked');
  });

  it('has no configured text hide that the request must change', async (t) => {
    const proxy = await dialectRig(t, `models: {m: {targets: [a/sim-ok], ${STATIC}}}`);
    assert.equal((await ask(proxy, 'chat', { logprobs: true })).status, 400);
    const down = await dialectRig(t, `models: {m: {targets: [a/sim-ok, b/sim-500], retries: {max: 0}, ${STATIC}}}`);
    assert.equal((await ask(down, 'chat', { logprobs: true })).headers.get('x-breakwater-target'), 'static');
  });
});
