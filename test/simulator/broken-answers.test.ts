import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask, chatBytes, parseResponse, RawClient, requestBytes, startFor, until } from './raw-client.ts';
import { chatChunks, chatText, eventData } from './sse.ts';

const stream = { stream: true };

describe('before any answer', () => {
  for (const [model, standing, bytes] of [
    ['sim-reset', 'ECONNRESET', /^$/],
    ['sim-hang-up', 'end', /^$/],
    ['sim-bad-http', 'end', /^SSH-2\.0-/],
    ['sim-cut-headers', 'end', /^HTTP\/1\.1 200 OK\r\ncontent-type: application\/js$/],
  ] as const) {
    it(`${model} ends the connection with ${standing}`, async (t) => {
      const simulator = await startFor(t);
      const client = await RawClient.open(t, simulator);
      await client.send(chatBytes(model)).gone();
      assert.equal(client.standing, standing);
      assert.match(client.text, bytes);
      await until(() => simulator.openSockets === 0);
      assert.equal(simulator.requests[0]?.closed, standing === 'end' ? 'cut' : 'reset');
    });
  }

  it('sim-reset-reused spares the first request of a connection', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    assert.equal((await client.send(chatBytes('sim-reset-reused')).response()).status, 200);
    await client.send(chatBytes('sim-reset-reused')).gone();
    assert.equal(client.standing, 'ECONNRESET');
    assert.equal((await ask(t, simulator, chatBytes('sim-reset-reused'))).status, 200);
  });
});

describe('in the middle of a stream', () => {
  for (const [model, standing, closed] of [
    ['sim-cut-at-40', 'end', 'cut'],
    ['sim-reset-at-40', 'ECONNRESET', 'reset'],
  ] as const) {
    it(`${model} sends forty tokens and no end of the body`, async (t) => {
      const simulator = await startFor(t);
      const client = await RawClient.open(t, simulator);
      await client.send(chatBytes(model, stream)).gone();
      assert.equal(client.standing, standing);
      const { body, complete } = parseResponse(client.bytes);
      assert.equal(complete, false);
      assert.equal(chatText(body).split(' ').length, 40);
      assert.deepEqual([simulator.requests[0]?.closed, simulator.requests[0]?.tokensSent], [closed, 40]);
    });
  }

  it('sim-cut-clean-at-40 ends the body as if it were whole', async (t) => {
    const { body, complete } = await ask(t, await startFor(t), chatBytes('sim-cut-clean-at-40', stream));
    assert.equal(complete, true);
    assert.equal(chatText(body).split(' ').length, 40);
    assert.ok(chatChunks(body).every(({ choices }) => choices?.[0]?.finish_reason === null));
    assert.ok(!eventData(body).includes('[DONE]'));
  });

  it('sim-stall-at-3 sends three tokens, then nothing, and keeps the connection', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    client.send(chatBytes('sim-stall-at-3', stream));
    await client.until(({ bytes }) => chatText(parseResponse(bytes).body).split(' ').length === 3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(client.standing, 'open');
    assert.equal(chatText(parseResponse(client.bytes).body).split(' ').length, 3);
    assert.deepEqual([simulator.requests[0]?.closed, simulator.openRequests], ['open', 1]);
  });

  it('a break without a place comes half way', async (t) => {
    const simulator = await startFor(t, { tokens: 10 });
    await (await RawClient.open(t, simulator)).send(chatBytes('sim-cut', stream)).gone();
    assert.equal(simulator.requests[0]?.tokensSent, 5);
  });

  it('sim-error-event-at-5 sends the error as the last event', async (t) => {
    const { body, complete } = await ask(t, await startFor(t), chatBytes('sim-error-event-at-5', stream));
    assert.equal(complete, true);
    const events = eventData(body);
    assert.equal(events.length, 7);
    assert.equal(JSON.parse(events.at(-1) ?? '').error.type, 'server_error');
  });

  it('sim-error-event-before-delta sends the role, then the error', async (t) => {
    const { body } = await ask(t, await startFor(t), chatBytes('sim-error-event-before-delta', stream));
    const [role, error, ...rest] = eventData(body).map((data) => JSON.parse(data));
    assert.equal(role.choices[0].delta.role, 'assistant');
    assert.equal(error.error.type, 'server_error');
    assert.deepEqual(rest, []);
  });

  it('sim-bad-json-event-at-5 is otherwise whole', async (t) => {
    const simulator = await startFor(t);
    const good = eventData((await ask(t, simulator, chatBytes('sim-ok', stream))).body);
    const events = eventData((await ask(t, simulator, chatBytes('sim-bad-json-event-at-5', stream))).body);
    assert.equal(events.length, good.length + 1);
    assert.throws(() => JSON.parse(events[6] ?? ''), SyntaxError);
    assert.equal(events.filter((_, i) => i !== 6).length, good.length);
    assert.equal(events.at(-1), '[DONE]');
  });
});

describe('in the middle of an answer that is not streamed', () => {
  for (const [model, standing] of [
    ['sim-cut-at-16-x32', 'end'],
    ['sim-reset-at-16-x32', 'ECONNRESET'],
  ] as const) {
    it(`${model} sends half of the body`, async (t) => {
      const client = await RawClient.open(t, await startFor(t));
      await client.send(chatBytes(model)).gone();
      assert.equal(client.standing, standing);
      const { body, headers, complete } = parseResponse(client.bytes);
      assert.equal(complete, false);
      assert.equal(body.length, Math.floor(Number(headers['content-length']) / 2));
    });
  }

  it('sim-cut-clean ends a body without a length', async (t) => {
    const { body, headers, complete } = await ask(t, await startFor(t), chatBytes('sim-cut-clean'));
    assert.equal(headers['transfer-encoding'], 'chunked');
    assert.equal(complete, true);
    assert.throws(() => JSON.parse(body.toString()), SyntaxError);
  });

  it('embeddings break too', async (t) => {
    const client = await RawClient.open(t, await startFor(t));
    await client.send(requestBytes({ model: 'sim-cut', input: 'x' }, '/v1/embeddings')).gone();
    assert.equal(parseResponse(client.bytes).complete, false);
  });
});

describe('a 200 that is a failure', () => {
  const cases: readonly (readonly [model: string, fields: object, check: (body: string, type: string) => void])[] = [
    ['sim-html', {}, (body, type) => assert.ok(type === 'text/html' && body.startsWith('<!DOCTYPE html>'))],
    ['sim-not-json', {}, (body) => assert.throws(() => JSON.parse(body), SyntaxError)],
    ['sim-empty-body', {}, (body) => assert.equal(body, '')],
    ['sim-empty-sse', stream, (body, type) => assert.ok(type.startsWith('text/event-stream') && body === '')],
    ['sim-empty-choices', {}, (body) => assert.deepEqual(JSON.parse(body).choices, [])],
    ['sim-empty-choices', stream, (body) => assert.deepEqual(chatChunks(body)[0]?.choices, [])],
    ['sim-null-content', {}, (body) => assert.equal(JSON.parse(body).choices[0].message.content, null)],
    ['sim-null-content', stream, (body) => assert.equal(chatText(body), '')],
    ['sim-error-in-200', {}, (body) => assert.equal(JSON.parse(body).error.type, 'server_error')],
    ['sim-error-event-at-3', {}, (body) => assert.equal(JSON.parse(body).error.type, 'server_error')],
    [
      'sim-no-finish',
      stream,
      (body) => {
        assert.ok(chatChunks(body).every(({ choices }) => choices?.[0]?.finish_reason === null));
        assert.equal(eventData(body).at(-1), '[DONE]');
      },
    ],
    [
      'sim-repeat',
      {},
      (body) => assert.match(JSON.parse(body).choices[0].message.content, /( the same words over again){40}/),
    ],
    ['sim-filtered', {}, (body) => assert.equal(JSON.parse(body).choices[0].finish_reason, 'content_filter')],
    ['sim-length', stream, (body) => assert.equal(chatChunks(body).at(-1)?.choices?.[0]?.finish_reason, 'length')],
  ];
  for (const [model, fields, check] of cases) {
    it(`${model}${'stream' in fields ? ', streamed' : ''}`, async (t) => {
      const { status, body, headers } = await ask(t, await startFor(t), chatBytes(model, { ...fields }));
      assert.equal(status, 200);
      check(body.toString(), headers['content-type'] ?? '');
    });
  }
});

describe('errors', () => {
  for (const [model, status, path, value] of [
    ['sim-500', 500, 'error.type', 'server_error'],
    ['sim-502', 502, 'error.type', 'server_error'],
    ['sim-529', 529, 'error.type', 'overloaded_error'],
    ['sim-401', 401, 'error.code', 'invalid_api_key'],
    ['sim-404', 404, 'error.code', 'model_not_found'],
    ['sim-quota', 429, 'error.type', 'insufficient_quota'],
    ['sim-spend-limit', 429, 'error.details.error_code', 'enforced_spend_limit_reached'],
    ['sim-context', 400, 'error.code', 'context_length_exceeded'],
    ['sim-content-filter', 400, 'error.innererror.code', 'ResponsibleAIPolicyViolation'],
    ['sim-gemini-day-quota', 429, 'error.details.1.retryDelay', '22s'],
    ['sim-groq-413', 413, 'error.code', 'rate_limit_exceeded'],
    ['sim-vllm-context', 400, 'code', 400],
    ['sim-ollama-503', 503, 'error', 'server busy, please try again. maximum pending requests exceeded'],
  ] as const) {
    it(`${model} is a ${status} with ${path} = ${value}`, async (t) => {
      const response = await ask(t, await startFor(t), chatBytes(model));
      assert.equal(response.status, status);
      const found = path.split('.').reduce((node, key) => node[key], JSON.parse(response.body.toString()));
      assert.equal(found, value);
    });
  }

  it('sim-502-html is a page', async (t) => {
    const { status, headers, body } = await ask(t, await startFor(t), chatBytes('sim-502-html'));
    assert.deepEqual(
      [status, headers['content-type'], body.toString().slice(0, 15)],
      [502, 'text/html', '<!DOCTYPE html>'],
    );
  });

  it('sim-azure-429 carries its own hints, and others besides', async (t) => {
    const { headers } = await ask(t, await startFor(t), chatBytes('sim-azure-429-should-retry'));
    assert.deepEqual([headers['retry-after-ms'], headers['x-should-retry']], ['1500', 'true']);
  });
});
