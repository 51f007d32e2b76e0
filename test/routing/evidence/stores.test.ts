import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { EvidenceKey } from '../../../src/routing/evidence/evidence-key.ts';
import { KEPT_MS, MemoryEvidenceStore } from '../../../src/routing/evidence/store/evidence-store.ts';
import { RedisEvidenceStore } from '../../../src/routing/evidence/store/redis-evidence.ts';
import { SqliteEvidenceStore } from '../../../src/routing/evidence/store/sqlite-evidence.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { keepsRevisions, noServer } from '../../state/revised-records.ts';
import { stateDir } from '../../state/state-dir.ts';

const KEY: EvidenceKey = { tenant: 'acme', key: 'k1', pair: { cheap: 'small', strong: 'smart' } };
const OTHERS: readonly EvidenceKey[] = [
  { ...KEY, tenant: 'beta' },
  { ...KEY, tenant: '' },
  { ...KEY, key: 'k2' },
  { ...KEY, pair: { cheap: 'smart', strong: 'small' } },
  // Parts that look like one another's ends.
  { tenant: 'acme', key: 'k1","small', pair: { cheap: 'smart', strong: '' } },
];

const openLink = keepsRevisions<EvidenceKey>({
  what: 'evidence records',
  key: KEY,
  others: OTHERS,
  inMemory: () => {
    const store = new MemoryEvidenceStore();
    return { store, close: () => store.close() };
  },
  inFile: () => {
    const store = new SqliteEvidenceStore(join(stateDir(), 'routes.db'), new FakeClock());
    return { store, close: () => store.close() };
  },
  inRedis: (link, keyPrefix) => new RedisEvidenceStore(link, keyPrefix),
});

describe('a tenant with very many kinds of work', () => {
  const key = (at: number, tenant = 'acme'): EvidenceKey => ({ ...KEY, tenant, key: `k${at}` });
  for (const [name, open] of [
    ['in memory', () => new MemoryEvidenceStore(3)],
    ['in a file', () => new SqliteEvidenceStore(join(stateDir(), 'routes.db'), new FakeClock(), 3)],
  ] as const)
    test(`loses its oldest ${name}, and nobody else does`, async () => {
      const store = open();
      await store.save(key(0, 'beta'), 'b', 0);
      for (let at = 0; at < 5; at++) await store.save(key(at), String(at), 0);
      const left = await Promise.all([0, 1, 2, 3, 4].map((at) => store.load(key(at))));
      assert.deepEqual(
        left.map((one) => one?.record),
        [undefined, undefined, '2', '3', '4'],
      );
      assert.equal((await store.load(key(0, 'beta')))?.record, 'b');
      store.close();
    });
});

describe('a file of evidence', () => {
  test('has after a restart what it had, and forgets what nobody asked for in months', async () => {
    const file = join(stateDir(), 'deep', 'routes.db');
    const clock = new FakeClock();
    const other = { ...KEY, key: 'k2' };
    const first = new SqliteEvidenceStore(file, clock);
    await first.save(KEY, '1', 0);
    clock.advance(KEPT_MS - 10);
    await first.save(other, '1', 0);
    first.close();
    clock.advance(20);
    const second = new SqliteEvidenceStore(file, clock);
    assert.equal(await second.load(KEY), undefined);
    assert.deepEqual(await second.load(other), { record: '1', revision: 1 });
    second.close();
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  test('can be had by two processes, of which each sees what the other saved', async () => {
    const file = join(stateDir(), 'routes.db');
    const [one, two] = [new SqliteEvidenceStore(file, new FakeClock()), new SqliteEvidenceStore(file, new FakeClock())];
    assert.equal(await one.save(KEY, '1', 0), 1);
    assert.equal(await two.save(KEY, 'late', 0), undefined);
    assert.equal(await two.save(KEY, '2', 1), 2);
    assert.equal((await one.load(KEY))?.record, '2');
    one.close();
    two.close();
  });
});

test('evidence in Redis goes by itself when nobody asks for it any more', { skip: noServer }, async () => {
  const { link, keyPrefix, close } = await openLink();
  const store = new RedisEvidenceStore(link, keyPrefix);
  await store.save(KEY, '1', 0);
  const [, keys]: unknown[] = [
    ...((await link.call('scan', '0', 'match', `${keyPrefix}:{acme}:route:*`, 'count', 10_000)) as unknown[]),
  ];
  assert.ok(Array.isArray(keys) && keys.length <= 1);
  if (keys.length === 1) assert.ok(Number(await link.call('pttl', String(keys[0]))) > KEPT_MS / 2);
  await close();
});
