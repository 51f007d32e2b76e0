import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerPage } from '../../src/state/budget-store.ts';
import { openMemoryStore } from '../../src/state/local/memory-store.ts';
import { Limits } from '../../src/tenants/limits.ts';
import { type BudgetLine, type ReportOptions, reportBudgets } from '../../src/tenants/report.ts';
import { keyPart } from '../../src/tenants/scopes.ts';
import { chargesFor } from '../../src/tenants/settlement.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { entry } from '../state/asks.ts';
import { tenantsOf } from './rig.ts';

const HOUR = 3_600_000;
const DOLLAR = 1e9;
/** A Sunday noon in Vienna. */
const NOON = Date.UTC(2026, 10, 22, 11);

interface Spender {
  readonly agent?: string;
  readonly user?: string;
  readonly session?: string;
}

/** A tenant whose requests cost what they are told to. */
class Stand {
  readonly clock = new FakeClock(NOON);
  readonly store = openMemoryStore({ clock: this.clock });
  #requests = 0;
  #yaml: string;

  constructor(yaml: string) {
    this.#yaml = yaml;
  }

  get tenant() {
    const tenant = tenantsOf(`  acme: {timeZone: Europe/Vienna, ${this.#yaml}}`).tenants.get('acme');
    assert.ok(tenant !== undefined);
    return tenant;
  }

  reconfigure(yaml: string): void {
    this.#yaml = yaml;
  }

  spend(dollars: number, { agent, user, session }: Spender = {}, settles = true): void {
    const { tenant } = this;
    const part = (name: string | undefined) => (name === undefined ? undefined : keyPart(name));
    const known = agent === undefined ? undefined : tenant.agents.get(agent);
    const limits = new Limits(tenant, (known ?? tenant.otherAgents)?.limits);
    const names = { agent: part(agent), user: part(user), session: part(session), task: undefined };
    const used = { nanos: dollars * DOLLAR, tokens: 100, requests: 1 };
    const asked = limits.askFor(names, used, this.clock.now());
    const id = `r${this.#requests++}`;
    const { counters, rates } = asked;
    const reply = this.store.budgets.reserve({ tenant: 'acme', id, leaseMs: HOUR, scopes: [], counters, rates });
    assert.equal(reply.kind, 'held');
    if (!settles) return;
    const line = {
      ...entry('acme', id),
      at: Math.floor(this.clock.now()),
      cost: used.nanos,
      inputTokens: 60,
      outputTokens: 40,
    };
    const settled = { ...line, agent, user, session, task: undefined };
    this.store.budgets.settle({ tenant: 'acme', ids: [id], held: true, ...chargesFor(asked, used), entry: settled });
  }

  async lines(over: Partial<ReportOptions> = {}): Promise<Record<string, BudgetLine>> {
    const { lines } = await this.report(over);
    return Object.fromEntries(lines.map((line) => [line.key, line]));
  }

  report(over: Partial<ReportOptions> = {}) {
    const options = { now: this.clock.now(), heldKnown: true, counters: 10_000, recent: true, ...over };
    return reportBudgets(this.tenant, this.store.budgets, options);
  }
}

test('every limit that the operator wrote is there, before anybody has used it', async () => {
  const stand =
    new Stand(`keys: ["bw_${'0'.repeat(40)}"], concurrency: 5, budget: [{limit: $50, per: day}, {limit: $5, per: session},
    {limit: $900, per: total}], agents: {coder: {budget: {limit: 1M tokens, per: week}}, "*": {budget: {limit: $1, per: day}}}`);
  const lines = await stand.lines();
  assert.deepEqual(
    Object.values(lines).map(({ key, limit, spent, held, outlook, paused }) => [
      key,
      limit,
      spent,
      held,
      outlook.kind,
      paused,
    ]),
    [
      ['tenant/usd/day', 50 * DOLLAR, 0, 0, 'holds', undefined],
      ['tenant/usd/total', 900 * DOLLAR, 0, 0, 'unknown', undefined],
      ['tenant/concurrency', 5, 0, 0, 'unknown', undefined],
      ['agent:coder/tokens/week', 1_000_000, 0, 0, 'holds', undefined],
    ],
  );
  assert.equal(lines['tenant/usd/day']?.windowEnd, Date.UTC(2026, 10, 22, 23), 'midnight in Vienna');
});

test('the burn rate is that of the last hour, and the end is where it leads', async () => {
  const stand = new Stand('budget: [{limit: $50, per: day}, {limit: $100, per: month}, {limit: $40, per: session}]');
  stand.spend(10, { session: 's' });
  stand.clock.advance(3 * HOUR);
  stand.spend(2, { session: 's' });
  stand.spend(2, { session: 's' });

  const lines = await stand.lines();
  const day = lines['tenant/usd/day'];
  const month = lines['tenant/usd/month'];
  const session = lines['session:s/usd/session'];

  assert.deepEqual(day?.burn, { perHour: 4 * DOLLAR, overMs: HOUR });
  assert.deepEqual(day?.outlook, { kind: 'holds' }, 'in nine hours');
  assert.deepEqual(month?.outlook, { kind: 'ends', at: NOON + 3 * HOUR + 21.5 * HOUR });
  assert.deepEqual(session?.outlook, { kind: 'ends', at: NOON + 3 * HOUR + 6.5 * HOUR });

  const average = (await stand.lines({ recent: false }))['tenant/usd/day'];
  assert.deepEqual(
    average?.burn,
    { perHour: (14 * DOLLAR) / 15, overMs: 15 * HOUR },
    'since midnight, where the ledger is not read',
  );
  assert.equal(average?.outlook.kind, 'holds');
  stand.clock.advance(2 * HOUR);
  assert.deepEqual((await stand.lines())['tenant/usd/month']?.outlook, { kind: 'holds' }, 'an hour without spending');
});

test('a window that is young goes by itself, and a first second is no rate', async () => {
  const stand = new Stand('budget: [{limit: $10, per: hour}]');
  stand.clock.advance(1_000);
  stand.spend(1);
  assert.deepEqual((await stand.lines())['tenant/usd/hour']?.burn, { perHour: 60 * DOLLAR, overMs: 60_000 });
  stand.clock.advance(HOUR / 2);
  const { burn, outlook } = (await stand.lines())['tenant/usd/hour'] ?? {};
  assert.equal(burn?.overMs, HOUR / 2 + 1_000);
  assert.deepEqual(outlook, { kind: 'holds' });
  stand.spend(9);
  assert.deepEqual((await stand.lines())['tenant/usd/hour']?.outlook, { kind: 'reached' });
});

test('a window that is over shows the new one, empty', async () => {
  const stand = new Stand('budget: [{limit: $10, per: day}]');
  stand.spend(3);
  stand.clock.advance(24 * HOUR);
  const line = (await stand.lines())['tenant/usd/day'];
  assert.deepEqual([line?.spent, line?.windowEnd], [0, Date.UTC(2026, 10, 23, 23)]);
});

test('what is held is told, or said not to be known', async () => {
  const stand = new Stand('budget: [{limit: $10, per: day}], concurrency: 3');
  stand.spend(4, {}, false);
  const lines = await stand.lines();
  assert.deepEqual([lines['tenant/usd/day']?.held, lines['tenant/concurrency']?.held], [4 * DOLLAR, 1]);
  const beside = await stand.lines({ heldKnown: false });
  assert.deepEqual([beside['tenant/usd/day']?.held, beside['tenant/concurrency']], [undefined, undefined]);
});

test('a counter whose rule is gone is shown as such, and a changed limit holds at once', async () => {
  const stand = new Stand(
    'budget: [{limit: $10, per: day}, {limit: $90, per: month}], agents: {coder: {budget: {limit: $5, per: day}}}',
  );
  stand.spend(4, { agent: 'coder' });
  stand.reconfigure('budget: [{limit: $4, per: day}]');
  const lines = await stand.lines();
  assert.deepEqual(
    Object.values(lines).map(({ key, limit, outlook }) => [key, limit, outlook.kind]),
    [
      ['tenant/usd/day', 4 * DOLLAR, 'reached'],
      ['tenant/usd/month', undefined, 'unknown'],
      ['agent:coder/usd/day', undefined, 'unknown'],
    ],
  );
});

test('of what clients name, the dearest are shown and the others counted', async () => {
  const stand = new Stand(
    'budget: [{limit: $9000, per: day}, {limit: $100, per: session}], users: {budget: {limit: $900, per: day}}',
  );
  for (let n = 1; n <= 25; n++) stand.spend(n, { session: `s${n}`, user: `u${n % 2}` });
  const { lines, leftOut, partial } = await stand.report({ recent: false });
  const sessions = lines.filter(({ owner }) => owner === 'session').map(({ scope }) => scope);
  assert.equal(sessions.length, 20);
  assert.deepEqual(sessions.slice(0, 3), ['session:s25', 'session:s24', 'session:s23']);
  assert.deepEqual(leftOut, [{ owner: 'session', unit: 'usd', per: 'session', shown: 20, total: 25 }]);
  assert.equal(partial, false);
  const some = await stand.report({ counters: 10 });
  assert.equal(some.partial, true);
  assert.equal(some.lines[0]?.key, 'tenant/usd/day');
  assert.ok((some.lines[0]?.spent ?? 0) > 0, 'what the operator named is found among however many');
});

test('agents that are not in the file go by the rule for others, and odd names stay apart', async () => {
  const stand = new Stand(`agents: {"my.agent": {budget: {limit: $7, per: day}}, "*": {budget: {limit: $1, per: day}}},
    budget: [{limit: $3, per: session}]`);
  stand.spend(0.5, { agent: 'x/usd/day', session: 'agent:my.agent/usd/day' });
  stand.spend(0.25, { agent: 'my.agent' });
  const lines = await stand.lines();
  assert.deepEqual(
    Object.values(lines).map(({ key, scope, limit, spent }) => [key, scope, limit, spent]),
    [
      ['agent:my.agent/usd/day', 'agent:my.agent', 7 * DOLLAR, 0.25 * DOLLAR],
      ['agent:x%2Fusd%2Fday/usd/day', 'agent:x%2Fusd%2Fday', 1 * DOLLAR, 0.5 * DOLLAR],
      [
        'session:agent%3Amy.agent%2Fusd%2Fday/usd/session',
        'session:agent%3Amy.agent%2Fusd%2Fday',
        3 * DOLLAR,
        0.5 * DOLLAR,
      ],
    ],
  );
});

test('a paused scope is marked, and all of it where the tenant is', async () => {
  const stand = new Stand(
    'budget: [{limit: $3, per: day}], agents: {coder: {budget: [{limit: $1, per: day}, {limit: $1, per: session}]}}',
  );
  stand.spend(0.5, { agent: 'coder', session: 's' });
  stand.store.budgets.pause('acme', 'agent:coder', 'a loop');
  const marked = async () => Object.values(await stand.lines()).map(({ key, paused }) => `${key}: ${paused ?? 'runs'}`);
  assert.deepEqual(await marked(), [
    'tenant/usd/day: runs',
    'agent:coder/usd/day: a loop',
    'agent:coder/session:s/usd/session: a loop',
  ]);
  stand.store.budgets.pause('acme', 'tenant', 'unpaid');
  assert.deepEqual(new Set((await marked()).map((line) => line.split(': ').at(-1))), new Set(['unpaid']));
});

test('a store may list what is over, list in any order, and give older lines than asked for', async () => {
  const tenant = tenantsOf('  acme: {budget: [{limit: $10, per: day}, {limit: $90, per: month}]}').tenants.get('acme');
  assert.ok(tenant !== undefined);
  const midnight = Date.UTC(2026, 10, 22);
  const sessions = Array.from({ length: 5 }, (_, n) => `session:s${n}/usd/session`);
  const windows: Record<string, [start: number, end: number | undefined, spent: number]> = {
    'tenant/usd/day': [midnight - 24 * HOUR, midnight, 7 * DOLLAR],
    'tenant/usd/month': [Date.UTC(2026, 10, 1), Date.UTC(2026, 11, 1), 8 * DOLLAR],
  };
  const counter = (key: string) => {
    const [windowStart, windowEnd, spent] = windows[key] ?? [0, undefined, 0];
    return { key, windowStart, windowEnd, spent, held: 0 };
  };
  const line = (minutesAgo: number) => ({
    ...entry('acme', 'r'),
    at: NOON - minutesAgo * 60_000,
    cost: DOLLAR,
    cursor: '1',
  });
  const { lines } = await reportBudgets(
    tenant,
    {
      counters: (_tenant, limit, first = []) =>
        [...first.filter((key) => key in windows), ...sessions, ...Object.keys(windows)].slice(0, limit).map(counter),
      paused: () => [],
      rates: () => [],
      ledger: () => [line(64), line(61), line(30), line(0)],
    },
    { now: NOON, heldKnown: true, counters: 5, recent: true },
  );
  const [day, month] = lines;
  assert.deepEqual([day?.key, day?.spent, day?.windowEnd], ['tenant/usd/day', 0, midnight + 24 * HOUR]);
  assert.deepEqual([month?.key, month?.spent], ['tenant/usd/month', 8 * DOLLAR]);
  assert.equal(month?.burn?.perHour, 2 * DOLLAR);
});

test('where an hour has too many requests, less of the past is measured', async () => {
  const tenant = tenantsOf('  acme: {budget: [{limit: $90, per: month}]}').tenants.get('acme');
  assert.ok(tenant !== undefined);
  const key = 'tenant/usd/month';
  const counter = { key, windowStart: Date.UTC(2026, 10, 1), windowEnd: Date.UTC(2026, 11, 1), spent: DOLLAR, held: 0 };
  // One request every half second: 600 in five minutes.
  const source = {
    counters: () => [counter],
    paused: () => [],
    rates: () => [],
    ledger: (_tenant: string, { since = 0, after, limit }: LedgerPage) => {
      const from = Math.max(Math.ceil(since / 500), after === undefined ? 0 : Number(after) + 1);
      const count = Math.max(0, Math.min(limit, NOON / 500 - from + 1));
      return Array.from({ length: count }, (_, n) => ({
        ...entry('acme', `r${n}`),
        at: (from + n) * 500,
        cost: 1_000,
        cursor: String(from + n),
      }));
    },
  };
  const options = { now: NOON, heldKnown: true, counters: 5, recent: true };
  const { lines } = await reportBudgets(tenant, source, options);
  assert.deepEqual(lines[0]?.burn, { perHour: 601_000 * 12, overMs: 300_000 });
});

test('rates of the file are told with what may be taken now, used or not', async () => {
  const stand = new Stand(
    `rates: {requests: 600/minute, tokens: 2k/minute}, users: {rates: {requests: 10/second}},
    agents: {coder: {rates: {requests: 3/minute}}, "*": {rates: {requests: 5/minute}}}`,
  );
  const ratesNow = async (heldKnown = true) =>
    (await stand.report({ heldKnown })).rates.map(({ scope, unit, available, fullInMs }) => [
      `${scope} ${unit}`,
      available,
      fullInMs,
    ]);
  assert.deepEqual(await ratesNow(), [
    ['tenant requests', 600, 0],
    ['tenant tokens', 2_000, 0],
    ['agent:coder requests', 3, 0],
  ]);
  // A hundred tokens each.
  stand.spend(0, { agent: 'coder', user: 'ann' });
  stand.spend(0, { agent: 'coder', user: 'ann' });
  stand.spend(0, { agent: 'writer' });
  assert.deepEqual(await ratesNow(), [
    ['tenant requests', 597, 300],
    ['tenant tokens', 1_700, 9_000],
    ['agent:coder requests', 1, 40_000],
  ]);
  stand.clock.advance(20_000);
  assert.deepEqual(await ratesNow(), [
    ['tenant requests', 600, 0],
    ['tenant tokens', 2_000, 0],
    ['agent:coder requests', 2, 20_000],
  ]);
  assert.deepEqual(
    (await ratesNow(false)).map(([, ...rest]) => rest),
    [
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ],
  );
  stand.reconfigure('rates: {requests: 600/minute}, agents: {coder: {rates: {requests: 1/minute}}}');
  assert.deepEqual(
    (await ratesNow())[1],
    ['agent:coder requests', 0, 20_000],
    'of a smaller limit no more is owed than it has',
  );
});
