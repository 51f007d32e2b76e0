import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeClock } from '../breakers/fake-clock.ts';
import { ask, chatBytes, parseResponse, RawClient, startFor, until } from './raw-client.ts';
import { chatText, eventData } from './sse.ts';

const stream = { stream: true };

async function bodyOf(t: TestContext, model: string, fields: Record<string, unknown> = stream): Promise<string> {
  const { status, body, complete } = await ask(t, await startFor(t, { tokens: 14 }), chatBytes(model, fields));
  assert.deepEqual([status, complete], [200, true]);
  return body.toString();
}

describe('on the wire', () => {
  for (const [term, looks] of [
    ['crlf', (body: string) => body.includes('\r\n\r\n') && !/[^\r]\n/.test(body)],
    ['cr', (body: string) => body.includes('\r\r') && !body.includes('\n')],
    ['bom', (body: string) => body.startsWith('\ufeffdata: ')],
    ['no-space', (body: string) => body.startsWith('data:{')],
    ['data-lines', (body: string) => body.startsWith('data: {\ndata: "id"')],
    [
      'comments',
      (body: string) => body.startsWith(': keep-alive\n\ndata: {') && body.split(': keep-alive').length > 14,
    ],
    ['bytes', () => true],
    ['headers-dribble', () => true],
    ['separate-writes', () => true],
    [
      'crlf-comments-bom-data-lines-no-space-bytes',
      (body: string) => body.startsWith('\ufeff: keep-alive\r\n\r\ndata:{\r\n'),
    ],
  ] as const) {
    it(`sim-${term} has the text of sim-ok`, async (t) => {
      const body = await bodyOf(t, `sim-${term}`);
      assert.ok(looks(body), JSON.stringify(body.slice(0, 200)));
      assert.equal(chatText(body), chatText(await bodyOf(t, 'sim-ok')));
      assert.equal(eventData(body).at(-1), '[DONE]');
    });
  }

  it('sim-bytes comes in many reads', async (t) => {
    const client = await RawClient.open(t, await startFor(t, { tokens: 2 }));
    const { body } = await client.send(chatBytes('sim-bytes', stream)).response();
    assert.ok(client.reads.length > body.length / 4, `${client.reads.length} reads for ${body.length} bytes`);
  });

  it('sim-split-emoji splits characters over two reads', async (t) => {
    const client = await RawClient.open(t, await startFor(t));
    const { body } = await client.send(chatBytes('sim-split-emoji', stream)).response();
    assert.match(chatText(body), /\p{Extended_Pictographic}/u);
    assert.ok(!chatText(body).includes('\ufffd'));
    assert.ok(client.reads.some((read) => read.toString().includes('\ufffd')));
  });

  it('sim-split-emoji says the same when not streamed, in bytes rightly counted', async (t) => {
    const whole = JSON.parse(await bodyOf(t, 'sim-split-emoji', {}));
    assert.equal(whole.choices[0].message.content, chatText(await bodyOf(t, 'sim-split-emoji')));
  });

  it('sim-headers-dribble-10ms sends a byte of the head each 10 ms', async (t) => {
    const clock = new FakeClock();
    const simulator = await startFor(t, { clock });
    const client = await RawClient.open(t, simulator);
    client.send(chatBytes('sim-headers-dribble-10ms'));
    for (let bytes = 1; bytes <= 20; bytes++) {
      await until(() => client.bytes.length === bytes && clock.pending === 1);
      clock.advance(9);
      assert.equal(clock.pending, 1);
      clock.advance(1);
    }
    assert.equal(client.text.slice(0, 15), 'HTTP/1.1 200 OK');
  });

  it('sim-big-event-100KiB has one event of that size', async (t) => {
    const sizes = eventData(await bodyOf(t, 'sim-big-event-100KiB')).map((data) => data.length);
    assert.equal(sizes.filter((size) => size > 100 * 1024).length, 1);
  });

  it('sim-no-done ends behind the finish reason, sim-no-usage tells none', async (t) => {
    assert.ok(!(await bodyOf(t, 'sim-no-done')).includes('[DONE]'));
    const withUsage = { ...stream, stream_options: { include_usage: true } };
    assert.ok((await bodyOf(t, 'sim-ok', withUsage)).includes('"completion_tokens":14'));
    assert.ok(!(await bodyOf(t, 'sim-no-usage', withUsage)).includes('"usage"'));
    assert.ok(!(await bodyOf(t, 'sim-no-usage', {})).includes('"usage"'));
    assert.ok((await bodyOf(t, 'sim-usage-1000-50', {})).includes('"total_tokens":1050'));
  });

  it('sim-linger says [DONE] and stays', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    await client.send(chatBytes('sim-linger', stream)).until(({ text }) => text.includes('[DONE]'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(parseResponse(client.bytes).complete, false);
    assert.equal(simulator.requests[0]?.closed, 'open');
  });
});
