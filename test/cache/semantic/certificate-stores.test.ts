import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { CertificateKey, CertificateStore } from '../../../src/cache/certify/certificate-store.ts';
import { MemoryCertificateStore } from '../../../src/cache/certify/certificate-store.ts';
import { RedisCertificateStore } from '../../../src/cache/semantic/certificates/redis-certificates.ts';
import { SqliteCertificateStore } from '../../../src/cache/semantic/certificates/sqlite-certificates.ts';
import { openCacheFile } from '../../../src/cache/store/sqlite-file.ts';
import { openRedisState } from '../../../src/state/redis/open-redis.ts';
import { type OwnRedis, placeFrom, redisServerCommand, skipWithout, startRedis } from '../../state/redis-server.ts';
import { stateDir } from '../../state/state-dir.ts';

const KEY: CertificateKey = { tenant: 'acme', route: 'smart', embedder: 'e/x' };

interface Opened {
  readonly store: CertificateStore;
  close(): void | Promise<void>;
}

function conforms(name: string, skip: string | false, open: () => Opened | Promise<Opened>): void {
  describe(`certificates ${name}`, { skip }, () => {
    test('are found as they were stored, each under its own key', async () => {
      const { store, close } = await open();
      assert.equal(await store.load(KEY), undefined);
      assert.equal(await store.save(KEY, '{"a":"ä"}', 0), 1);
      assert.deepEqual(await store.load(KEY), { record: '{"a":"ä"}', revision: 1 });
      for (const other of [{ tenant: 'beta' }, { route: 'cheap' }, { embedder: 'e/y' }, { tenant: '' }])
        assert.equal(await store.load({ ...KEY, ...other }), undefined);
      await close();
    });

    test('are replaced by who has seen the latest, and by nobody else', async () => {
      const { store, close } = await open();
      assert.equal(await store.save(KEY, '1', 0), 1);
      assert.equal(await store.save(KEY, 'again', 0), undefined);
      assert.equal(await store.save(KEY, '2', 1), 2);
      assert.equal(await store.save(KEY, 'late', 1), undefined);
      assert.equal(await store.save(KEY, 'early', 3), undefined);
      assert.deepEqual(await store.load(KEY), { record: '2', revision: 2 });
      await close();
    });

    test('of many who save at once one wins each time', async () => {
      const { store, close } = await open();
      const saved = await Promise.all(Array.from({ length: 20 }, (_, at) => store.save(KEY, String(at), 0)));
      assert.equal(saved.filter((revision) => revision === 1).length, 1);
      await close();
    });
  });
}

conforms('in memory', false, () => ({ store: new MemoryCertificateStore(), close: () => undefined }));

conforms('in a file', false, () => {
  const { db } = openCacheFile(join(stateDir(), 'cache.db'), (opened) => opened);
  return { store: new SqliteCertificateStore(db), close: () => db.close() };
});

test('certificates outlive the process that has the file', async () => {
  const path = join(stateDir(), 'cache.db');
  for (let time = 0; time < 3; time++) {
    const { db } = openCacheFile(path, (opened) => opened);
    const store = new SqliteCertificateStore(db);
    assert.equal((await store.load(KEY))?.revision ?? 0, time);
    assert.equal(await store.save(KEY, String(time), time), time + 1);
    db.close();
  }
});

const server = placeFrom('BREAKWATER_TEST_REDIS');
const noServer = skipWithout(
  server ?? redisServerCommand(),
  'neither BREAKWATER_TEST_REDIS nor a redis-server of 7.2 or newer on PATH',
);
let own: OwnRedis | undefined;
before(async () => {
  if (server === undefined && noServer === false) own = await startRedis();
});
after(() => own?.kill());

conforms('in Redis', noServer, async () => {
  const place = server ?? own;
  assert.ok(place !== undefined);
  const keyPrefix = `test-${randomBytes(6).toString('hex')}`;
  const state = await openRedisState({
    urls: [`redis://${place.host}:${place.port}`],
    topology: { kind: 'standalone' },
    timeout: 30_000,
    keyPrefix,
  });
  return { store: new RedisCertificateStore(state.link, keyPrefix), close: () => state.close() };
});
