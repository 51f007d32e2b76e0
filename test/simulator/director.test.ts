import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Simulator } from '../../src/simulator/simulator.ts';
import { ask, chatBytes, RawClient, requestBytes, startFor, until } from './raw-client.ts';

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

async function statuses(ask: () => Promise<{ status: number }>, times: number): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < times; i++) seen.push((await ask()).status);
  return seen;
}

describe('what a request meets', () => {
  for (const [model, expected] of [
    ['sim-once-500', [500, 200, 200]],
    ['sim-times-2-503', [503, 503, 200, 200]],
    ['sim-every-3-429', [200, 200, 429, 200, 200, 429]],
    ['sim-flaky-1', [500, 500]],
    ['sim-flaky-0-503', [200, 200]],
  ] as const) {
    it(`${model} answers ${expected.join(', ')}`, async (t) => {
      const simulator = await startFor(t);
      assert.deepEqual(await statuses(() => ask(t, simulator, chatBytes(model)), expected.length), expected);
    });
  }

  it('counts each model by itself, labels apart', async (t) => {
    const simulator = await startFor(t);
    for (const model of ['sim-once-500@a', 'sim-once-500@b']) {
      assert.deepEqual(await statuses(() => ask(t, simulator, chatBytes(model)), 2), [500, 200]);
    }
  });

  it('fails a share of sim-flaky-0.3, the same requests for the same seed', async (t) => {
    const runs = await Promise.all(
      [5, 5, 6].map(async (seed) => {
        const simulator = await startFor(t, { seed });
        return statuses(() => ask(t, simulator, chatBytes('sim-flaky-0.3')), 100);
      }),
    );
    assert.deepEqual(runs[0], runs[1]);
    assert.notDeepEqual(runs[0], runs[2]);
    const failed = runs[0]?.filter((status) => status === 500).length ?? 0;
    assert.ok(failed > 15 && failed < 45, `${failed} of 100`);
  });

  it('follows a script and then goes on as before', async (t) => {
    const simulator = await startFor(t, { script: { 'gpt-4o': ['sim-500'] } });
    simulator.script('gpt-4o', '429-after-1s', 'ok');
    simulator.behave('gpt-4o', '503');
    assert.deepEqual(await statuses(() => ask(t, simulator, chatBytes('gpt-4o')), 4), [500, 429, 200, 503]);
    simulator.behave('gpt-4o', undefined);
    assert.deepEqual(await statuses(() => ask(t, simulator, chatBytes('gpt-4o')), 1), [200]);
    assert.deepEqual(
      simulator.requests.map(({ behaviour }) => behaviour),
      ['500', '429-after-1s', 'ok', '503', 'ok'],
    );
  });

  it('puts an outage above all else', async (t) => {
    const simulator = await startFor(t);
    simulator.script('gpt-4o', '500');
    simulator.outage('529');
    assert.deepEqual(await statuses(() => ask(t, simulator, chatBytes('gpt-4o')), 2), [529, 529]);
    simulator.outage(undefined);
    assert.deepEqual(await statuses(() => ask(t, simulator, chatBytes('gpt-4o')), 2), [500, 200]);
  });

  it('takes a key for a behaviour, but not sim-ok', async (t) => {
    const simulator = await startFor(t);
    const status = async (model: string, key: string) =>
      (await ask(t, simulator, chatBytes(model, {}, bearer(key)))).status;
    assert.equal(await status('gpt-4o', 'sim-401@a'), 401);
    assert.equal(await status('sim-500', 'sim-401'), 401);
    assert.equal(await status('sim-500', 'sim-ok'), 500);
    assert.equal(await status('gpt-4o', 'sk-anything'), 200);
    assert.deepEqual(
      await statuses(() => ask(t, simulator, chatBytes('m', {}, bearer('sim-once-quota'))), 2),
      [429, 200],
    );
  });

  it('asks for a key where it must have one', async (t) => {
    const any = await startFor(t, { requireKey: true });
    const one = await startFor(t, { requireKey: ['right'] });
    assert.equal((await ask(t, any, chatBytes('m'))).status, 401);
    assert.equal((await ask(t, any, chatBytes('m', {}, { 'x-api-key': 'k' }))).status, 200);
    assert.equal((await ask(t, one, chatBytes('m', {}, bearer('wrong')))).status, 401);
    assert.equal((await ask(t, one, chatBytes('m', {}, { 'api-key': 'right' }))).status, 200);
  });

  it('gives other names the fallback behaviour', async (t) => {
    const simulator = await startFor(t, { fallbackBehaviour: 'sim-long-3' });
    await ask(t, simulator, chatBytes('gpt-4o'));
    await ask(t, simulator, chatBytes('sim-ok'));
    assert.deepEqual(
      simulator.requests.map(({ tokensSent }) => tokensSent),
      [3, 32],
    );
  });

  it('sim-window-50 refuses longer prompts', async (t) => {
    const simulator = await startFor(t);
    const long = [{ role: 'user', content: 'word '.repeat(100) }];
    assert.equal((await ask(t, simulator, chatBytes('sim-window-50'))).status, 200);
    const refused = await ask(t, simulator, chatBytes('sim-window-50', { messages: long }));
    assert.equal(JSON.parse(refused.body.toString()).error.code, 'context_length_exceeded');
    const input = 'word '.repeat(100);
    assert.equal(
      (await ask(t, simulator, requestBytes({ model: 'sim-window-50', input }, '/v1/embeddings'))).status,
      400,
    );
  });

  it('sim-capacity-2 refuses a third request while two are in flight', async (t) => {
    const simulator = await startFor(t);
    const model = 'sim-capacity-2-stall-at-1';
    const busy = [await RawClient.open(t, simulator), await RawClient.open(t, simulator)];
    for (const client of busy) client.send(chatBytes(model, { stream: true }));
    await until(() => simulator.openRequests === 2);
    assert.equal((await ask(t, simulator, chatBytes(model))).status, 503);
    busy[0]?.socket.destroy();
    await until(() => simulator.openRequests === 1);
    const third = await RawClient.open(t, simulator);
    await third.send(chatBytes(model, { stream: true })).until(({ text }) => text.includes('200 OK'));
  });

  for (const [options, message] of [
    [{ faults: 1.5 }, /share from 0 to 1/],
    [{ faults: Number.NaN }, /share from 0 to 1/],
    [{ faults: 0.5, faultKinds: [] }, /must not be empty/],
    [{ faults: 0.5, faultKinds: ['meteor'] }, /"meteor"/],
    [{ tokensPerSecond: 0 }, /above 0/],
    [{ fallbackBehaviour: 'meteor' }, /"meteor"/],
    [{ script: { m: ['meteor'] } }, /"meteor"/],
  ] as const) {
    it(`refuses the options ${JSON.stringify(options)}`, () => assert.throws(() => new Simulator(options), message));
  }
});

describe('random faults', () => {
  const names = async (simulator: Simulator, count: number, t: Parameters<typeof ask>[0]) => {
    for (let i = 0; i < count; i++) {
      const client = await RawClient.open(t, simulator);
      client.send(chatBytes('gpt-4o', { stream: true }));
      await until(() => simulator.requestCount === i + 1);
      client.socket.destroy();
    }
    return simulator.requests.map(({ behaviour }) => behaviour);
  };

  it('are a seeded share of the requests, of every kind', async (t) => {
    const first = await names(await startFor(t, { faults: 0.3, seed: 11 }), 300, t);
    const again = await names(await startFor(t, { faults: 0.3, seed: 11 }), 300, t);
    const other = await names(await startFor(t, { faults: 0.3, seed: 12 }), 300, t);
    assert.deepEqual(first, again);
    assert.notDeepEqual(first, other);
    const struck = first.filter((name) => name !== 'ok');
    assert.ok(struck.length > 60 && struck.length < 120, `${struck.length} of 300`);
    assert.deepEqual([...new Set(struck)].toSorted(), ['429', '500', '502', '503', '529', 'reset']);
  });

  it('break streams at random places where asked to', async (t) => {
    const struck = await names(
      await startFor(t, { faults: 1, faultKinds: ['cut', 'stall-at-3', 'sim-429-after-1s'] }),
      60,
      t,
    );
    assert.ok(struck.some((name) => /^cut-at-\d+$/.test(name)));
    assert.ok(struck.includes('stall-at-3') && struck.includes('429-after-1s'));
    assert.ok(new Set(struck).size > 10);
  });

  it('keep what the name says otherwise', async (t) => {
    const simulator = await startFor(t, { faults: 1, faultKinds: ['cut-at-2'] });
    await (await RawClient.open(t, simulator)).send(chatBytes('sim-crlf-long-100', { stream: true })).gone();
    assert.equal(simulator.requests[0]?.behaviour, 'cut-at-2-crlf-long-100');
    assert.equal(simulator.requests[0]?.tokensSent, 2);
  });
});
