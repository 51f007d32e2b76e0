import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CounterAsk } from '../../src/state/budget-store.ts';
import { SESSION_FORGOTTEN_AFTER } from '../../src/tenants/limits.ts';
import { chargesFor } from '../../src/tenants/settlement.ts';
import { key, TenantRig } from './rig.ts';

const RIG = new TenantRig(`
  acme:
    keys: ["${key('acme')}"]
    timeZone: Europe/Vienna
    budget: [{limit: $50, per: day}, {limit: 2M tokens, per: month}, {limit: $5, per: session}, {limit: $2, per: task}, {limit: $900, per: total}]
    rates: {requests: 600/minute, tokens: 2M/minute}
    concurrency: 20
    users: {budget: {limit: $3, per: day}, rates: {requests: 10/second}, concurrency: 2}
    agents:
      coder: {budget: [{limit: 100 requests, per: hour}, {limit: $1, per: session}], concurrency: 4}
      "*": {budget: {limit: $4, per: week}}
  small: {keys: ["${key('small')}"], budget: {limit: 10 requests, per: minute}}
  free: {keys: ["${key('free')}"]}
`);
const NOW = RIG.clock.now();
const AMOUNTS = { nanos: 500, tokens: 70, requests: 1 };

function asked(tenant: string, names: Record<string, string> = {}, amounts = AMOUNTS) {
  const headers = Object.fromEntries(Object.entries(names).map(([name, value]) => [`x-breakwater-${name}`, value]));
  const { limits, names: parts } = RIG.identity({ ...headers, 'x-api-key': key(tenant) });
  return limits.askFor(parts, amounts, NOW);
}

function plain({ key: name, limit, amount }: CounterAsk): string {
  return `${name} ${amount}/${limit}`;
}

describe('what a request asks the store for', () => {
  test('is every limit of every scope it names, in the unit of each', () => {
    const { counters, counterRules, rates } = asked('acme', { agent: 'coder', user: 'ann', session: 's1', task: 't1' });
    assert.deepEqual(counters.map(plain), [
      'tenant/usd/day 500/50000000000',
      'tenant/tokens/month 70/2000000',
      'session:s1/usd/session 500/5000000000',
      'task:t1/usd/task 500/2000000000',
      'tenant/usd/total 500/900000000000',
      'tenant/concurrency 1/20',
      'agent:coder/requests/hour 1/100',
      'agent:coder/session:s1/usd/session 500/1000000000',
      'agent:coder/concurrency 1/4',
      'user:ann/usd/day 500/3000000000',
      'user:ann/concurrency 1/2',
    ]);
    assert.equal(counterRules.length, counters.length);
    assert.deepEqual(rates, [
      { key: 'tenant/requests/rate', emissionMs: 100, burst: 600, cost: 1 },
      { key: 'tenant/tokens/rate', emissionMs: 0.03, burst: 2_000_000, cost: 70 },
      { key: 'user:ann/requests/rate', emissionMs: 100, burst: 10, cost: 1 },
    ]);
  });

  test('leaves out users and agents that are not named, and sessions of one request', () => {
    const { counters, tooLarge } = asked('acme');
    const keys = counters.map((counter) => counter.key);
    assert.deepEqual(keys, [
      'tenant/usd/day',
      'tenant/tokens/month',
      'tenant/usd/total',
      'tenant/concurrency',
      'agent:*/usd/week',
    ]);
    assert.deepEqual(tooLarge, []);
  });

  test('names the limits per session and task that a request breaks by itself where it names none', () => {
    const amounts = { ...AMOUNTS, nanos: 3_000_000_000 };
    assert.deepEqual(
      asked('acme', { agent: 'coder' }, amounts).tooLarge.map(({ owner, per }) => `${owner} ${per}`),
      ['tenant task', 'agent session'],
    );
    assert.deepEqual(asked('acme', { agent: 'coder', session: 's', task: 't' }, amounts).tooLarge, []);
  });

  test('gives each unknown agent an account of its own', () => {
    assert.ok(asked('acme', { agent: 'x' }).counters.some((counter) => counter.key === 'agent:x/usd/week'));
    assert.ok(asked('acme', { agent: '*' }).counters.some((counter) => counter.key === 'agent:%2A/usd/week'));
  });

  test('has the windows of the tenant’s calendar', () => {
    const { counters } = asked('acme', { user: 'ann', session: 's' });
    const windows = new Map(counters.map((counter) => [counter.key, counter]));
    const midnight = Date.UTC(2026, 10, 21, 23);
    for (const name of ['tenant/usd/day', 'user:ann/usd/day']) {
      const { windowStart, windowEnd, forgetAfter } = windows.get(name) ?? {};
      assert.deepEqual([windowStart, windowEnd, forgetAfter], [midnight, midnight + 86_400_000, undefined]);
    }
    assert.equal(windows.get('tenant/tokens/month')?.windowStart, Date.UTC(2026, 9, 31, 23));
  });

  test('keeps a total for ever, and forgets a session that is long still', () => {
    const { counters } = asked('acme', { session: 's', task: 't' });
    const forgotten = new Map(counters.map((counter) => [counter.key, counter.forgetAfter]));
    assert.equal(forgotten.get('tenant/usd/total'), undefined);
    assert.equal(forgotten.get('session:s/usd/session'), SESSION_FORGOTTEN_AFTER);
    assert.equal(forgotten.get('task:t/usd/task'), SESSION_FORGOTTEN_AFTER);
    for (const { windowStart, windowEnd, key: name } of counters.filter((counter) => counter.key.includes('session'))) {
      assert.deepEqual([windowStart, windowEnd], [0, undefined], name);
    }
  });

  test('of an extension is money and tokens only', () => {
    const { counters, rates } = asked('acme', { agent: 'coder' }, { nanos: 9, tokens: 0, requests: 0 });
    assert.ok(!counters.some((counter) => counter.key.endsWith('/concurrency')));
    assert.deepEqual(
      counters.map((counter) => counter.amount),
      [9, 0, 9, 0],
    );
    assert.deepEqual(rates, []);
  });

  test('is nothing where there is no limit, and says what has to be known', () => {
    const limits = (tenant: string) => RIG.identity({ 'x-api-key': key(tenant) }).limits;
    assert.deepEqual([limits('free').none, limits('small').none], [true, false]);
    assert.deepEqual([limits('small').needsPrice, limits('small').needsTokens], [false, false]);
    assert.deepEqual([limits('acme').needsPrice, limits('acme').needsTokens], [true, true]);
    assert.deepEqual(asked('free').counters, []);
  });
});

describe('what a settlement charges', () => {
  const used = { nanos: 200, tokens: 30, requests: 1 };

  test('is what was used, in the windows asked for, and nothing of requests at once', () => {
    const question = asked('acme', { agent: 'coder', session: 's1' });
    const { charges } = chargesFor(question, used);
    assert.deepEqual(
      charges.map(({ key: name, amount }) => `${name} ${amount}`),
      [
        'tenant/usd/day 200',
        'tenant/tokens/month 30',
        'session:s1/usd/session 200',
        'tenant/usd/total 200',
        'agent:coder/requests/hour 1',
        'agent:coder/session:s1/usd/session 200',
      ],
    );
    const day = question.counters[0];
    assert.deepEqual(charges[0], {
      key: day?.key,
      windowStart: day?.windowStart,
      windowEnd: day?.windowEnd,
      forgetAfter: undefined,
      amount: 200,
    });
  });

  test('gives the rates back what was taken too much, and never takes more', () => {
    const question = asked('acme', { user: 'ann' });
    assert.deepEqual(chargesFor(question, used).refunds, [{ key: 'tenant/tokens/rate', emissionMs: 0.03, units: 40 }]);
    assert.deepEqual(chargesFor(question, { ...used, tokens: 5000 }).refunds, []);
    assert.deepEqual(
      chargesFor(question, { nanos: 0, tokens: 0, requests: 0 }).refunds.map(
        ({ key: name, units }) => `${name} ${units}`,
      ),
      ['tenant/requests/rate 1', 'tenant/tokens/rate 70', 'user:ann/requests/rate 1'],
    );
  });
});
