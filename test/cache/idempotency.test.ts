import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Idempotency, type KeyedRequest } from '../../src/cache/idempotency/idempotency.ts';
import type { IdempotencyStore } from '../../src/cache/idempotency/idempotency-store.ts';
import { readKeptAnswer, writeKeptAnswer } from '../../src/cache/idempotency/kept-answer.ts';
import { LocalIdempotencyStore } from '../../src/cache/idempotency/local-store.ts';
import { RedisIdempotencyStore } from '../../src/cache/idempotency/redis-store.ts';
import type { CacheTrouble } from '../../src/cache/store/cache-store.ts';
import { MemoryCacheStore } from '../../src/cache/store/memory-store.ts';
import { Seal } from '../../src/cache/store/seal.ts';
import { Cancellation } from '../../src/cancellation.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { RedisTopology } from '../../src/config/state-config.ts';
import { openRedisState } from '../../src/state/redis/open-redis.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import {
  type OwnRedis,
  placeFrom,
  type RedisPlace,
  redisServerCommand,
  skipWithout,
  startRedis,
} from '../state/redis-server.ts';

const LIMITS = { maxBytes: 100_000, perTenant: 100_000 };
const NAME = { tenant: 'acme', key: 'k'.repeat(32) };
const ANSWER = Buffer.from([0, 255, 10, 13, 1]);

interface Opened {
  readonly store: IdempotencyStore;
  close(): void | Promise<void>;
}

function localStore(clock: Clock): LocalIdempotencyStore {
  return new LocalIdempotencyStore(clock, new MemoryCacheStore({ clock, limits: LIMITS }));
}

conforms('in this process', false, () => {
  const store = localStore(new FakeClock());
  return { store, close: () => store.close() };
});

const server = placeFrom('BREAKWATER_TEST_REDIS');
const cluster = placeFrom('BREAKWATER_TEST_REDIS_CLUSTER');
const noServer = skipWithout(
  server ?? redisServerCommand(),
  'neither BREAKWATER_TEST_REDIS nor a redis-server of 7.2 or newer on PATH',
);
const noCluster = skipWithout(cluster, 'BREAKWATER_TEST_REDIS_CLUSTER names none');
let own: OwnRedis | undefined;
before(async () => {
  if (server === undefined && noServer === false) own = await startRedis();
});
after(() => own?.kill());

conforms('in Redis', noServer, () => openRedis({ kind: 'standalone' }, server ?? own));
conforms('in a Redis Cluster', noCluster, () => openRedis({ kind: 'cluster' }, cluster));

async function openRedis(
  topology: RedisTopology,
  place: RedisPlace | undefined,
  prefix = randomBytes(6).toString('hex'),
): Promise<Opened> {
  if (place === undefined) throw new Error('no server');
  const keyPrefix = `test-${prefix}`;
  const state = await openRedisState({
    urls: [`redis://${place.host}:${place.port}`],
    topology,
    timeout: 30_000,
    keyPrefix,
  });
  const store = new RedisIdempotencyStore(state.link, keyPrefix, new Seal('ab'.repeat(32)));
  return { store, close: () => state.close() };
}

function conforms(name: string, skip: string | false, open: () => Opened | Promise<Opened>): void {
  describe(`keys ${name}`, { skip }, () => {
    const using = (what: string, run: (store: IdempotencyStore) => Promise<void>) =>
      test(what, async () => {
        const { store, close } = await open();
        try {
          await run(store);
        } finally {
          await close();
        }
      });

    using('belong to the first who claims them', async (store) => {
      assert.deepEqual(await store.claim(NAME, 'f', 'one', 60_000), { kind: 'mine' });
      assert.deepEqual(await store.claim(NAME, 'g', 'two', 60_000), { kind: 'running', fingerprint: 'f' });
    });

    using('keep the answer, byte for byte', async (store) => {
      await store.claim(NAME, 'f', 'one', 60_000);
      await store.complete(NAME, 'one', ANSWER, 60_000);
      assert.deepEqual(await store.claim(NAME, 'g', 'two', 60_000), { kind: 'done', fingerprint: 'f', answer: ANSWER });
      assert.equal(await store.renew(NAME, 'one', 60_000), false);
      await store.release(NAME, 'one');
      assert.equal((await store.claim(NAME, 'f', 'two', 60_000)).kind, 'done');
    });

    using('that were released are anybody’s again', async (store) => {
      await store.claim(NAME, 'f', 'one', 60_000);
      await store.release(NAME, 'one');
      assert.deepEqual(await store.claim(NAME, 'g', 'two', 60_000), { kind: 'mine' });
    });

    using('obey their owner only', async (store) => {
      await store.claim(NAME, 'f', 'one', 60_000);
      await store.release(NAME, 'two');
      await store.complete(NAME, 'two', ANSWER, 60_000);
      assert.equal(await store.renew(NAME, 'two', 60_000), false);
      assert.equal(await store.renew(NAME, 'one', 60_000), true);
      assert.equal((await store.claim(NAME, 'f', 'three', 60_000)).kind, 'running');
    });

    using('of tenants are their own', async (store) => {
      await store.claim(NAME, 'f', 'one', 60_000);
      const other = { tenant: 'umbrella', key: 'l'.repeat(32) };
      assert.deepEqual(await store.claim(other, 'f', 'two', 60_000), { kind: 'mine' });
    });
  });
}

function openService(store?: IdempotencyStore) {
  const clock = new FakeClock();
  const troubles: CacheTrouble[] = [];
  const idempotency = new Idempotency({
    store: store ?? localStore(clock),
    clock,
    random: () => 0.5,
    onTrouble: (trouble) => void troubles.push(trouble),
  });
  const request = (owner: string, more: Partial<KeyedRequest> = {}): KeyedRequest => ({
    name: NAME,
    fingerprint: 'f',
    owner,
    until: clock.now() + 10_000,
    cancellation: new Cancellation(),
    ...more,
  });
  return { clock, troubles, idempotency, request };
}

const KEPT = { contentType: 'application/json', status: 'ok', target: 'a/m', body: Buffer.from('{"x":1}\n') } as const;

describe('requests with one key', () => {
  test('wait for the first, and get its answer', async () => {
    const { idempotency, request, clock } = openService();
    const first = await idempotency.begin(request('one'));
    assert.ok(first.kind === 'own');
    const waiting = [idempotency.begin(request('two')), idempotency.begin(request('three'))];
    await Promise.resolve();
    first.claim.complete(KEPT, 60_000);
    for (const beginning of await Promise.all(waiting)) assert.deepEqual(beginning, { kind: 'answer', answer: KEPT });
    assert.deepEqual(await idempotency.begin(request('four')), { kind: 'answer', answer: KEPT });
    assert.equal(clock.pending, 0);
  });

  test('take its place where it failed, one of them', async () => {
    const { idempotency, request } = openService();
    const first = await idempotency.begin(request('one'));
    assert.ok(first.kind === 'own');
    const waiting = [idempotency.begin(request('two')), idempotency.begin(request('three'))];
    await Promise.resolve();
    first.claim.release();
    const next = await Promise.race(waiting);
    assert.ok(next.kind === 'own');
    next.claim.complete(KEPT, 60_000);
    const kinds = (await Promise.all(waiting)).map(({ kind }) => kind);
    assert.deepEqual(kinds.sort(), ['answer', 'own']);
  });

  test('and another body are refused, running or done', async () => {
    const { idempotency, request } = openService();
    const first = await idempotency.begin(request('one'));
    assert.ok(first.kind === 'own');
    assert.deepEqual(await idempotency.begin(request('two', { fingerprint: 'g' })), { kind: 'mismatch' });
    first.claim.complete(KEPT, 60_000);
    assert.deepEqual(await idempotency.begin(request('two', { fingerprint: 'g' })), { kind: 'mismatch' });
  });

  test('give up at their deadline, or when their client leaves', async () => {
    const { idempotency, request, clock } = openService();
    const first = await idempotency.begin(request('one'));
    assert.ok(first.kind === 'own');
    const late = idempotency.begin(request('two', { until: clock.now() + 1_000 }));
    const cancellation = new Cancellation();
    const gone = idempotency.begin(request('three', { cancellation }));
    await new Promise(setImmediate);
    cancellation.cancel('client_gone');
    assert.deepEqual(await gone, { kind: 'still-running' });
    clock.advance(1_000);
    assert.deepEqual(await late, { kind: 'still-running' });
    first.claim.release();
    assert.equal(clock.pending, 0);
  });

  test('are made anew when the answer is past its time', async () => {
    const { idempotency, request, clock } = openService();
    const first = await idempotency.begin(request('one'));
    assert.ok(first.kind === 'own');
    first.claim.complete(KEPT, 60_000);
    clock.advance(60_000);
    assert.equal((await idempotency.begin(request('two'))).kind, 'own');
    await idempotency.close();
  });

  test('go on as if they had none where keys cannot be kept', async () => {
    const away = () => Promise.reject(new Error('away'));
    const { idempotency, request, troubles } = openService({
      claim: away,
      renew: away,
      complete: away,
      release: away,
      close: () => undefined,
    });
    const begun = await idempotency.begin(request('one'));
    assert.equal(begun.kind, 'unkept');
    assert.deepEqual(troubles, [{ what: 'read', message: 'away' }]);
    await idempotency.close();
  });

  test('are made once though the store’s replies do not come', async () => {
    const clock = new FakeClock();
    const local = localStore(clock);
    let isMute = true;
    const mute = async <T>(reply: T | Promise<T>): Promise<T> => {
      await reply;
      if (isMute) throw new Error('no reply in time');
      return reply;
    };
    const { idempotency, request } = openService({
      claim: (name, fingerprint, owner) => mute(local.claim(name, fingerprint, owner)),
      renew: (name, owner) => local.renew(name, owner),
      complete: (...args) => mute(local.complete(...args)),
      release: (...args) => mute(local.release(...args)),
      close: () => undefined,
    });
    const first = await idempotency.begin(request('one'));
    assert.ok(first.kind === 'unkept');
    isMute = false;
    const waiting = idempotency.begin(request('two'));
    await new Promise(setImmediate);
    first.claim.complete(KEPT, 60_000);
    assert.deepEqual(await waiting, { kind: 'answer', answer: KEPT });
  });

  test('bring an answer again that the store did not take', async () => {
    const clock = new FakeClock();
    const local = localStore(clock);
    let fails = 1;
    const service = openService({
      claim: (name, fingerprint, owner) => local.claim(name, fingerprint, owner),
      renew: (name, owner) => local.renew(name, owner),
      complete: async (...args) => {
        if (fails-- > 0) throw new Error('away');
        await local.complete(...args);
      },
      release: (name, owner) => local.release(name, owner),
      close: () => undefined,
    });
    const first = await service.idempotency.begin(service.request('one'));
    assert.ok(first.kind === 'own');
    const waiting = service.idempotency.begin(service.request('two'));
    first.claim.complete(KEPT, 60_000);
    await new Promise(setImmediate);
    service.clock.advance(1_000);
    assert.deepEqual(await waiting, { kind: 'answer', answer: KEPT });
    assert.equal(service.clock.pending, 0);
  });

  test('of very many that the store did not take, bring a few again, and none when it ends', async () => {
    const away = () => Promise.reject(new Error('away'));
    const { idempotency, request, clock } = openService({
      claim: async () => ({ kind: 'mine' }),
      renew: away,
      complete: away,
      release: away,
      close: () => undefined,
    });
    for (let at = 0; at < 100; at++) {
      const begun = await idempotency.begin(request(`${at}`, { name: { tenant: 'acme', key: `k${at}` } }));
      assert.ok(begun.kind === 'own');
      begun.claim.complete(KEPT, 60_000);
    }
    await new Promise(setImmediate);
    assert.equal(clock.pending, 32);
    await idempotency.close();
    assert.equal(clock.pending, 0);
  });

  test('renew the lease while they run, and not after', async () => {
    const clock = new FakeClock();
    const renewed: string[] = [];
    const inner = localStore(clock);
    const store: IdempotencyStore = {
      claim: (name, fingerprint, owner) => inner.claim(name, fingerprint, owner),
      renew: (_name, owner) => {
        renewed.push(owner);
        throw new Error('away');
      },
      complete: (...args) => inner.complete(...args),
      release: (...args) => inner.release(...args),
      close: () => undefined,
    };
    const troubles: CacheTrouble[] = [];
    const idempotency = new Idempotency({
      store,
      clock,
      random: () => 0.5,
      onTrouble: (trouble) => void troubles.push(trouble),
    });
    const { request } = openService();
    const first = await idempotency.begin(request('one'));
    assert.ok(first.kind === 'own');
    clock.advance(30_000);
    assert.deepEqual(renewed, ['one', 'one', 'one']);
    await new Promise(setImmediate);
    assert.equal(troubles.length, 3);
    first.claim.release();
    clock.advance(60_000);
    assert.equal(renewed.length, 3);
  });
});

test('two replicas wait for each other through Redis', { skip: noServer }, async () => {
  const prefix = randomBytes(6).toString('hex');
  const [one, two] = await Promise.all([0, 1].map(() => openRedis({ kind: 'standalone' }, server ?? own, prefix)));
  if (one === undefined || two === undefined) throw new Error('no stores');
  const service = (store: IdempotencyStore) =>
    new Idempotency({
      store,
      clock: systemClock,
      random: Math.random,
      onTrouble: (trouble) => assert.fail(trouble.message),
    });
  const request = (owner: string): KeyedRequest => ({
    name: NAME,
    fingerprint: 'f',
    owner,
    until: systemClock.now() + 60_000,
    cancellation: new Cancellation(),
  });
  const first = await service(one.store).begin(request('one'));
  assert.ok(first.kind === 'own');
  const second = service(two.store).begin(request('two'));
  first.claim.complete(KEPT, 60_000);
  assert.deepEqual(await second, { kind: 'answer', answer: KEPT });
  await Promise.all([one.close(), two.close()]);
});

test('a kept answer is what was delivered, and half of one is none', () => {
  assert.deepEqual(readKeptAnswer(writeKeptAnswer(KEPT)), KEPT);
  assert.deepEqual(readKeptAnswer(writeKeptAnswer({ ...KEPT, target: undefined })), { ...KEPT, target: undefined });
  for (const bytes of ['', '\n', '[]\n', '["a","failed",null]\n', '{"a":1}\nx'])
    assert.throws(() => readKeptAnswer(Buffer.from(bytes)), /has no record|lacks something/, bytes);
});
