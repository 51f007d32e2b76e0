import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HttpHead } from '../../src/simulator/http-request.ts';
import { RequestLog } from '../../src/simulator/request-log.ts';
import { ask, chatBytes, requestBytes, startFor } from './raw-client.ts';

const head: HttpHead = {
  method: 'POST',
  target: '/v1/chat/completions',
  headers: { authorization: 'Bearer sk-very-secret' },
  keepAlive: true,
  expectsContinue: false,
  length: 0,
};

describe('the log of requests', () => {
  it('keeps the newest and counts all', () => {
    const log = new RequestLog(10);
    for (let i = 1; i <= 1000; i++) log.add(i, head, Buffer.from('{}'));
    assert.equal(log.count, 1000);
    assert.deepEqual(
      log.records.map(({ id }) => id),
      [991, 992, 993, 994, 995, 996, 997, 998, 999, 1000],
    );
  });

  it('keeps at most 16 MiB of bodies, the newest', () => {
    const log = new RequestLog(1000);
    const body = Buffer.from(JSON.stringify('x'.repeat(1024 * 1024)));
    for (let i = 0; i < 100; i++) log.add(i, head, body);
    assert.equal(log.records.filter((record) => record.body !== undefined).length, 15);
    assert.equal(typeof log.records.at(-1)?.body, 'string');
    log.add(0, head, Buffer.alloc(17 * 1024 * 1024, ' '));
    assert.ok(log.records.every((record) => record.body === undefined));
  });

  it('keeps bodies right through trimming and clearing', () => {
    const log = new RequestLog(20);
    const body = Buffer.alloc(1024 * 1024, '1');
    for (let i = 0; i < 200; i++) log.add(i, head, body);
    assert.equal(log.records.filter(({ rawBody }) => rawBody !== undefined).length, 16);
    log.clear();
    for (let i = 0; i < 8; i++) log.add(i, head, body);
    assert.equal(log.records.filter(({ rawBody }) => rawBody !== undefined).length, 8);
  });

  it('has a malformed body as text', () => {
    assert.equal(new RequestLog(1).add(0, head, Buffer.from('{"a":')).body, '{"a":');
  });
});

describe('the endpoints beside the API', () => {
  it('GET /requests tells how requests went, but neither headers, prompts nor keys', async (t) => {
    const simulator = await startFor(t);
    const fields = { messages: [{ role: 'user', content: 'my prompt' }] };
    await ask(t, simulator, chatBytes('sim-429-after-2s', fields, { authorization: 'Bearer sk-very-secret' }));
    await ask(t, simulator, chatBytes('gpt-4o', fields, { authorization: 'Bearer sk-very-secret' }));
    const text = (await ask(t, simulator, 'GET /requests?last=2 HTTP/1.1\r\n\r\n')).body.toString();
    assert.ok(!text.includes('very-s') && !text.includes('my prompt'));
    const { count, requests } = JSON.parse(text);
    assert.equal(count, 3);
    assert.equal(requests[0].model, 'gpt-4o');
    assert.deepEqual([requests[0].status, requests[0].closed, requests[0].key], [200, 'completed', '...cret']);
    assert.equal(requests[1].path, '/requests?last=2');
  });

  it('POST and DELETE /outage begin and end one', async (t) => {
    const simulator = await startFor(t);
    const outage = (line: string) => ask(t, simulator, `${line} HTTP/1.1\r\n\r\n`);
    const status = async () => (await ask(t, simulator, chatBytes('gpt-4o'))).status;
    assert.equal((await outage('POST /outage?behaviour=529')).status, 200);
    assert.equal(await status(), 529);
    assert.equal((await outage('GET /outage')).status, 405);
    assert.equal((await outage('POST /outage?behaviour=meteor')).status, 400);
    assert.equal(await status(), 529);
    await outage('POST /outage');
    assert.equal(await status(), 503);
    await outage('DELETE /outage');
    assert.equal(await status(), 200);
  });

  it('GET /healthz is ok even in an outage', async (t) => {
    const simulator = await startFor(t);
    simulator.outage('503');
    assert.equal((await ask(t, simulator, 'GET /healthz HTTP/1.1\r\n\r\n')).status, 200);
  });

  it('tells its user of each request that has ended', async (t) => {
    const ended: string[] = [];
    const simulator = await startFor(t, { onEnded: ({ model, closed }) => ended.push(`${model} ${closed}`) });
    await ask(t, simulator, requestBytes({ model: 'm', input: 'x' }, '/v1/embeddings'));
    assert.deepEqual(ended, ['m completed']);
    simulator.forget();
    assert.deepEqual([simulator.requests.length, simulator.requestCount], [0, 1]);
  });
});
