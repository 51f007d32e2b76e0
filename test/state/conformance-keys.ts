import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KeyStore, StoredKey } from '../../src/state/key-store.ts';

export interface OpenedKeys {
  readonly keys: KeyStore;
  close(): void | Promise<void>;
}

const key = (id: string, over: Partial<StoredKey> = {}): StoredKey => ({
  id: `key_${id.padEnd(12, 'a')}`,
  hash: id.padStart(64, '0'),
  hint: 'wxyz',
  tenant: 'acme',
  agent: undefined,
  label: undefined,
  createdAt: 1_762_041_600_000,
  expiresAt: undefined,
  revokedAt: undefined,
  ...over,
});

/** What every {@link KeyStore} promises, as tests. Each opens an empty store. */
export function keyStoreConformance(name: string, open: () => OpenedKeys | Promise<OpenedKeys>): void {
  const withKeys = async (check: (keys: KeyStore) => Promise<void>) => {
    const opened = await open();
    try {
      await check(opened.keys);
    } finally {
      await opened.close();
    }
  };

  describe(`${name} as a key store`, () => {
    it('is empty at first', () =>
      withKeys(async (keys) => {
        assert.deepEqual(await keys.list(), []);
      }));

    it('keeps every field, and lists the oldest first', () =>
      withKeys(async (keys) => {
        const full = key('b', {
          agent: 'coder',
          label: 'ci, "nightly" 東',
          createdAt: 1_762_041_600_002,
          expiresAt: 1_762_041_700_000,
          revokedAt: 1_762_041_650_000,
        });
        await keys.add(full);
        await keys.add(key('c', { createdAt: 1_762_041_600_003 }));
        await keys.add(key('a', { createdAt: 1_762_041_600_001 }));
        const listed = (await keys.list()).map((stored) => ({ ...stored }));
        assert.deepEqual(
          listed.map(({ id }) => id),
          [key('a').id, full.id, key('c').id],
        );
        assert.deepEqual(listed[1], full);
      }));

    it('revokes a key from a time on: of two the earlier counts, whichever came first', () =>
      withKeys(async (keys) => {
        const revokedAt = async () => (await keys.list()).map((listed) => listed.revokedAt);
        await keys.add(key('a'));
        assert.equal(await keys.revoke(key('a').id, 1_762_041_700_000), true);
        assert.equal(await keys.revoke(key('a').id, 1_762_041_800_000), true);
        assert.deepEqual(await revokedAt(), [1_762_041_700_000]);
        // A rotated key goes on for a day: whoever revokes it before means now.
        const before = await keys.revision();
        assert.equal(await keys.revoke(key('a').id, 1_762_041_600_500), true);
        assert.deepEqual(await revokedAt(), [1_762_041_600_500]);
        assert.notEqual(await keys.revision(), before, 'or no process would read it');
      }));

    it('says so where there is no such key', () =>
      withKeys(async (keys) => {
        assert.equal(await keys.revoke(key('a').id, 1), false);
      }));

    it('does not take the same id or the same secret twice', () =>
      withKeys(async (keys) => {
        await keys.add(key('a'));
        await assert.rejects(async () => keys.add(key('a', { hash: 'f'.repeat(64) })), /key_a/);
        await assert.rejects(async () => keys.add(key('b', { hash: key('a').hash })), /hash/);
        assert.equal((await keys.list()).length, 1);
      }));

    it('changes its revision with every change and with nothing else', () =>
      withKeys(async (keys) => {
        const seen = [await keys.revision()];
        await keys.add(key('a'));
        seen.push(await keys.revision());
        await keys.add(key('b'));
        seen.push(await keys.revision());
        await keys.list();
        assert.equal(await keys.revision(), seen.at(-1));
        await keys.revoke(key('a').id, 1_762_041_700_000);
        seen.push(await keys.revision());
        assert.equal(new Set(seen).size, 4);
      }));
  });
}
