import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EvidenceSettings } from '../../../src/config/routing-config.ts';
import { Evidence, TICK_MS } from '../../../src/routing/evidence/evidence.ts';
import type { EvidenceKey } from '../../../src/routing/evidence/evidence-key.ts';
import {
  type EvidenceStore,
  MemoryEvidenceStore,
  type StoredEvidence,
} from '../../../src/routing/evidence/store/evidence-store.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { seeded } from '../../breakers/seeded.ts';
import { AS_EVER, CHEAP, PAIR, SETTINGS } from './rig.ts';

/** A store that may be away. */
class MoodyStore implements EvidenceStore {
  inner: EvidenceStore;
  away = false;
  /** Saves are made, and no reply comes. */
  mute = false;
  loads = 0;
  saves = 0;

  constructor(inner: EvidenceStore = new MemoryEvidenceStore()) {
    this.inner = inner;
  }

  async load(key: EvidenceKey): Promise<StoredEvidence | undefined> {
    this.loads++;
    if (this.away) throw new Error('the store is away');
    return this.inner.load(key);
  }

  async save(key: EvidenceKey, record: string, expected: number): Promise<number | undefined> {
    this.saves++;
    if (this.away) throw new Error('the store is away');
    const revision = await this.inner.save(key, record, expected);
    if (this.mute) throw new Error('the store does not reply');
    return revision;
  }

  close(): void {}
}

function book(
  store = new MoodyStore(),
  more: { readonly most?: number; readonly mostPerTenant?: number } = {},
  usual: EvidenceSettings = SETTINGS,
) {
  const clock = new FakeClock();
  const events: string[] = [];
  const troubles: string[] = [];
  const evidence = new Evidence({
    store,
    clock,
    random: seeded(9),
    onEvent: ({ tenant, key }, event) => events.push(`${tenant}/${key} ${event.kind}`),
    onTrouble: (reason) => troubles.push(reason),
    ...more,
  });
  const turn = async () => {
    clock.advance(TICK_MS);
    await evidence.settled();
  };
  const consult = (tenant = 'acme', key = 'k', settings = usual) => evidence.consult(tenant, key, PAIR, settings);
  const compare = (cheap: 0 | 1 | undefined, tenant = 'acme', key = 'k') =>
    evidence
      .begin(tenant, key, PAIR, usual)
      ?.settle(cheap === undefined ? { kind: 'unavailable' } : { kind: 'scores', cheap, strong: 1 }, AS_EVER, CHEAP);
  /** One request with all that follows from it. */
  const request = async (cheap: 0 | 1 | undefined = 1, tenant = 'acme', key = 'k') => {
    const verdict = consult(tenant, key);
    await evidence.settled();
    evidence.answered(tenant, key, PAIR, usual, verdict.serve, verdict.serve === 'cheap' ? 9_000 : 0);
    if (verdict.shadow) compare(cheap, tenant, key);
    await evidence.settled();
    return verdict;
  };
  const admit = async (tenant = 'acme', key = 'k') => {
    for (let n = 0; n < 6_000; n++) if ((await request(1, tenant, key)).state === 'admitted') return;
    assert.fail('never admitted');
  };
  return { evidence, clock, store, events, troubles, turn, consult, compare, request, admit };
}

describe('a book of evidence', () => {
  test('serves the strong model, and compares nothing, before it has read what is known', async () => {
    const { evidence, consult } = book();
    assert.deepEqual(consult(), { state: 'observe', n: 0, loss: 0, upper: 1, serve: 'strong', shadow: false });
    await evidence.settled();
    for (let n = 0; n < 20; n++) assert.equal(consult().shadow, false);
    await evidence.settled();
    assert.equal(consult().state, 'shadow');
    await evidence.close();
  });

  test('compares a twentieth, serves a tenth on trial, and all when admitted', async () => {
    const { evidence, request, admit } = book();
    const seen = { shadow: { cheap: 0, compared: 0, n: 0 }, canary: { cheap: 0, compared: 0, n: 0 } };
    for (let n = 0; n < 6_000; n++) {
      const { state, serve, shadow } = await request();
      if (state === 'admitted') break;
      if (state !== 'shadow' && state !== 'canary') continue;
      seen[state].n++;
      if (serve === 'cheap') seen[state].cheap++;
      if (shadow) seen[state].compared++;
    }
    assert.equal(seen.shadow.cheap, 0);
    assert.ok(Math.abs(seen.shadow.compared / seen.shadow.n - 0.05) < 0.02, JSON.stringify(seen));
    assert.ok(Math.abs(seen.canary.cheap / seen.canary.n - 0.1) < 0.04, JSON.stringify(seen));
    await admit();
    for (let n = 0; n < 50; n++) assert.equal((await request()).serve, 'cheap');
    const [report] = evidence.report();
    assert.equal(report?.state, 'admitted');
    assert.equal(report?.saved, (report?.served ?? 0) * 9_000);
    assert.equal(report?.net, report === undefined ? 0 : report.saved - report.spent.shadow - report.spent.judge);
    await evidence.close();
  });

  test('keeps tenants, kinds of work and pairs apart', async () => {
    const { evidence, admit, consult } = book();
    await admit();
    for (const [tenant, key] of [
      ['beta', 'k'],
      ['', 'k'],
      ['acme', 'other'],
    ] as const) {
      consult(tenant, key);
      await evidence.settled();
      assert.equal(consult(tenant, key).serve, 'strong');
      assert.equal(evidence.peek(tenant, key, PAIR, SETTINGS).n, 0);
    }
    assert.equal(evidence.consult('acme', 'k', { cheap: 'small', strong: 'other' }, SETTINGS).serve, 'strong');
    assert.deepEqual([...new Set(evidence.report('acme').map(({ tenant }) => tenant))], ['acme']);
    await evidence.close();
  });

  test('knows nothing of a model that was given other targets, until it is shown', async () => {
    const settings = (small: string, smart = 's', other = 'o') => ({
      ...SETTINGS,
      definitions: { small, smart, other },
    });
    const { evidence, admit, consult } = book(undefined, {}, settings('c'));
    await admit();
    assert.equal(consult('acme', 'k', settings('c', 's', 'changed')).serve, 'cheap');
    for (const changed of [settings('changed'), settings('c', 'changed')]) {
      assert.equal(consult('acme', 'k', changed).serve, 'strong');
      await evidence.settled();
      assert.deepEqual([consult('acme', 'k', changed).state, consult('acme', 'k', changed).n], ['observe', 0]);
    }
    await evidence.close();
  });

  test('asks another question where delta or checker are others, and the same where only shares are', async () => {
    const { evidence, admit, consult } = book();
    await admit();
    assert.equal(consult('acme', 'k', { ...SETTINGS, shadow: 0.2 }).serve, 'cheap');
    assert.equal(consult('acme', 'k', { ...SETTINGS, delta: 0.01 }).serve, 'strong');
    await evidence.settled();
    assert.equal(consult('acme', 'k', { ...SETTINGS, delta: 0.01 }).n, 0);
    await evidence.close();
  });

  test('tells nothing to who only looks', async () => {
    const { evidence, store } = book();
    assert.equal(evidence.peek('acme', 'k', PAIR, SETTINGS).state, 'observe');
    assert.equal(evidence.size, 0);
    assert.equal(store.loads, 0);
    await evidence.close();
  });

  test('leaves no timer and takes nothing new when it is closed', async () => {
    const { evidence, clock, consult } = book();
    consult();
    await evidence.close();
    await evidence.close();
    assert.equal(clock.pending, 0);
    assert.equal(evidence.begin('acme', 'k', PAIR, SETTINGS), undefined);
  });
});

describe('a comparison', () => {
  test('counts in the order in which it was begun', async () => {
    const { evidence, request } = book();
    for (let n = 0; n < 25; n++) await request();
    const before = evidence.peek('acme', 'k', PAIR, SETTINGS).n;
    const open = Array.from({ length: 3 }, () => evidence.begin('acme', 'k', PAIR, SETTINGS));
    open[2]?.settle({ kind: 'scores', cheap: 1, strong: 1 }, AS_EVER, CHEAP);
    open[1]?.settle({ kind: 'scores', cheap: 1, strong: 1 }, AS_EVER, CHEAP);
    assert.equal(evidence.peek('acme', 'k', PAIR, SETTINGS).n, before);
    open[0]?.settle({ kind: 'unavailable' }, AS_EVER, CHEAP);
    assert.equal(evidence.peek('acme', 'k', PAIR, SETTINGS).n, before + 2);
    await evidence.close();
  });

  test('of which twenty in a row get no verdict makes an admitted pair one on trial, until one does', async () => {
    const { evidence, admit, compare, consult } = book();
    await admit();
    for (let n = 0; n < 20; n++) compare(undefined);
    assert.equal(consult().state, 'canary');
    assert.equal(evidence.report()[0]?.blind, true);
    compare(1);
    assert.equal(consult().state, 'admitted');
    await evidence.close();
  });
});

describe('a store', () => {
  test('gives a new process what another has learned', async () => {
    const store = new MoodyStore();
    const first = book(store);
    await first.admit();
    await first.evidence.close();
    const second = book(store);
    second.consult();
    await second.evidence.settled();
    assert.equal(second.consult().serve, 'cheap');
    await second.evidence.close();
  });

  test('is shared: replicas learn from each other, and lose nothing of what each has seen', async () => {
    const store = new MoodyStore();
    const [one, two] = [book(store), book(store)];
    for (let n = 0; n < 25; n++) await one.request(1);
    await one.turn();
    // The first is served before what is known is read.
    await two.request(1);
    await two.request(1);
    await two.turn();
    const before = [one, two].map(({ evidence }) => evidence.report()[0]?.seen);
    assert.equal(before[1], Number(before[0]) + 1);
    for (let n = 0; n < 5; n++) {
      one.compare(1);
      two.compare(1);
    }
    for (let n = 0; n < 3; n++) for (const replica of [one, two]) await replica.turn();
    const n = [one, two].map(({ evidence }) => evidence.peek('acme', 'k', PAIR, SETTINGS).n);
    assert.equal(n[0], n[1]);
    assert.ok(Number(n[0]) >= 10);
    for (const { evidence } of [one, two]) await evidence.close();
  });

  test('counts nothing twice where a save was made and its reply never came', async () => {
    const store = new MoodyStore();
    const [one, two] = [book(store), book(store)];
    for (let n = 0; n < 25; n++) await one.request(1);
    await one.turn();
    const compared = () => one.evidence.peek('acme', 'k', PAIR, SETTINGS).n;
    const before = compared();
    store.mute = true;
    for (let n = 0; n < 10; n++) one.compare(1);
    await one.turn();
    store.mute = false;
    two.consult();
    await two.evidence.settled();
    two.compare(1);
    await two.turn();
    for (let n = 0; n < 2; n++) one.compare(1);
    for (let n = 0; n < 3; n++) for (const replica of [one, two]) await replica.turn();
    assert.equal(compared(), before + 13);
    assert.equal(two.evidence.peek('acme', 'k', PAIR, SETTINGS).n, before + 13);
    for (const { evidence } of [one, two]) await evidence.close();
  });

  test('that went back to what it knew before admits nobody again', async () => {
    const memory = new MemoryEvidenceStore();
    const store = new MoodyStore(memory);
    const one = book(store);
    await one.admit();
    await one.evidence.flush();
    const key = { tenant: 'acme', key: 'k', pair: PAIR };
    const before = await memory.load(key);
    for (let n = 0; n < 40; n++) one.compare(0);
    for (let n = 0; n < 3; n++) await one.turn();
    assert.equal(one.consult().state, 'suspended');
    await one.turn();
    const other = new MoodyStore(new MemoryEvidenceStore());
    await other.inner.save(key, before?.record ?? '', 0);
    store.inner = other.inner;
    one.consult();
    await one.turn();
    assert.equal(one.consult().state, 'suspended');
    await one.turn();
    const two = book(other);
    two.consult();
    await two.evidence.settled();
    assert.equal(two.consult().state, 'suspended');
    for (const { evidence } of [one, two]) await evidence.close();
  });

  test('tells another replica within a tick that a pair is suspended', async () => {
    const store = new MoodyStore();
    const one = book(store);
    await one.admit();
    await one.evidence.flush();
    const two = book(store);
    two.consult();
    await two.evidence.settled();
    assert.equal(two.consult().serve, 'cheap');
    for (let n = 0; n < 40; n++) one.compare(0);
    assert.equal(one.consult().state, 'suspended');
    await one.turn();
    await two.turn();
    assert.equal(two.consult().state, 'suspended');
    assert.deepEqual(one.events, ['acme/k admitted', 'acme/k suspended']);
    for (const { evidence } of [one, two]) await evidence.close();
  });

  test('that is away fails nothing: what was known is served, and nobody is admitted', async () => {
    const { evidence, store, troubles, admit, request, consult, turn } = book();
    await admit('acme', 'known');
    for (let n = 0; n < 30; n++) await request(1, 'acme', 'on-its-way');
    await evidence.flush();
    store.away = true;
    for (let n = 0; n < 3_000; n++) assert.equal((await request(1, 'acme', 'on-its-way')).serve, 'strong');
    assert.equal((await request(1, 'acme', 'known')).serve, 'cheap');
    assert.equal((await request(1, 'acme', 'never-seen')).serve, 'strong');
    assert.deepEqual(troubles, ['the store is away']);
    // What is learned meanwhile counts as soon as it can be stored.
    assert.ok(evidence.peek('acme', 'on-its-way', PAIR, SETTINGS).n > 90);
    store.away = false;
    await turn();
    assert.notEqual(consult('acme', 'on-its-way').state, 'shadow');
    await evidence.close();
  });

  test('that is away hides no suspension', async () => {
    const { evidence, store, admit, compare, consult } = book();
    await admit();
    store.away = true;
    for (let n = 0; n < 40; n++) compare(0);
    assert.equal(consult().serve, 'strong');
    store.away = false;
    await evidence.close();
  });

  test('is not asked to keep what came once', async () => {
    const { evidence, store, request, turn } = book();
    for (let n = 0; n < 15; n++) await request(1, 'acme', `one-off-${n}`);
    await turn();
    await evidence.close();
    assert.equal(store.saves, 0);
  });

  test('is written in turns where very many have something to store', async () => {
    const { evidence, store, request, turn } = book();
    const keys = Array.from({ length: 250 }, (_, n) => `k${n}`);
    for (let n = 0; n < 25; n++) for (const key of keys) await request(1, 'acme', key);
    for (let n = 0; n < 3; n++) {
      for (const key of keys) await request(1, 'acme', key);
      await turn();
    }
    const stored = await Promise.all(keys.map((key) => store.load({ tenant: 'acme', key, pair: PAIR })));
    const seen = stored.map((one) => Number(/"seen":(\d+)/.exec(one?.record ?? '')?.[1]));
    assert.ok(
      seen.every((count) => count >= 25),
      String(seen),
    );
    await evidence.close();
  });

  test('whose record cannot be read is begun anew', async () => {
    const store = new MoodyStore();
    await store.save({ tenant: 'acme', key: 'k', pair: PAIR }, 'not a record', 0);
    const { evidence, admit } = book(store);
    await admit();
    await evidence.close();
    assert.match((await store.load({ tenant: 'acme', key: 'k', pair: PAIR }))?.record ?? '', /"admitted"/);
  });
});

describe('memory', () => {
  test('has room for so many pairs; what is known of the others waits in the store', async () => {
    const { evidence, request, consult, admit, turn } = book(undefined, { most: 8, mostPerTenant: 8 });
    await admit('acme', 'k0');
    for (let n = 1; n < 8; n++) await request(1, 'acme', `k${n}`);
    assert.equal(evidence.size, 8);
    assert.equal(consult('acme', 'k8').serve, 'strong');
    assert.equal(evidence.size, 8);
    await turn();
    assert.equal(evidence.size, 7);
    for (let n = 1; n < 8; n++) await request(1, 'acme', `k${n}`);
    await turn();
    assert.deepEqual(
      evidence
        .report()
        .map(({ key }) => key)
        .sort(),
      ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7'],
    );
    consult('acme', 'k0');
    await evidence.settled();
    assert.equal(consult('acme', 'k0').serve, 'cheap');
    await evidence.close();
  });

  test('of one tenant does not crowd out another', async () => {
    const { evidence, request, consult } = book(undefined, { most: 100, mostPerTenant: 4 });
    for (let n = 0; n < 50; n++) await request(1, 'flood', `k${n}`);
    assert.equal(evidence.size, 4);
    for (let n = 0; n < 30; n++) await request(1, 'acme', 'k');
    assert.equal(consult('acme', 'k').state, 'shadow');
    await evidence.close();
  });
});
