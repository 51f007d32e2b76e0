import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type BudgetSeen,
  budgetExhausted,
  budgetWarning,
  crossesWarning,
  keyEvent,
  loopDetected,
  moneyEvent,
} from '../../../src/tenants/events/make-events.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 2, 1);
const seen: BudgetSeen = {
  tenant: 'acme',
  scope: 'agent:coder',
  counter: 'agent:coder/usd/day',
  unit: 'usd',
  per: 'day',
  limit: 50e9,
  spent: 41.5e9,
  held: 1e9,
  windowStart: START,
  windowEnd: START + DAY,
};

describe('events', () => {
  it('tell of a crossing in the one settlement that crosses', () => {
    const steps = [0, 39, 79, 80, 81, 120];
    const crossings = steps
      .slice(1)
      .map((after, index) => crossesWarning({ before: steps[index] ?? 0, after }, 100, 0.8));
    assert.deepEqual(crossings, [false, false, true, false, false]);
  });

  it('say what a person needs, in dollars', () => {
    const { text, data, scope } = budgetWarning(seen, START + 5);
    assert.equal(
      text,
      'agent:coder of tenant acme has spent 83% of its budget of $50.00 per day ($41.50 spent, $1.00 held).',
    );
    assert.equal(scope, 'agent:coder');
    assert.deepEqual(data, {
      unit: 'usd',
      per: 'day',
      limit: 50,
      spent: 41.5,
      held: 1,
      resetsAt: '2026-03-02T00:00:00.000Z',
    });
    const tokens = budgetExhausted(
      { ...seen, unit: 'tokens', limit: 1_000, spent: 990, held: 10, windowEnd: undefined },
      START,
    );
    assert.equal(
      tokens.text,
      'agent:coder of tenant acme refuses requests over its budget of 1000 tokens per day (990 tokens spent, 10 tokens held).',
    );
    assert.deepEqual(tokens.data, { unit: 'tokens', per: 'day', limit: 1_000, spent: 990, held: 10, resetsAt: null });
  });

  it('have the same id wherever they are noticed, and another one for another fact', () => {
    const { id } = budgetWarning(seen, 1);
    assert.match(id, /^evt_[0-9a-f]{32}$/);
    assert.equal(budgetWarning({ ...seen, spent: 45e9, held: 0 }, 2).id, id);
    const others: readonly Partial<BudgetSeen>[] = [
      { tenant: 'other' },
      { counter: 'tenant/usd/day' },
      { limit: 60e9 },
      { windowStart: START + DAY },
    ];
    const ids = [id, budgetExhausted(seen, 1).id, ...others.map((more) => budgetWarning({ ...seen, ...more }, 1).id)];
    assert.equal(new Set(ids).size, ids.length);
  });

  it('tell of a loop without its arguments', () => {
    const call = { name: 'read', argumentsHash: '0123456789abcdef', shownArguments: '{"token":"hush"}', count: 5 };
    const loop = {
      tenant: 'acme',
      agent: 'coder',
      session: 's1',
      task: undefined,
      cause: 'repeats',
      calls: [call],
      total: 9,
      blocked: true,
    } as const;
    const event = loopDetected(loop, START);
    assert.equal(event.text, 'session:s1 of tenant acme called read 5 times with the same arguments; it is blocked.');
    assert.ok(!JSON.stringify(event).includes('hush'));
    assert.equal(loopDetected({ ...loop, calls: [{ ...call, count: 6 }] }, START + 1).id, event.id);
    assert.notEqual(loopDetected({ ...loop, session: 's2' }, START).id, event.id);
    assert.notEqual(
      loopDetected({ ...loop, session: undefined }, START).id,
      loopDetected({ ...loop, session: undefined }, START + 3_600_000).id,
    );
  });

  it('tell of money in dollars', () => {
    const spike = moneyEvent(
      {
        cause: 'spike',
        of: 'session',
        tenant: 'acme',
        scope: 'session:s1',
        window: 5,
        cost: 9e9,
        average: 1e9,
        text: 'Dear.',
      },
      true,
      START,
    );
    assert.equal(spike.text, 'Dear. It is paused.');
    assert.deepEqual(spike.data, { of: 'session', cost: 9, average: 1, paused: true });
    const slope = moneyEvent(
      {
        cause: 'slope',
        tenant: 'acme',
        scope: 'tenant',
        window: START,
        counter: 'tenant/usd/day',
        unit: 'usd',
        limit: 5e9,
        spent: 1e9,
        perHour: 8e9,
        endsAt: START,
        text: 'Fast.',
      },
      false,
      START,
    );
    assert.deepEqual(slope.data, {
      unit: 'usd',
      limit: 5,
      spent: 1,
      perHour: 8,
      endsAt: '2026-03-01T00:00:00.000Z',
      paused: false,
    });
  });

  it('tell of keys by their public id', () => {
    const event = keyEvent('key.revoked', { id: 'key_abc', tenant: 'acme', agent: undefined }, START);
    assert.equal(event.text, 'Key key_abc of tenant acme was revoked.');
  });
});
