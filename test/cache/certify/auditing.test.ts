import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AuditBudget } from '../../../src/cache/certify/audit-budget.ts';
import { AuditQueue } from '../../../src/cache/certify/audit-queue.ts';
import { startOf } from '../../../src/cache/certify/layout.ts';
import { certifySettings } from '../../../src/cache/certify/settings.ts';
import { type CertificateState, nextState, type StateEvent } from '../../../src/cache/certify/state.ts';
import { seeded } from '../../breakers/seeded.ts';
import { hit, rig } from './rig.ts';

const HOUR = 3_600_000;

describe('choosing the hits to audit', () => {
  it('spends at most the budget in any 24 hours, and some of it in each of them', () => {
    const random = seeded(7);
    const budget = new AuditBudget(240, 0);
    const audits: number[] = [];
    for (let second = 0; second < 3 * 86_400; second += 4) {
      if (random() >= budget.factor(second * 1000)) continue;
      budget.spend();
      audits.push(second);
    }
    for (const from of audits) assert.ok(audits.filter((at) => at >= from && at < from + 86_400).length <= 240);
    for (let hour = 0; hour < 72; hour++) {
      assert.ok(audits.filter((at) => Math.floor((at * 1000) / HOUR) === hour).length >= 3, `hour ${hour}`);
    }
    assert.ok(audits.length > 600, `${audits.length} of 720`);
    assert.equal(new AuditBudget(0, 0).factor(1e12), 0);
  });

  it('audits every would-be hit before certification, fewer and fewer after it, and more again on suspicion', async () => {
    const r = await rig({ settings: { epsilon: 0.05 } });
    const share = (): number => r.certifier.report().auditShare;
    assert.equal(share(), 1);
    hit(r, 59, 0.995, 'right');
    assert.equal(share(), 0.1);
    hit(r, 59 * 3, 0.995, 'right');
    assert.equal(share(), 0.05);
    hit(r, 3000, 0.995, 'right');
    assert.equal(share(), 0.02);
    while (r.certifier.report().audits.wrong === 0) hit(r, 1, 0.995, 'wrong');
    assert.ok(share() > 0.1 && share() < 0.2, `${share()}`);
  });

  it('gives audits out in the order in which they were begun', () => {
    const queue = new AuditQueue(1000);
    const tickets = [0, 1, 2].map((i) => queue.begin(0.9 + i / 100, 1, 0));
    queue.settle(tickets[1] ?? 0, 'right');
    queue.settle(99, 'right');
    assert.deepEqual(queue.take(500), []);
    queue.settle(tickets[0] ?? 0, 'wrong');
    queue.settle(tickets[0] ?? 0, 'right');
    assert.deepEqual(
      queue.take(500).map(({ result }) => result),
      ['wrong', 'right'],
    );
    assert.deepEqual(
      queue.take(1000).map(({ result }) => result),
      ['unavailable'],
    );
    assert.equal(queue.size, 0);
  });

  it('begins at the strictest threshold a fifth of hits reaches, and stricter with each attempt', () => {
    const hits = [2, 3, 15, 80];
    assert.equal(startOf(hits, 1, null), 2);
    assert.equal(startOf(hits, 2, 2), 1);
    assert.equal(startOf(hits, 3, 1), 0);
    assert.equal(startOf(hits, 4, 0), 0);
    assert.equal(startOf([0, 0, 0, 0], 1, null), 0);
  });

  it('names the setting it refuses', () => {
    for (const wrong of [
      { epsilon: 0 },
      { epsilon: 0.5 },
      { confidence: 1 },
      { grid: [] },
      { grid: [0.9, 0.95] },
      { start: 0.123 },
      { auditsPerDay: 1 },
      { liveShare: 0 },
      { leastShare: 0.5 },
      { auditTimeout: 0 },
      { blindAfter: 0 },
    ]) {
      assert.throws(() => certifySettings(wrong), new RegExp(Object.keys(wrong)[0] ?? ''));
    }
  });
});

describe('the states of a certificate', () => {
  const adopted: StateEvent = { kind: 'adopted', threshold: 0.9, bound: 0.02, audits: 149, errors: 0 };
  const certified: CertificateState = { ...adopted, kind: 'certified', since: 1 };
  const table: readonly (readonly [CertificateState, StateEvent, CertificateState['kind']])[] = [
    [{ kind: 'off' }, { kind: 'turned-on' }, 'shadow'],
    [{ kind: 'off' }, adopted, 'off'],
    [{ kind: 'off' }, { kind: 'stopped', reason: 'operator' }, 'off'],
    [{ kind: 'shadow', since: 1 }, adopted, 'certified'],
    [{ kind: 'shadow', since: 1 }, { kind: 'stopped', reason: 'breach' }, 'shadow'],
    [{ kind: 'shadow', since: 1 }, { kind: 'stopped', reason: 'operator' }, 'suspended'],
    [certified, { kind: 'stopped', reason: 'breach' }, 'suspended'],
    [certified, { kind: 'turned-on' }, 'certified'],
    [certified, { kind: 'turned-off' }, 'off'],
    [{ kind: 'suspended', reason: 'breach', since: 1 }, adopted, 'certified'],
    [{ kind: 'suspended', reason: 'breach', since: 1 }, { kind: 'turned-on' }, 'suspended'],
  ];
  for (const [from, event, to] of table) {
    it(`${from.kind}, ${event.kind}${event.kind === 'stopped' ? ` (${event.reason})` : ''}: ${to}`, () => {
      assert.equal(nextState(from, event, 2).kind, to);
    });
  }
});

describe('any life of a route', () => {
  it('serves only while certified, at or above its threshold, and only with a bound that was at most epsilon when adopted', async () => {
    const step = fc.record({
      cosine: fc.double({ min: 0.85, max: 1, noNaN: true }),
      result: fc.constantFrom('right', 'right', 'right', 'right', 'right', 'right', 'wrong', 'unsure', 'unavailable'),
      times: fc.integer({ min: 1, max: 90 }),
      act: fc.constantFrom('none', 'none', 'none', 'none', 'off', 'on', 'suspend'),
    } as const);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const r = await rig({ settings: { epsilon: 0.05 } });
        for (const { cosine, result, times, act } of steps) {
          if (act === 'off') r.certifier.turnOff();
          if (act === 'on') r.certifier.turnOn();
          if (act === 'suspend') r.certifier.suspend();
          hit(r, times, cosine, result);
          const { state } = r.certifier;
          const { serve } = r.certifier.wouldHit(cosine);
          if (serve) assert.ok(state.kind === 'certified' && cosine >= state.threshold);
          const { lookups, wouldBeHits, served } = r.certifier.report();
          assert.ok(served <= wouldBeHits && wouldBeHits <= lookups);
        }
        for (const event of r.events) if (event.kind === 'certified') assert.ok(event.bound <= 0.05 + 1e-9);
      }),
      { seed: 6, numRuns: 150 },
    );
  });
});
