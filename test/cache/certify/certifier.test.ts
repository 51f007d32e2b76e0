import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryCertificateStore } from '../../../src/cache/certify/certificate-store.ts';
import { hit, KEY, rig, THING } from './rig.ts';

describe('certification', () => {
  for (const { epsilon, clean } of [
    { epsilon: 0.01, clean: 299 },
    { epsilon: 0.02, clean: 149 },
    { epsilon: 0.05, clean: 59 },
  ]) {
    it(`comes with the ${clean}th clean audit for ${epsilon}, not before`, async () => {
      const r = await rig({ settings: { epsilon } });
      hit(r, clean - 1, 0.995, 'right');
      assert.ok(r.events.length === 0 && !r.certifier.report().serving);
      assert.equal(r.certifier.wouldHit(0.995).serve, false);
      r.certifier.audited(clean, 'right');
      const { state } = r.certifier;
      // Hits at 0.995 are evidence on every looser threshold as well.
      assert.ok(state.kind === 'certified' && state.threshold === 0.88 && state.bound <= epsilon);
      assert.deepEqual(
        r.events.map((event) => event.kind),
        ['certified'],
      );
      assert.equal(r.certifier.wouldHit(0.88).serve, true);
      assert.equal(r.certifier.wouldHit(0.8799).serve, false);
    });
  }

  it('stops at the first threshold that has not passed, and loosens by itself when it does', async () => {
    const r = await rig({ settings: { epsilon: 0.05, start: 0.95 } });
    hit(r, 1, 0.945, 'wrong');
    hit(r, 59, 0.955, 'right');
    const { state } = r.certifier;
    assert.ok(state.kind === 'certified' && state.threshold === 0.95);
    hit(r, 300, 0.945, 'right');
    assert.ok(r.certifier.state.kind === 'certified' && r.certifier.state.threshold === 0.88);
  });

  it('takes no single popular answer for evidence of a route: five times right, and wrong as often as it is', async () => {
    const r = await rig({ settings: { epsilon: 0.05 } });
    const ask = (entry: string, result: 'right' | 'wrong') => {
      const { audit } = r.certifier.wouldHit(0.995, entry);
      if (audit !== undefined) r.certifier.audited(audit, result);
    };
    for (let time = 0; time < 300; time++) ask('popular', 'right');
    assert.equal(r.certifier.state.kind, 'shadow');
    assert.equal(r.certifier.report().steps[0]?.audits, 5);
    ask('popular', 'wrong');
    assert.deepEqual([r.certifier.report().steps[0]?.audits, r.certifier.report().steps[0]?.errors], [6, 1]);
    const other = await rig({ settings: { epsilon: 0.05 } });
    for (let time = 0; time < 59; time++) {
      const { audit } = other.certifier.wouldHit(0.995, `entry ${time % 12}`);
      if (audit !== undefined) other.certifier.audited(audit, 'right');
    }
    assert.equal(other.certifier.state.kind, 'certified');
  });

  it('hears of a popular answer that has become wrong', async () => {
    const r = await rig({ settings: { epsilon: 0.05 } });
    hit(r, 59, 0.995, 'right');
    assert.equal(r.certifier.state.kind, 'certified');
    for (let time = 0; time < 300 && r.certifier.state.kind === 'certified'; time++) {
      const { audit } = r.certifier.wouldHit(0.995, 'popular');
      if (audit !== undefined) r.certifier.audited(audit, time < 20 ? 'right' : 'wrong');
    }
    assert.equal(r.certifier.state.kind, 'suspended');
  });

  it('counts unsure as wrong, and unavailable as nothing', async () => {
    const unsure = await rig({ settings: { epsilon: 0.05 } });
    hit(unsure, 1, 0.995, 'unsure');
    hit(unsure, 100, 0.995, 'right');
    assert.equal(unsure.certifier.state.kind, 'shadow');
    const outage = await rig({ settings: { epsilon: 0.05 } });
    hit(outage, 1000, 0.995, 'unavailable');
    assert.equal(outage.certifier.state.kind, 'shadow');
    hit(outage, 59, 0.995, 'right');
    assert.equal(outage.certifier.state.kind, 'certified');
    assert.equal(outage.certifier.report().audits.unavailable, 1000);
  });

  it('counts verdicts in the order of the hits, so that slow wrong ones are not overtaken', async () => {
    const r = await rig({ settings: { epsilon: 0.05 } });
    const late = r.certifier.wouldHit(0.995).audit ?? 0;
    hit(r, 80, 0.995, 'right');
    assert.equal(r.certifier.state.kind, 'shadow');
    r.certifier.audited(late, 'wrong');
    assert.equal(r.certifier.state.kind, 'shadow');
    assert.deepEqual(r.certifier.report().steps[0]?.errors, 1);
  });

  it('waits for a verdict that never comes only so long', async () => {
    const r = await rig({ settings: { epsilon: 0.05, auditTimeout: 100_000 } });
    r.certifier.wouldHit(0.995);
    hit(r, 59, 0.995, 'right');
    assert.equal(r.certifier.state.kind, 'shadow');
    r.clock.advance(100_000);
    r.certifier.wouldHit(0.995);
    assert.equal(r.certifier.state.kind, 'certified');
  });

  it('hears of errors in answers that took longer than it waits, and takes nothing else of them', async () => {
    const r = await rig({ settings: { epsilon: 0.05 } });
    const late = Array.from({ length: 40 }, () => r.certifier.wouldHit(0.995).audit ?? 0);
    r.clock.advance(120_000);
    hit(r, 10, 0.995, 'right');
    for (const [at, ticket] of late.entries())
      r.certifier.audited(ticket, at < 5 ? 'wrong' : at < 10 ? 'unsure' : 'right');
    for (const ticket of late.slice(0, 10)) r.certifier.audited(ticket, 'wrong');
    const { audits, steps } = r.certifier.report();
    assert.deepEqual(audits, { right: 10, wrong: 5, unsure: 5, unavailable: 40 });
    assert.deepEqual([steps[0]?.audits, steps[0]?.errors], [20, 10]);
  });

  it('begins where hits are, known from the first 50 cosines before any audit', async () => {
    const r = await rig({ settings: { epsilon: 0.05, start: 'observed' } });
    for (let i = 0; i < 50; i++) assert.equal(r.certifier.wouldHit(i % 2 === 0 ? 0.935 : 0.925).audit, undefined);
    assert.equal(r.certifier.report().threshold, 0.93);
    hit(r, 59, 0.935, 'right');
    assert.ok(r.certifier.state.kind === 'certified');
  });

  it('gives up a hopeless beginning and tries a stricter one, for which it asks more', async () => {
    const r = await rig({ settings: { epsilon: 0.05, start: 0.9 } });
    hit(r, 20, 0.905, 'wrong');
    assert.ok(r.events.some((event) => event.kind === 'restarted' && event.attempt > 1 && (event.start ?? 0) > 0.9));
    hit(r, 100, 0.995, 'right');
    assert.equal(r.certifier.state.kind, 'shadow');
    hit(r, 200, 0.995, 'right');
    assert.equal(r.certifier.state.kind, 'certified');
  });

  it('has no opinion on what is no cosine', async () => {
    const r = await rig();
    for (const cosine of [Number.NaN, Number.POSITIVE_INFINITY, 1.5, -1, 0.5]) {
      assert.deepEqual(r.certifier.wouldHit(cosine), { serve: false, audit: undefined });
    }
    assert.equal(r.certifier.report().lookups, 5);
    assert.equal(r.certifier.report().wouldBeHits, 0);
  });

  it('reports both denominators', async () => {
    const r = await rig({ settings: { epsilon: 0.05 } });
    hit(r, 2, 0.995, 'wrong');
    hit(r, 98, 0.995, 'right');
    for (let i = 0; i < 900; i++) r.certifier.missed();
    const { errorAmongHits, errorAmongRequests, bound } = r.certifier.report();
    assert.equal(errorAmongHits?.share, 0.02);
    assert.ok(Math.abs((errorAmongHits?.upper ?? 0) - 0.0703839) < 1e-6);
    assert.equal(errorAmongRequests?.share, 0.002);
    assert.ok(Math.abs((errorAmongRequests?.upper ?? 0) - 0.00703839) < 1e-7);
    assert.ok(Math.abs(bound - 0.0616) < 1e-4);
  });
});

describe('a certified route', () => {
  it('is suspended by a breach, has what it served purged, and comes back on fresh evidence only, more of it', async () => {
    const r = await rig({ settings: { epsilon: 0.05 } });
    hit(r, 59, 0.995, 'right');
    hit(r, 10, 0.885, 'wrong');
    assert.deepEqual(
      r.events.map((event) => event.kind),
      ['certified', 'suspended', 'purge', 'restarted'],
    );
    assert.deepEqual(r.events[2], { kind: 'purge', from: 0.88, below: Number.POSITIVE_INFINITY });
    const { state } = r.certifier;
    assert.ok(state.kind === 'suspended' && state.reason === 'breach');
    hit(r, 100, 0.995, 'right');
    assert.equal(r.certifier.state.kind, 'suspended');
    hit(r, 100, 0.995, 'right');
    assert.equal(r.certifier.state.kind, 'certified');
  });

  it('tightens where the latest audits speak for a stricter threshold', async () => {
    const r = await rig({ settings: { epsilon: 0.05 } });
    hit(r, 59, 0.995, 'right');
    // Errors sit between 0.88 and 0.89 only, one in twenty hits: never at rest, and the rest is clean.
    for (let i = 0; i < 60 && r.events.length === 1; i++) {
      hit(r, 1, 0.885, 'wrong');
      hit(r, 9, 0.955, 'right');
    }
    assert.deepEqual(r.events[1], { kind: 'tightened', from: 0.88, to: 0.89 });
    assert.deepEqual(r.events[2], { kind: 'purge', from: 0.88, below: 0.89 });
    const { state } = r.certifier;
    assert.ok(state.kind === 'certified' && state.threshold === 0.89);
    assert.equal(r.certifier.wouldHit(0.885).serve, false);
    assert.equal(r.certifier.wouldHit(0.895).serve, true);
  });

  it('serves nothing while no audit gets a verdict, and goes on with the first that does', async () => {
    const r = await rig({ settings: { epsilon: 0.05, blindAfter: 20 } });
    hit(r, 59, 0.995, 'right');
    hit(r, 19, 0.995, 'unavailable');
    assert.equal(r.certifier.wouldHit(0.995).serve, true);
    hit(r, 1, 0.995, 'unavailable');
    r.certifier.audited(79, 'unavailable');
    r.clock.advance(200_000);
    assert.equal(r.certifier.wouldHit(0.995).serve, false);
    assert.deepEqual([r.certifier.report().blind, r.certifier.report().serving], [true, false]);
    r.clock.advance(200_000);
    hit(r, 1, 0.995, 'right');
    assert.equal(r.certifier.wouldHit(0.995).serve, true);
    assert.equal(r.certifier.state.kind, 'certified');
  });

  it('takes no verdict on a hit from before the suspension as fresh evidence', async () => {
    const r = await rig({ settings: { epsilon: 0.05 } });
    hit(r, 59, 0.995, 'right');
    const old = r.certifier.wouldHit(0.995).audit ?? 0;
    r.certifier.suspend();
    r.certifier.audited(old, 'right');
    assert.equal(r.certifier.report().steps[0]?.audits, 0);
    assert.ok(r.certifier.state.kind === 'suspended' && r.certifier.state.reason === 'operator');
  });

  it('neither serves nor audits when turned off, and begins again when turned on', async () => {
    const r = await rig({ settings: { epsilon: 0.05 } });
    hit(r, 59, 0.995, 'right');
    r.certifier.turnOff();
    assert.deepEqual(r.certifier.wouldHit(0.995), { serve: false, audit: undefined });
    r.certifier.turnOn();
    assert.equal(r.certifier.state.kind, 'shadow');
    assert.equal(r.certifier.report().attempt, 2);
  });
});

describe('a stored certificate', () => {
  it('survives a restart', async () => {
    const store = new MemoryCertificateStore();
    const r = await rig({ settings: { epsilon: 0.05 }, store });
    hit(r, 59, 0.995, 'right');
    await r.certifier.flush();
    const again = await rig({ settings: { epsilon: 0.05 }, store });
    assert.deepEqual(again.certifier.state, r.certifier.state);
    assert.deepEqual(again.certifier.report().steps, r.certifier.report().steps);
    assert.deepEqual(again.events, []);
  });

  const changes = [
    ['model', { ...THING, model: 'm2' }],
    ['embedder', { ...THING, embedder: 'e 16' }],
    ['guards', { ...THING, guards: '2' }],
    ['epoch', { ...THING, epoch: 'x' }],
    ['checker', { ...THING, checker: 'judge' }],
  ] as const;
  for (const [what, thing] of changes) {
    it(`means nothing to another ${what}`, async () => {
      const store = new MemoryCertificateStore();
      const r = await rig({ settings: { epsilon: 0.05 }, store });
      hit(r, 59, 0.995, 'right');
      await r.certifier.flush();
      const other = await rig({ settings: { epsilon: 0.05 }, store, thing });
      assert.equal(other.certifier.state.kind, 'shadow');
      assert.deepEqual(other.events, [{ kind: 'reset', why: 'version' }]);
    });
  }

  it('means nothing to another epsilon, and nothing where it cannot be read', async () => {
    const store = new MemoryCertificateStore();
    await store.save(KEY, '{"format":1', 0);
    const r = await rig({ settings: { epsilon: 0.05 }, store });
    assert.deepEqual(r.events, [{ kind: 'reset', why: 'unreadable' }]);
    hit(r, 59, 0.995, 'right');
    await r.certifier.flush();
    const stricter = await rig({ settings: { epsilon: 0.01 }, store });
    assert.equal(stricter.certifier.state.kind, 'shadow');
  });

  it('is learned by replicas together: no verdict is lost, and a suspension reaches all', async () => {
    const store = new MemoryCertificateStore();
    const [a, b] = [
      await rig({ settings: { epsilon: 0.05 }, store }),
      await rig({ settings: { epsilon: 0.05 }, store }),
    ];
    hit(a, 30, 0.995, 'right');
    hit(b, 29, 0.995, 'right');
    await a.certifier.flush();
    await b.certifier.flush();
    await a.certifier.flush();
    for (const { certifier } of [a, b]) {
      assert.equal(certifier.state.kind, 'certified');
      assert.equal(certifier.report().steps[0]?.audits, 59);
      assert.equal(certifier.report().lookups, 59);
    }
    assert.deepEqual(
      b.events.map((event) => event.kind),
      ['certified'],
    );
    hit(a, 10, 0.995, 'wrong');
    await a.certifier.flush();
    await b.certifier.flush();
    assert.equal(b.certifier.state.kind, 'suspended');
    assert.equal(b.certifier.wouldHit(0.995).serve, false);
  });

  it('keeps what could not be stored for the next flush', async () => {
    const memory = new MemoryCertificateStore();
    let down = true;
    const store = {
      load: (key: typeof KEY) => memory.load(key),
      save: async (key: typeof KEY, record: string, expected: number) => {
        if (down) throw new Error('away');
        return memory.save(key, record, expected);
      },
    };
    const r = await rig({ settings: { epsilon: 0.05 }, store });
    hit(r, 59, 0.995, 'right');
    await assert.rejects(r.certifier.flush(), /away/);
    down = false;
    await r.certifier.flush();
    assert.equal((await rig({ settings: { epsilon: 0.05 }, store })).certifier.state.kind, 'certified');
  });

  it('counts no audit twice where a save was made and its reply never came', async () => {
    const memory = new MemoryCertificateStore();
    let lost = true;
    const store = {
      load: (key: typeof KEY) => memory.load(key),
      save: async (key: typeof KEY, record: string, expected: number) => {
        const revision = await memory.save(key, record, expected);
        if (lost) throw new Error('no reply in time');
        return revision;
      },
    };
    const a = await rig({ settings: { epsilon: 0.05 }, store });
    const b = await rig({ settings: { epsilon: 0.05 }, store: memory });
    hit(a, 30, 0.995, 'right');
    await assert.rejects(a.certifier.flush(), /no reply/);
    hit(b, 5, 0.995, 'right');
    await b.certifier.flush();
    hit(a, 3, 0.995, 'right');
    lost = false;
    await a.certifier.flush();
    await b.certifier.flush();
    for (const { certifier } of [a, b]) {
      assert.equal(certifier.report().audits.right, 38);
      assert.equal(certifier.report().steps[0]?.audits, 38);
      assert.equal(certifier.report().lookups, 38);
      assert.equal(certifier.state.kind, 'shadow');
    }
  });

  it('stays suspended where the store went back to what it knew before, and tells it again', async () => {
    let memory = new MemoryCertificateStore();
    const store = {
      load: (key: typeof KEY) => memory.load(key),
      save: (key: typeof KEY, record: string, expected: number) => memory.save(key, record, expected),
    };
    const r = await rig({ settings: { epsilon: 0.05 }, store });
    hit(r, 59, 0.995, 'right');
    await r.certifier.flush();
    const before = await memory.load(KEY);
    hit(r, 1, 0.995, 'right');
    await r.certifier.flush();
    hit(r, 10, 0.995, 'wrong');
    await r.certifier.flush();
    assert.equal(r.certifier.state.kind, 'suspended');
    for (const lost of [false, true]) {
      memory = new MemoryCertificateStore();
      if (!lost) await memory.save(KEY, before?.record ?? '', 0);
      await r.certifier.flush();
      assert.equal(r.certifier.state.kind, 'suspended');
      assert.equal((await rig({ settings: { epsilon: 0.05 }, store })).certifier.state.kind, 'suspended');
    }
  });
});
