import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { describeLedger } from '../../src/commands/project.ts';
import { forecast, type UseOfTarget } from '../../src/commands/projection.ts';
import { LocalAdministration } from '../../src/console/local-administration.ts';
import { openMemoryStore } from '../../src/state/local/memory-store.ts';
import { openSqliteStore } from '../../src/state/local/sqlite-store.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { entry } from '../state/asks.ts';
import { stateDir } from '../state/state-dir.ts';
import { key, tenantsOf } from '../tenants/rig.ts';
import { run } from './cli-rig.ts';

const DAY = 86_400_000;
const DOLLAR = 1e9;

function fileOver(dir: string, tenants: string): string {
  const path = join(stateDir(), 'breakwater.yaml');
  const models = [
    'providers: {openai: {apiKey: k}, own: {baseUrl: "http://127.0.0.1:1/v1"}}',
    'models:',
    '  smart: {targets: [{target: own/big, price: {input: "$3", output: "$15"}}, {target: own/odd}]}',
    '  cheap: {targets: [{target: own/small, price: {input: "$0.5", output: "$1"}}]}',
  ];
  writeFileSync(path, [...models, `state: {dir: "${dir}"}`, tenants].join('\n'));
  return path;
}

const ACME = `tenants:
  acme:
    keys: ["${key('acme')}"]
    budget: [{limit: $50, per: day}, {limit: $1000, per: month}, {limit: 1000 requests, per: total}, {limit: $5, per: session}]
    agents: {coder: {budget: {limit: $20, per: day}}}
`;

test('cost and budgets are projected from the ledger of the last week', async () => {
  const clock = new FakeClock(Date.UTC(2026, 10, 22, 12));
  const { budgets, keys } = openMemoryStore({ clock });
  const config = tenantsOf(ACME.slice(ACME.indexOf('\n') + 1));
  const administration = new LocalAdministration({
    config: () => config,
    budgets,
    keys,
    clock,
    heldKnown: true,
    tell: () => undefined,
    keysChanged: () => undefined,
  });
  const settle = (id: string, daysAgo: number, agent: string | undefined, target: string, cost: number) => {
    const line = { ...entry('acme', id), at: clock.now() - daysAgo * DAY, agent, target, cost: cost * DOLLAR };
    budgets.settle({ tenant: 'acme', ids: [id], held: false, charges: [], refunds: [], entry: line });
  };
  settle('old', 8, 'coder', 'own/big', 1_000);
  for (let day = 7; day >= 1; day--) {
    settle(`c${day}`, day, 'coder', 'own/big', 4);
    settle(`n${day}`, day, undefined, 'own/small', 1);
  }

  assert.equal(
    await describeLedger(10, config, administration, clock.now()),
    `
  acme  14 requests in 7d
    AGENT  TARGET     REQUESTS/DAY  A DAY  A MONTH  A DAY AT 10x  A MONTH AT 10x
    coder  own/big             1.0  $4.00  $120.00        $40.00        $1200.00
    -      own/small           1.0  $1.00   $30.00        $10.00         $300.00
    all                        2.0  $5.00  $150.00        $50.00        $1500.00
    budgets at 10x, spent evenly:
      tenant, $50.00 per day: holds, 100% of it used
      tenant, $1000.00 per month: REACHED 20d into the month
      tenant, 1000 requests in all: REACHED 50d, from nothing spent
      agent coder, $20.00 per day: REACHED 12h 0m into the day
      1 budget of each user, session or task is not projected: more traffic is more of them, and none dearer
`,
  );
});

test('check --at reads the ledger beside the proxy, and says where there is little of it', async () => {
  const dir = stateDir();
  const store = openSqliteStore({ dir, clock: systemClock });
  const line = { ...entry('acme', 'r'), at: Math.floor(systemClock.now()), agent: 'coder', cost: DOLLAR };
  store.budgets.settle({ tenant: 'acme', ids: ['r'], held: false, charges: [], refunds: [], entry: line });
  store.close();
  const { status, out } = await run(['check', fileOver(dir, ACME), '--at', '2x']);
  assert.equal(status, 0);
  assert.match(
    out,
    /\ncost at 2x, from the ledger of the last 7 days\n\n {2}acme {2}1 request in 1h 0m: too little to rely on\n/,
  );
  assert.match(out, /coder +openai\/gpt-4o +24 +\$24\.00 +\$720\.00 +\$48\.00 +\$1440\.00\n/);
});

test('without a ledger it says so, and what else to give', async () => {
  const none = await run(['check', fileOver(join(stateDir(), 'none'), ACME), '--at', '10']);
  assert.match(
    none.out,
    /No ledger can be read: there is no .*breakwater\.db yet.*\n {2}Give --requests-per-day N --tokens/,
  );
  const noTenants = await run(['check', fileOver(stateDir(), ''), '--at', '10x']);
  assert.match(noTenants.out, /There are no tenants, and without them no ledger is kept\. Give --requests-per-day/);
  const dir = stateDir();
  openSqliteStore({ dir, clock: systemClock }).close();
  const empty = await run(['check', fileOver(dir, ACME), '--at', '10x']);
  assert.match(empty.out, /acme {2}no requests in 7 days: nothing to project from\. Give/);
  assert.deepEqual([none.status, noTenants.status, empty.status], [0, 0, 0]);
});

test('check --at projects from numbers of one’s own, with the prices of every target', async () => {
  const args = ['--at', '10x', '--requests-per-day', '1000', '--tokens', '2000/500'];
  const { status, out } = await run(['check', fileOver(stateDir(), ACME), ...args]);
  assert.equal(status, 0);
  assert.equal(
    out.slice(out.indexOf('\ncost at')),
    `
cost at 10x, were every target to answer 1000 requests a day of 2000 input and 500 output tokens
  MODEL  TARGET      REQUESTS/DAY   A DAY  A MONTH  A DAY AT 10x  A MONTH AT 10x
  smart  own/big             1000  $13.50  $405.00       $135.00        $4050.00
         own/odd    price unknown
  cheap  own/small           1000   $1.50   $45.00        $15.00         $450.00

  acme  as the only one, asking for smart
    budgets at 10x, spent evenly:
      tenant, $50.00 per day: REACHED 8h 53m into the day
      tenant, $1000.00 per month: REACHED 7d 9h into the month
      tenant, 1000 requests in all: REACHED 2h 24m, from nothing spent
      1 budget of each user, session or task is not projected: more traffic is more of them, and none dearer
`,
  );
});

test('a budget holds where its whole window is not enough to spend it', () => {
  const tenant =
    tenantsOf(`  acme: {keys: ["${key('acme')}"], budget: [{limit: $10, per: hour}, {limit: 240 requests, per: day}],
    agents: {coder: {budget: {limit: $1, per: day}}, "*": {budget: {limit: $5, per: day}}}}`).tenants.get('acme');
  assert.ok(tenant !== undefined);
  const use = (agent: string | undefined, dollars: number): UseOfTarget => ({
    agent,
    target: 't',
    perDay: { requests: 8, tokens: 0, usd: dollars * DOLLAR },
  });
  const forecasts = forecast(tenant, [use('coder', 0.5), use('x', 4), use(undefined, 1)], 2);
  assert.deepEqual(
    forecasts.map(({ who, rule, verdict }) => [who, rule.per, verdict]),
    [
      ['tenant', 'hour', { kind: 'holds', share: 11 / 24 / 10 }],
      ['tenant', 'day', { kind: 'holds', share: 0.2 }],
      ['agent coder', 'day', { kind: 'holds', share: 1 }],
      ['agent x', 'day', { kind: 'reached', after: (5 / 8) * DAY }],
      ['requests of no agent', 'day', { kind: 'holds', share: 0.4 }],
    ],
  );
});
