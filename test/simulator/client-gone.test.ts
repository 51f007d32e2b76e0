import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { ask, chatBytes, parseResponse, RawClient, startFor, until } from './raw-client.ts';
import { chatText } from './sse.ts';

const stream = { stream: true };

describe('a client that leaves', () => {
  for (const model of [
    'sim-silent',
    'sim-slow-headers-1h',
    'sim-slow-first-token-1h',
    'sim-paced-1h',
    'sim-stall-at-3',
    'sim-comments-only',
    'sim-linger',
    'sim-headers-dribble-1h',
    'sim-long-9999999',
  ]) {
    for (const how of ['destroy', 'resetAndDestroy', 'end'] as const) {
      it(`is noticed during ${model} when it goes by ${how}()`, async (t) => {
        const clock = new FakeClock();
        const simulator = await startFor(t, { clock });
        const client = await RawClient.open(t, simulator);
        client.socket.pause();
        client.send(chatBytes(model, stream));
        await until(() => simulator.openRequests === 1);
        clock.advance(7);
        client.socket[how]();
        await until(() => simulator.openSockets === 0);
        const [request] = simulator.requests;
        assert.equal(request?.closed, 'client-gone');
        assert.ok(request?.closedAt === clock.now());
        assert.deepEqual([simulator.openRequests, clock.pending], [0, 0]);
      });
    }
  }

  it('is noticed within milliseconds', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    await client.send(chatBytes('sim-paced-20ms-x1000', stream)).until(({ text }) => text.includes('content'));
    const left = systemClock.now();
    client.socket.destroy();
    await simulator.idle();
    assert.ok((simulator.requests[0]?.closedAt ?? Number.POSITIVE_INFINITY) - left < 50);
  });

  it('takes nothing from what others get', async (t) => {
    const simulator = await startFor(t);
    const leaver = await RawClient.open(t, simulator);
    leaver.send(chatBytes('sim-stall-at-1', stream));
    await until(() => simulator.openRequests === 1);
    leaver.socket.destroy();
    assert.equal((await ask(t, simulator, chatBytes('sim-ok'))).status, 200);
  });
});

describe('a slow reader', () => {
  it('is waited for: an answer of a gigabyte takes no more memory than the socket holds', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    client.socket.pause();
    client.send(chatBytes('sim-long-5000000', stream));
    await until(() => (simulator.requests[0]?.tokensSent ?? 0) > 0);
    let sent = -1;
    while (sent !== simulator.requests[0]?.tokensSent) {
      sent = simulator.requests[0]?.tokensSent ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.ok(sent < 200_000, `${sent} tokens were handed over`);
    assert.equal(simulator.requests[0]?.closed, 'open');
  });

  it('gets the whole answer in the end', async (t) => {
    const simulator = await startFor(t);
    const client = await RawClient.open(t, simulator);
    client.socket.pause();
    client.send(chatBytes('sim-long-60000', stream));
    await until(() => (simulator.requests[0]?.tokensSent ?? 0) > 0);
    client.socket.resume();
    await client.until(({ reads }) => reads.at(-1)?.toString().endsWith('0\r\n\r\n') === true);
    assert.equal(chatText(parseResponse(client.bytes).body).split(' ').length, 60_000);
    assert.equal(simulator.requests[0]?.closed, 'completed');
  });
});

describe('closing the simulator', () => {
  it('cuts what is open and leaves nothing behind', async (t) => {
    const clock = new FakeClock();
    const simulator = await startFor(t, { clock });
    const clients = await Promise.all(
      ['sim-silent', 'sim-paced-1h', 'sim-ok'].map(async (model) =>
        (await RawClient.open(t, simulator)).send(chatBytes(model, stream)),
      ),
    );
    await until(() => simulator.requestCount === 3);
    await simulator.close();
    for (const client of clients) await client.gone();
    assert.deepEqual([simulator.openSockets, simulator.openRequests, clock.pending], [0, 0, 0]);
    assert.deepEqual(simulator.requests.map(({ closed }) => closed).toSorted(), ['completed', 'cut', 'cut']);
  });

  it('refuses connections for a while and then listens on the same port', async (t) => {
    const simulator = await startFor(t);
    const { url } = simulator;
    await simulator.refuse();
    await assert.rejects(RawClient.open(t, simulator), { code: 'ECONNREFUSED' });
    await simulator.listen();
    assert.equal(simulator.url, url);
    assert.equal((await ask(t, simulator, chatBytes('sim-ok'))).status, 200);
  });
});
