import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CertificateKey, MemoryCertificateStore } from '../../../src/cache/certify/certificate-store.ts';
import { RedisCertificateStore } from '../../../src/cache/semantic/certificates/redis-certificates.ts';
import { SqliteCertificateStore } from '../../../src/cache/semantic/certificates/sqlite-certificates.ts';
import { openCacheFile } from '../../../src/cache/store/sqlite-file.ts';
import { keepsRevisions } from '../../state/revised-records.ts';
import { stateDir } from '../../state/state-dir.ts';

const KEY: CertificateKey = { tenant: 'acme', route: 'smart', embedder: 'e/x' };

keepsRevisions<CertificateKey>({
  what: 'certificates',
  key: KEY,
  others: [{ tenant: 'beta' }, { route: 'cheap' }, { embedder: 'e/y' }, { tenant: '' }].map((one) => ({
    ...KEY,
    ...one,
  })),
  inMemory: () => ({ store: new MemoryCertificateStore(), close: () => undefined }),
  inFile: () => {
    const { db } = openCacheFile(join(stateDir(), 'cache.db'), (opened) => opened);
    return { store: new SqliteCertificateStore(db), close: () => db.close() };
  },
  inRedis: (link, keyPrefix) => new RedisCertificateStore(link, keyPrefix),
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
