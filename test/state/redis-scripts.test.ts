import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { systemClock } from '../../src/clock.ts';
import { RedisBudgetStore } from '../../src/state/redis/redis-budget-store.ts';
import { reserveArguments } from '../../src/state/redis/reserve-call.ts';
import { type Script, scripts } from '../../src/state/redis/scripts.ts';
import { settleArguments } from '../../src/state/redis/settle-call.ts';
import { ask, charge, rate, request, settlement } from './asks.ts';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis } from './redis-server.ts';

const skip = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');
const most = Number.MAX_SAFE_INTEGER;
const day = 86_400_000;

describe('the scripts in Redis', { skip }, () => {
  let server: OwnRedis;
  let redis: Redis;
  before(async () => {
    server = await startRedis();
    redis = new Redis({ ...server, protocol: 2 });
  });
  beforeEach(() => redis.flushall());
  after(async () => {
    redis.disconnect();
    await server.end();
  });

  const run = (script: Script, args: readonly (string | number)[]) =>
    redis.eval(script.lua, 1, 'bw:{t}:holds', ...args);
  const reserve = (over: Parameters<typeof request>[2], id = 'a', now = '') =>
    run(scripts.reserve, reserveArguments(request('t', id, over), now, 'call'));
  const settle = (of: ReturnType<typeof settlement>, lines = 1_000) =>
    run(scripts.settle, settleArguments(of, '', false, lines));
  const field = (key: string, name: string) => redis.hget(`bw:{t}:c:${key}`, name);

  it('keep 2^53-1 to the last digit', async () => {
    await reserve({ counters: [ask('usd', most, most)] });
    assert.equal(await field('usd', 'h'), '9007199254740991');
    await settle(settlement('t', 'a', [charge('usd', most)]));
    assert.equal(await field('usd', 's'), '9007199254740991');
    assert.equal(await field('usd', 'h'), '0');
    assert.match(String(await reserve({ counters: [ask('usd', most, 1)] }, 'b')), /^0,[\d.]+,c,0,9007199254740991,0$/);
  });

  it('add and take away near 2^53 without losing one', async () => {
    await reserve({ counters: [ask('usd', most, most - 1)] }, 'a');
    await reserve({ counters: [ask('usd', most, 1)] }, 'b');
    assert.equal(await field('usd', 'h'), '9007199254740991');
    await settle(settlement('t', 'b', [charge('usd', 1)]));
    assert.equal(await field('usd', 'h'), '9007199254740990');
    assert.equal(await field('usd', 's'), '1');
  });

  it('stay at the largest number where more is charged', async () => {
    await settle(settlement('t', 'a', [charge('usd', most)], { held: false }));
    await settle(settlement('t', 'b', [charge('usd', most)], { held: false }));
    assert.equal(await field('usd', 's'), '9007199254740991');
  });

  it('go by the server’s clock, with its microseconds', async () => {
    const [seconds] = await redis.time();
    const reply = await reserve({});
    const now = Number(Array.isArray(reply) ? reply[1] : Number.NaN);
    assert.ok(now >= Number(seconds) * 1_000 && now < Number(seconds) * 1_000 + 60_000, `${now}`);
  });

  it('keep every key in the tenant’s slot, and none longer than it is needed', async () => {
    const now = Date.now();
    const counters = [
      ask('window', 10, 1, { windowStart: now - day, windowEnd: now + day }),
      ask('session', 10, 1, { forgetAfter: day }),
      ask('slots', 10, 1),
      ask('total', 10, 1),
    ];
    await reserve({ counters, rates: [rate('rpm', 10, 60_000, 1)] });
    await settle(settlement('t', 'a', [charge('total', 1)]));
    const keys = await redis.keys('*');
    for (const key of keys) assert.ok(key.startsWith('bw:{t}:'), key);
    const ttl = async (key: string) => (await redis.pttl(`bw:{t}:${key}`)) / 1_000;
    const near = (found: number, wanted: number) =>
      assert.ok(found > wanted - 60 && found <= wanted, `${found} s, not ${wanted}`);
    near(await ttl('c:window'), (2 * day) / 1_000);
    near(await ttl('c:session'), day / 1_000 + 600);
    near(await ttl('c:slots'), day / 1_000);
    near(await ttl('r:rpm'), 606);
    near(await ttl('done:a'), 300);
    assert.equal(await redis.pttl('bw:{t}:c:total'), -1);
    assert.deepEqual(await redis.exists('bw:{t}:holds', 'bw:{t}:hold'), 0);
  });

  it('keep a counter as long as something may be held in it', async () => {
    await reserve({ leaseMs: 5 * day, counters: [ask('session', 10, 1, { forgetAfter: 1_000 })] });
    assert.ok((await redis.pttl('bw:{t}:c:session')) > 5 * day - 60_000);
    await run(scripts.renew, ['', 9 * day, 'a']);
    assert.ok((await redis.pttl('bw:{t}:c:session')) > 9 * day - 60_000);
  });

  it('list no counters that are gone', async () => {
    for (let n = 0; n < 50; n++) {
      const counters = [ask(`session:${n}`, 10, 1, { forgetAfter: 1_000 })];
      await reserve({ counters }, `r${n}`, `${n * day}`);
      await redis.del(`bw:{t}:c:session:${n}`);
    }
    assert.ok((await redis.zcard('bw:{t}:counters')) <= 2);
  });

  it('bound the ledger by length and by age', async () => {
    for (let n = 0; n < 2_000; n++) await settle(settlement('t', `r${n}`, [], { held: false }), 500);
    const length = await redis.xlen('bw:{t}:ledger');
    assert.ok(length >= 500 && length < 700, `${length} lines`);
    await run(scripts.reap, ['', -1_000]);
    assert.ok((await redis.xlen('bw:{t}:ledger')) < 200);
  });

  it('hold nothing for a call that was taken back before it ran, but for a later call of the same id', async () => {
    await run(scripts.cancel, ['', 'a', 'call', 60_000, 0]);
    await reserve({ counters: [ask('usd', 10, 4)] });
    assert.equal(await field('usd', 'h'), null);
    await run(scripts.reserve, reserveArguments(request('t', 'a', { counters: [ask('usd', 10, 4)] }), '', 'other'));
    assert.equal(await field('usd', 'h'), '4');
    await run(scripts.cancel, ['', 'a', 'call', 60_000, 0]);
    assert.equal(await field('usd', 'h'), '4');
  });

  it('charge a request whose reserve ran after it was settled once, and leave nothing held', async () => {
    await settle(settlement('t', 'a', [charge('usd', 3)], { held: false }));
    await reserve({ counters: [ask('usd', 10, 4)] });
    await settle(settlement('t', 'a', [charge('usd', 3)], { held: false }));
    assert.deepEqual([await field('usd', 's'), await field('usd', 'h')], ['3', '0']);
  });

  it('take no more than one round trip', async () => {
    const sent: string[] = [];
    const link = {
      run: (script: Script, key: string, args: readonly (string | number)[]) => {
        sent.push(script.name);
        return redis.eval(script.lua, 1, key, ...args);
      },
      call: async () => 1,
      available: () => true,
      onRecovered: () => () => true,
    };
    const store = new RedisBudgetStore({
      link,
      clock: systemClock,
      prefix: 'bw',
      ledger: { lines: 100, ageMs: day },
      events: {},
    });
    await store.reserve(request('t', 'a', { counters: [ask('usd', 10, 1)], rates: [rate('rpm', 10, 60_000, 1)] }));
    await store.settle(settlement('t', 'a', [charge('usd', 1)], { ids: ['a', 'b', 'c'] }));
    assert.deepEqual(sent, ['reserve', 'settle']);
    await store.close();
  });
});
