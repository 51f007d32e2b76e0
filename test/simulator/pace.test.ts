import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../breakers/fake-clock.ts';
import { chatBytes, parseResponse, RawClient, startFor, until } from './raw-client.ts';
import { chatText, eventData } from './sse.ts';

const stream = { stream: true };

function words(client: RawClient): number {
  const text = chatText(parseResponse(client.bytes).body);
  return text === '' ? 0 : text.split(' ').length;
}

describe('the pace of an answer', () => {
  it('sim-slow-headers-5s sends nothing for five seconds, errors too', async (t) => {
    const clock = new FakeClock();
    const simulator = await startFor(t, { clock });
    const client = await RawClient.open(t, simulator);
    client.send(chatBytes('sim-slow-headers-5s-503'));
    await until(() => clock.pending === 1);
    clock.advance(4999);
    assert.equal(simulator.requests[0]?.status, undefined);
    clock.advance(1);
    assert.equal((await client.response()).status, 503);
    assert.deepEqual([simulator.requests[0]?.firstByteMs, simulator.requests[0]?.finishedMs], [5000, 5000]);
  });

  it('sim-slow-first-token-5s sends headers and role at once', async (t) => {
    const clock = new FakeClock();
    const client = await RawClient.open(t, await startFor(t, { clock }));
    client.send(chatBytes('sim-slow-first-token-5s', stream));
    await client.until(({ text }) => text.includes('"role":"assistant"'));
    assert.equal(words(client), 0);
    clock.advance(4999);
    assert.equal(clock.pending, 1);
    clock.advance(1);
    await client.response();
    assert.equal(words(client), 32);
  });

  it('sim-paced-10ms sends a token each 10 ms in a write of its own, the end 10 ms behind the last', async (t) => {
    const clock = new FakeClock();
    const simulator = await startFor(t, { clock });
    const client = await RawClient.open(t, simulator);
    client.send(chatBytes('sim-paced-10ms-x5', stream));
    for (let tokens = 1; tokens <= 5; tokens++) {
      await until(() => words(client) === tokens && clock.pending === 1);
      clock.advance(9);
      assert.equal(simulator.requests[0]?.tokensSent, tokens);
      clock.advance(1);
    }
    const { body } = await client.response();
    assert.equal(eventData(body).at(-1), '[DONE]');
    assert.equal(simulator.requests[0]?.finishedMs, 50);
    assert.equal(clock.pending, 0);
  });

  it('catches up after a late timer, so that the rate holds', async (t) => {
    const clock = new FakeClock();
    const simulator = await startFor(t, { clock, tokensPerSecond: 300 });
    const client = await RawClient.open(t, simulator);
    client.send(chatBytes('sim-x31', stream));
    await until(() => words(client) === 1);
    clock.advance(100);
    await until(() => words(client) === 31);
    assert.equal(simulator.requests[0]?.closed, 'open');
    clock.advance(4);
    assert.equal((await client.response()).complete, true);
  });

  it('an answer that is not streamed takes as long', async (t) => {
    const clock = new FakeClock();
    const simulator = await startFor(t, { clock, firstTokenMs: 200, tokensPerSecond: 50, tokens: 10 });
    const client = await RawClient.open(t, simulator);
    client.send(chatBytes('any'));
    await until(() => clock.pending === 1);
    clock.advance(399);
    assert.equal(simulator.requests[0]?.status, undefined);
    clock.advance(1);
    assert.equal((await client.response()).status, 200);
  });

  it('sim-burst does not wait, whatever the pace of the simulator', async (t) => {
    const clock = new FakeClock();
    const client = await RawClient.open(t, await startFor(t, { clock, firstTokenMs: 200, tokensPerSecond: 50 }));
    await client.send(chatBytes('sim-burst', stream)).response();
    assert.equal(words(client), 32);
  });

  it('sim-paced-10ms-cut-at-3 cuts where the fourth token would have come', async (t) => {
    const clock = new FakeClock();
    const simulator = await startFor(t, { clock });
    const client = await RawClient.open(t, simulator);
    client.send(chatBytes('sim-paced-10ms-cut-at-3', stream));
    await until(() => clock.pending === 1);
    clock.advance(29);
    assert.deepEqual([simulator.requests[0]?.tokensSent, simulator.requests[0]?.closed], [3, 'open']);
    clock.advance(1);
    await client.gone();
    assert.equal(words(client), 3);
  });

  it('sim-comments-only sends a comment a second and never an event', async (t) => {
    const clock = new FakeClock();
    const simulator = await startFor(t, { clock });
    const client = await RawClient.open(t, simulator);
    client.send(chatBytes('sim-comments-only', stream));
    await until(() => clock.pending === 1);
    clock.advance(60_000);
    await until(() => parseResponse(client.bytes).body.toString() === ': keep-alive\n\n'.repeat(61));
  });

  it('sim-silent never answers and waits for nothing', async (t) => {
    const clock = new FakeClock();
    const simulator = await startFor(t, { clock });
    const client = await RawClient.open(t, simulator);
    client.send(chatBytes('sim-silent'));
    await until(() => simulator.openRequests === 1);
    clock.advance(86_400_000);
    assert.deepEqual([client.text, client.standing, clock.pending], ['', 'open', 0]);
  });
});
