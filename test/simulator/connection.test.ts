import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask, chatBytes, parseResponse, RawClient, requestBytes, startFor, until } from './raw-client.ts';

describe('a connection', () => {
  it('serves one request after another', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    for (let i = 1; i <= 3; i++) {
      const { status } = await client.send(chatBytes(`m-${i}`)).response();
      assert.equal(status, 200);
      client.reads.length = 0;
    }
    assert.equal(simulator.openSockets, 1);
    assert.deepEqual(
      simulator.requests.map(({ model }) => model),
      ['m-1', 'm-2', 'm-3'],
    );
  });

  it('answers pipelined requests in their order, though the first is the slowest', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    client.send(chatBytes('sim-slow-headers-20ms') + chatBytes('sim-404') + chatBytes('sim-ok', { stream: true }));
    await client.until(({ text }) => text.includes('data: [DONE]'));
    const first = parseResponse(client.bytes);
    const second = parseResponse(first.rest);
    const third = parseResponse(second.rest);
    assert.deepEqual([first.status, second.status, third.status], [200, 404, 200]);
    assert.deepEqual([third.complete, third.rest.length], [true, 0]);
  });

  it('stops reading a client that sends far ahead of its answers', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    client.send(chatBytes('sim-silent'));
    // More than the kernel holds for both sides: it is written out only if the simulator reads it.
    const written = new Promise((resolve) =>
      client.socket.write(Buffer.alloc(8 * 1024 * 1024, 'x'), () => resolve('read')),
    );
    const waited = new Promise((resolve) => setTimeout(resolve, 1000, 'left'));
    assert.equal(await Promise.race([written, waited]), 'left');
    client.socket.destroy();
  });

  it('answers thousands of requests sent at once', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    client.send('GET /healthz HTTP/1.1\r\n\r\n'.repeat(20_000));
    await until(() => simulator.requestCount === 20_000);
  });

  it('is closed after an answer where the client asks so', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    await client.send(chatBytes('sim-ok', {}, { connection: 'close' })).gone();
    assert.equal(client.standing, 'end');
    assert.equal(parseResponse(client.bytes).headers.connection, 'close');
    assert.equal(parseResponse(client.bytes).complete, true);
  });

  it('says 100 Continue to a client that waits for it', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    const [head = '', body = ''] = chatBytes('sim-ok', {}, { expect: '100-continue' }).split('\r\n\r\n');
    await client.send(`${head}\r\n\r\n`).until(({ text }) => text === 'HTTP/1.1 100 Continue\r\n\r\n');
    client.reads.length = 0;
    assert.equal((await client.send(body).response()).status, 200);
  });

  it('refuses malformed HTTP and closes', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    await client.send('GET / HTTP/1.1\r\nbroken header\r\n\r\n').gone();
    assert.equal(parseResponse(client.bytes).status, 400);
    assert.match(client.text, /malformed header line 1/);
    assert.equal(simulator.requestCount, 0);
  });

  it('answers HEAD without a body', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    client.send('HEAD /healthz HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n');
    await client.until(({ text }) => text.endsWith('{"status":"ok"}'));
    assert.equal(client.text.split('{"status":"ok"}').length, 2);
  });
});

describe('requests that ask nothing', () => {
  for (const [what, bytes, status, message] of [
    ['malformed JSON', requestBytes('{"model": "m", "messages": ['), 400, 'We could not parse'],
    ['JSON that is no object', requestBytes([1]), 400, 'must be an object'],
    ['no model', requestBytes({ messages: [] }), 400, 'must provide a model'],
    ['no messages', requestBytes({ model: 'm' }), 400, "'messages'"],
    ['empty messages', requestBytes({ model: 'm', messages: [] }), 400, 'empty array'],
    ['a wrong n', chatBytes('m', { n: 0 }), 400, "'n'"],
    ['no prompt', requestBytes({ model: 'm' }, '/v1/completions'), 400, "'prompt'"],
    ['no input', requestBytes({ model: 'm' }, '/v1/embeddings'), 400, "'input'"],
    ['an empty input', requestBytes({ model: 'm', input: [''] }, '/v1/embeddings'), 400, "'input'"],
    ['odd dimensions', requestBytes({ model: 'm', input: 'x', dimensions: -1 }, '/v1/embeddings'), 400, "'dimensions'"],
    ['another path', requestBytes({}, '/v1/other'), 404, 'Unknown request URL: POST /v1/other'],
    ['a wrong method', 'GET /v1/chat/completions HTTP/1.1\r\n\r\n', 405, 'Not allowed to GET'],
    ['a stray percent sign', 'GET /v1/models/sim-% HTTP/1.1\r\n\r\n', 404, 'no known term'],
  ] as const) {
    it(`get a ${status} for ${what}`, async (t) => {
      const response = await ask(t, await startFor(t), bytes);
      assert.equal(response.status, status);
      const { error } = JSON.parse(response.body.toString()) as { error: { message: string } };
      assert.ok(error.message.includes(message), error.message);
    });
  }
});
