import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conforms } from '../conformance/conforms.ts';
import { CLIENTS, DIALECTS, postTo, readRaw, refusedBy } from './dialect-clients.ts';
import { dialectRig } from './dialect-rig.ts';
import { until } from './until.ts';

/** Behaviour of the only target, then what clients are told: of OpenAI's dialects, and of Anthropic's. */
const ERRORS = [
  ['429-after-3600s', [429, 'rate_limit_exceeded'], [429, 'rate_limit_error']],
  ['quota', [429, 'insufficient_quota'], [402, 'billing_error']],
  ['401', [502, 'upstream_auth_error'], [502, 'api_error']],
  ['context', [400, 'context_length_exceeded'], [400, 'invalid_request_error']],
  ['500', [502, 'upstream_error'], [502, 'api_error']],
  ['529', [503, 'server_is_overloaded'], [529, 'overloaded_error']],
  ['policy-violation', [400, 'content_filter'], [400, 'invalid_request_error']],
  ['422', [422, null], [422, 'invalid_request_error']],
] as const;

for (const target of ['a', 'b', 'd']) {
  for (const [behaviour, openAi, anthropic] of ERRORS) {
    describe(`${behaviour} of target ${target}`, () => {
      for (const client of DIALECTS) {
        for (const stream of [false, true]) {
          it(`is told to a ${client} client in its own words${stream ? ' (streamed)' : ''}`, async (t) => {
            const proxy = await dialectRig(
              t,
              `models: {m: {targets: [${target}/sim-${behaviour}], retries: {max: 0}}}`,
            );
            const { path, fields } = CLIENTS[client];

            const response = await postTo(proxy, path, { model: 'm', stream, ...fields });
            const body = (await response.json()) as { error: { type: string; code: string; message: string } };

            const [status, word] = client === 'messages' ? anthropic : openAi;
            assert.equal(response.status, status, JSON.stringify(body));
            assert.deepEqual(conforms(client === 'messages' ? 'anthropic.error' : 'openai.error', body), []);
            if (client === 'messages') {
              assert.equal(body.error.type, word);
              assert.equal(response.headers.get('request-id'), response.headers.get('x-breakwater-request-id'));
            } else if (word !== null) assert.equal(body.error.code, word);
            if (behaviour === 'context') {
              assert.match(body.error.message, client === 'messages' ? /prompt is too long/ : /maximum context length/);
            }
            assert.ok(response.headers.has('retry-after') || response.headers.get('x-should-retry') === 'false');
          });
        }
      }
    });
  }
}

const TEXT = 'The assistant is degraded. Try again in a minute.';

for (const client of DIALECTS) {
  describe(`a ${client} client when everything is down`, () => {
    it('gets the configured text as an answer of its own dialect, whole and streamed', async (t) => {
      const proxy = await dialectRig(
        t,
        `models: {m: {targets: [a/sim-500, b/sim-reset, d/sim-529], retries: {max: 0}, fallback: {static: "${TEXT}"}}}`,
      );
      for (const ask of [CLIENTS[client].whole, CLIENTS[client].streamed]) {
        const told = await ask(proxy);
        assert.deepEqual([told.text, told.finish, told.usage], [TEXT, 'stop', [0, 0]]);
        assert.equal(told.headers.get('x-breakwater-target'), 'static');
        assert.equal(told.headers.get('x-breakwater-status'), 'degraded');
      }
      const { events } = await readRaw(proxy, client);
      const schema = { chat: 'chat.completion.chunk', messages: 'message.event', responses: 'response.event' } as const;
      for (const event of events) assert.deepEqual(conforms(schema[client], event), [], JSON.stringify(event));
      const { path, fields } = CLIENTS[client];
      const whole = { chat: 'chat.completion', messages: 'message', responses: 'response' } as const;
      const answer = await (await postTo(proxy, path, { model: 'm', ...fields })).json();
      assert.deepEqual(conforms(whole[client], answer), []);
    });

    it('is told so in its own dialect where there is no such text', async (t) => {
      const proxy = await dialectRig(
        t,
        'models: {m: {targets: [a/sim-500, b/sim-reset, d/sim-529], retries: {max: 0}}}',
      );
      const error = await refusedBy(CLIENTS[client].whole(proxy));
      assert.ok((error.status ?? 0) >= 500);
      assert.equal(error.headers?.get('x-should-retry'), 'false');
    });
  });

  for (const target of ['a', 'b', 'd']) {
    for (const behaviour of ['silent', 'paced-200ms', 'slow-first-token-60s']) {
      it(`a ${client} client that leaves ends the call to ${target} (${behaviour})`, async (t) => {
        const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-${behaviour}, c/sim-ok]}}`, 1);
        const upstream = proxy.upstreams['abcd'.indexOf(target)];
        const leaving = new AbortController();
        const gone = CLIENTS[client].streamed(proxy, { signal: leaving.signal }).catch((error: unknown) => error);
        await until('upstream works on it', () => upstream?.requests[0] !== undefined);
        if (behaviour.startsWith('paced')) {
          await until('some of it was sent', () => (upstream?.requests[0]?.tokensSent ?? 0) > 0);
        }

        leaving.abort();

        await until('upstream knows', () => upstream?.requests[0]?.closed === 'client-gone');
        assert.ok((await gone) instanceof Error);
        await until('it is settled', () => proxy.records.length === 1);
        assert.equal(proxy.records[0]?.status, 'cancelled');
        assert.equal(proxy.upstreams[2]?.requestCount, 0, 'nobody else is asked');
      });
    }
  }
}

describe('a request that never becomes a call', () => {
  const BAD = {
    'is no JSON': '{',
    'names no model': '{"messages":[],"max_tokens":1,"input":"x"}',
    'names an unknown model': '{"model":"nobody-has-this","messages":[],"max_tokens":1,"input":"x"}',
  };
  for (const client of DIALECTS) {
    for (const [what, body] of Object.entries(BAD)) {
      it(`and ${what} is refused in ${client}'s own words`, async (t) => {
        const proxy = await dialectRig(t, 'models: {m: {targets: [b/sim-ok]}}');
        const response = await postTo(proxy, CLIENTS[client].path, body);
        assert.ok(response.status === 400 || response.status === 404);
        const schema = client === 'messages' ? 'anthropic.error' : 'openai.error';
        assert.deepEqual(conforms(schema, await response.json()), []);
      });
    }
  }
});
