import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type LedgerEntry,
  type LedgerLine,
  type LedgerPage,
  StateUnavailable,
} from '../../../src/state/budget-store.ts';
import { openSqliteStore } from '../../../src/state/local/sqlite-store.ts';
import { MoneyWatch, type MoneyWatchOptions } from '../../../src/tenants/money-circuit/money-watch.ts';
import type { Settled } from '../../../src/tenants/money-circuit/settled.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { rig } from '../../chaos/rig.ts';
import { entry, settlement } from '../../state/asks.ts';
import { stateDir } from '../../state/state-dir.ts';

const DOLLAR = 1_000_000_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 22, 11);
const LIMITS = { spike: 3, endsWithin: undefined };
const ACME = { name: 'acme', otherAgents: undefined };

const line = (at: number, session: string, dollars: number, more: Partial<LedgerEntry> = {}): LedgerLine => ({
  ...entry('acme', `${session}-${at}`, { at, session, cost: dollars * DOLLAR, ...more }),
  cursor: String(at),
});

/** Sessions of half a dollar, the latest `ago` before now, one an hour. */
const sessions = (count: number, ago = HOUR, more: Partial<LedgerEntry> = {}) =>
  Array.from({ length: count }, (_, n) => line(NOW - ago - (count - 1 - n) * HOUR, `s ${n}`, 0.5, more));

class Ledger {
  readonly lines: readonly LedgerLine[];
  readonly asked: LedgerPage[] = [];

  constructor(lines: readonly LedgerLine[]) {
    this.lines = lines;
  }

  async ledger(_tenant: string, page: LedgerPage): Promise<readonly LedgerLine[]> {
    this.asked.push(page);
    const after = page.after === undefined ? Number.NEGATIVE_INFINITY : Number(page.after);
    const since = page.since ?? 0;
    return this.lines.filter(({ cursor, at }) => Number(cursor) > after && at >= since).slice(0, page.limit);
  }
}

function watchOf(past: MoneyWatchOptions['past'], mayRead?: number) {
  const clock = new FakeClock(NOW);
  const troubles: string[] = [];
  const told: string[] = [];
  const watch = new MoneyWatch({ clock, past, onTrouble: (tenant) => troubles.push(tenant) }, mayRead);
  const settle = (session: string, dollars: number, more: Partial<Settled> = {}) => {
    const names = { tenant: 'acme', agent: undefined, session, task: undefined, ...more };
    const settled = { ...names, cost: dollars * DOLLAR, at: NOW, counters: [] };
    watch.settled({ ...ACME, name: names.tenant }, settled, LIMITS, ({ scope }) => told.push(scope));
  };
  return { watch, troubles, told, settle };
}

describe('the money circuit of a process that has just begun', () => {
  test('measures sessions by those in the ledger, and its own that came meanwhile with them', async () => {
    const ledger = new Ledger(sessions(12));
    const { watch, told, settle } = watchOf(ledger);
    settle('dear', 1);
    settle('dear', 1);
    assert.deepEqual(told, [], 'the past is not known yet');
    await watch.caughtUp();
    assert.deepEqual(told, ['session:dear']);
    settle('other', 2);
    assert.deepEqual(told, ['session:dear', 'session:other']);
    assert.equal(ledger.asked.length, 1, 'it is read once');
  });

  test('goes on with a session that was under way', async () => {
    const { watch, told, settle } = watchOf(new Ledger([...sessions(12, 2 * HOUR), line(NOW - 60_000, 'half', 1.2)]));
    settle('half', 0.4);
    await watch.caughtUp();
    assert.deepEqual(told, ['session:half']);
  });

  test('does not tell again of a session that was out of line before', async () => {
    const { watch, told, settle } = watchOf(new Ledger([...sessions(12, 2 * HOUR), line(NOW - 60_000, 'resumed', 4)]));
    settle('resumed', 1);
    settle('dear', 2);
    await watch.caughtUp();
    assert.deepEqual(told, ['session:dear']);
  });

  test('knows names as the ledger has them, an agent’s and nobody’s', async () => {
    const past = new Ledger([...sessions(12, HOUR, { agent: 'big agent' })]);
    const { watch, told, settle } = watchOf(past);
    settle('dear', 9);
    settle('mine', 9, { agent: 'big%20agent' });
    await watch.caughtUp();
    assert.deepEqual(told, ['session:mine']);
  });

  test('says nothing where the past is away, and goes on from there', async () => {
    const { watch, told, troubles, settle } = watchOf({ ledger: () => Promise.reject(new StateUnavailable('gone')) });
    settle('dear', 9);
    await watch.caughtUp();
    assert.deepEqual([told, troubles], [[], ['acme']]);
    settle('dear', 9);
    assert.deepEqual(told, []);
  });

  test('counts no line twice: what was settled since it began is its own to count', async () => {
    const since = Array.from({ length: 30 }, (_, n) => line(NOW + n, `n${n}`, 0.001));
    const { watch, told, settle } = watchOf(new Ledger([...sessions(9), ...since]));
    settle('dear', 9);
    await watch.caughtUp();
    assert.deepEqual(told, [], 'nine are too few');
  });

  test('reads less of a long past, and the latest', async () => {
    const old = Array.from({ length: 12_000 }, (_, n) => line(NOW - 3 * DAY + n, `old${n % 40}`, 2));
    const ledger = new Ledger([...old, ...sessions(12)]);
    const { watch, told, settle } = watchOf(ledger);
    settle('dear', 2);
    await watch.caughtUp();
    assert.deepEqual(told, ['session:dear'], 'against half a dollar, not against hundreds');
    assert.deepEqual([...new Set(ledger.asked.map(({ since }) => (NOW - Number(since)) / DAY))], [14, 1]);
    assert.ok(ledger.asked.every(({ limit }) => limit <= 200));
  });

  test('reads no more than so much of all tenants together', async () => {
    const ledger = new Ledger(sessions(12));
    const { watch, told, settle } = watchOf(ledger, 12);
    settle('dear', 9);
    settle('dear', 9, { tenant: 'beta' });
    await watch.caughtUp();
    assert.deepEqual([told, ledger.asked.length], [['session:dear'], 1]);
  });

  test('ends at once when the process does', async () => {
    const { watch, told, settle } = watchOf(new Ledger(sessions(12)));
    settle('dear', 9);
    await watch.close();
    assert.deepEqual(told, []);
  });

  test('that knows no past judges at once', () => {
    const { told, settle } = watchOf(undefined);
    for (const { session } of sessions(12)) settle(session ?? '', 0.5);
    assert.deepEqual(told, []);
  });
});

test('a session out of line is stopped right after a restart, by what the ledger knows', async (t) => {
  const dir = stateDir();
  const key = 'acme-key-of-twenty-chars';
  const config = `state: {dir: "${dir}"}
models: {m: {targets: [{target: a/sim-usage-1000-10, price: {input: "$5000/M", output: "$1/M"}}]}}
tenants: {acme: {keys: [${key}], moneyCircuit: {action: pause}}}`;
  const before = openSqliteStore({
    dir,
    clock: new FakeClock(Date.now()),
    schedule: (write) => write(),
    onTrouble: () => assert.fail(),
  });
  for (let n = 0; n < 12; n++) {
    const over = { at: Date.now() - (14 - n) * HOUR, session: `s${n}`, cost: DOLLAR / 2 };
    before.budgets.settle(settlement('acme', `r${n}`, [], { held: false, entry: entry('acme', `r${n}`, over) }));
  }
  await before.close();
  const it = await rig(t, { config });
  const ask = async () => {
    const response = await fetch(`${it.proxy.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'x-breakwater-session': 'dear', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] }),
    });
    return { status: response.status, text: await response.text() };
  };
  assert.equal((await ask()).status, 200);
  for (let look = 0; look < 500; look++) {
    if (((await it.proxy.runtime.tenancy?.budgets.paused('acme')) ?? []).length > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const refused = await ask();
  assert.equal(refused.status, 403);
  assert.match(refused.text, /session:dear.*has cost \$5\.00001, 10\.0 times the \$0\.50 average/);
});
