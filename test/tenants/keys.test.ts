import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StateUnavailable } from '../../src/state/budget-store.ts';
import { createKey, isGood, rotateKey } from '../../src/tenants/key-administration.ts';
import { KeyDirectory } from '../../src/tenants/key-directory.ts';
import { hashKey, makeKey, makeKeyId } from '../../src/tenants/make-key.ts';
import { key, TenantRig, tenantsOf } from './rig.ts';

const ACME = `  acme: {keys: ["${key('acme')}"], agents: {coder: {keys: ["${key('coder')}"]}}}`;
const HOUR = 3_600_000;

describe('a key', () => {
  test('is bw_ and 40 letters and digits, and never the same', () => {
    const keys = Array.from({ length: 1000 }, () => makeKey());
    for (const made of keys) assert.match(made, /^bw_[0-9A-Za-z]{40}$/);
    assert.equal(new Set(keys).size, keys.length);
    assert.match(makeKeyId(), /^key_[a-z]{12}$/);
  });

  test('uses every character equally: bytes that would favour some are thrown away', () => {
    // 248 to 255 are the remainder of 256 over 62.
    const bytes = [...Array.from({ length: 8 }, (_, index) => 248 + index), 0, 61, 62, 247];
    const made = makeKey(() => Uint8Array.from(bytes));
    assert.equal(made, `bw_${'0z0z'.repeat(10)}`);
  });

  test('is kept as its SHA-256', () => {
    assert.equal(hashKey('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('the key directory', () => {
  test('knows the keys of the configuration before the store was read', () => {
    const rig = new TenantRig(ACME);
    assert.deepEqual(pick(rig.keys.find(key('acme'))), { id: 'acme#1', tenant: 'acme', agent: undefined });
    assert.deepEqual(pick(rig.keys.find(key('coder'))), { id: 'acme/coder#1', tenant: 'acme', agent: 'coder' });
    assert.equal(rig.keys.find(key('other')), undefined);
    assert.equal(rig.keys.ready, false);
  });

  test('takes a hash in the place of a key', () => {
    const rig = new TenantRig(`  acme: {keys: ["sha256:${hashKey(key('hashed')).toUpperCase()}"]}`);
    assert.equal(rig.keys.find(key('hashed'))?.tenant, 'acme');
    assert.equal(rig.keys.find(hashKey(key('hashed'))), undefined);
  });

  test('finds a key made at run time within a second, and loses a revoked one as fast', async () => {
    const rig = new TenantRig(ACME);
    await rig.keys.start();
    assert.equal(rig.keys.ready, true);
    const { key: made, stored } = await createKey(rig.store, { tenant: 'acme', agent: 'coder' }, rig.clock);
    assert.equal(rig.keys.find(made), undefined);
    await tick(rig);
    assert.deepEqual(pick(rig.keys.find(made)), { id: stored.id, tenant: 'acme', agent: 'coder' });
    rig.store.revoke(stored.id, rig.clock.now());
    await tick(rig);
    assert.equal(rig.keys.find(made), undefined);
    rig.keys.close();
    assert.equal(rig.clock.pending, 0);
  });

  test('lists the keys only when the revision says that they changed', async () => {
    const rig = new TenantRig(ACME);
    await rig.keys.start();
    for (let second = 0; second < 5; second++) await tick(rig);
    assert.equal(rig.store.lists, 1);
    rig.keys.close();
  });

  test('refuses an expired key without being told', async () => {
    const rig = new TenantRig(ACME);
    const { key: made } = await createKey(rig.store, { tenant: 'acme', expiresAt: rig.clock.now() + HOUR }, rig.clock);
    await rig.keys.refresh();
    rig.clock.advance(HOUR - 1);
    assert.equal(rig.keys.find(made)?.tenant, 'acme');
    rig.clock.advance(1);
    assert.equal(rig.keys.find(made), undefined);
  });

  test('keeps what it knew while the store is away, says so once, and is not ready before it could read', async () => {
    const rig = new TenantRig(ACME);
    rig.store.failing = new StateUnavailable('away');
    await rig.keys.start();
    assert.equal(rig.keys.ready, false);
    assert.equal(rig.keys.find(key('acme'))?.tenant, 'acme');
    await tick(rig);
    assert.deepEqual(rig.troubles, [rig.store.failing]);
    rig.store.failing = undefined;
    const { key: made } = await createKey(rig.store, { tenant: 'acme' }, rig.clock);
    await tick(rig);
    assert.equal(rig.keys.ready, true);
    assert.equal(rig.troubles.at(-1), 'recovered');
    rig.store.failing = new StateUnavailable('away');
    await tick(rig);
    assert.equal(rig.keys.find(made)?.tenant, 'acme');
    rig.keys.close();
  });

  test('follows a reload: the keys of a tenant that is gone open nothing, a new one’s do', async () => {
    const rig = new TenantRig(ACME);
    const { key: made } = await createKey(rig.store, { tenant: 'acme' }, rig.clock);
    await rig.keys.refresh();
    rig.keys.configure(tenantsOf(`  other: {keys: ["${key('other')}"]}`).tenants);
    assert.equal(rig.keys.find(made), undefined);
    assert.equal(rig.keys.find(key('acme')), undefined);
    assert.equal(rig.keys.find(key('other'))?.tenant, 'other');
  });

  test('goes on polling one at a time when the store is slow', async () => {
    const rig = new TenantRig(ACME);
    let asked = 0;
    let answer: (revision: string) => void = () => undefined;
    const store = {
      add: () => undefined,
      list: () => [],
      revoke: () => false,
      revision: () => {
        asked++;
        return new Promise<string>((resolve) => {
          answer = resolve;
        });
      },
    };
    const keys = new KeyDirectory({ tenants: rig.config.tenants, store, clock: rig.clock, onTrouble: assert.ifError });
    const started = keys.start();
    rig.clock.advance(10_000);
    assert.equal(asked, 1);
    answer('1');
    await started;
    rig.clock.advance(1000);
    assert.equal(asked, 2);
    keys.close();
  });
});

describe('rotation', () => {
  test('makes a new key of the same rights; the old one goes on for a day', async () => {
    const rig = new TenantRig(ACME);
    const old = await createKey(rig.store, { tenant: 'acme', agent: 'coder', label: 'ci' }, rig.clock);
    const made = await rotateKey(rig.store, old.stored.id, rig.clock);
    await rig.keys.refresh();
    assert.equal(made?.stored.agent, 'coder');
    assert.equal(made?.stored.label, 'ci');
    assert.notEqual(made?.key, old.key);
    assert.equal(made?.oldUntil, rig.clock.now() + 24 * HOUR);
    rig.clock.advance(24 * HOUR - 1);
    assert.equal(rig.keys.find(old.key)?.tenant, 'acme');
    rig.clock.advance(1);
    assert.equal(rig.keys.find(old.key), undefined);
    assert.equal(rig.keys.find(made?.key ?? '')?.id, made?.stored.id);
  });

  test('of a key that is unknown, expired or revoked makes none', async () => {
    const rig = new TenantRig(ACME);
    assert.equal(await rotateKey(rig.store, 'key_nothing', rig.clock), undefined);
    const { stored } = await createKey(rig.store, { tenant: 'acme' }, rig.clock);
    rig.store.revoke(stored.id, rig.clock.now());
    assert.equal(await rotateKey(rig.store, stored.id, rig.clock), undefined);
    assert.equal(rig.store.keys.size, 1);
    assert.equal(isGood({ ...stored, expiresAt: 5 }, 5), false);
  });
});

function pick(found: { id: string; tenant: string; agent: string | undefined } | undefined): object | undefined {
  return found === undefined ? undefined : { id: found.id, tenant: found.tenant, agent: found.agent };
}

/** A second passes, and what it set off is done. */
async function tick(rig: TenantRig): Promise<void> {
  rig.clock.advance(1000);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
