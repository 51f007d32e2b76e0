import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MoneyCircuit } from '../../../src/tenants/money-circuit/money-circuit.ts';
import type { MoneyAlert, Settled, SettledCounter } from '../../../src/tenants/money-circuit/settled.ts';

const DOLLAR = 1_000_000_000;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday, midnight UTC. */
const MONDAY = Date.UTC(2026, 5, 1);
const LIMITS = { spike: 3, endsWithin: HOUR };

/** A tenant with one counter of a day, which every settlement is charged to. */
class World {
  readonly circuit = new MoneyCircuit();
  readonly alerts: MoneyAlert[] = [];
  readonly #limit: number;
  #day = 0;
  #spent = 0;

  constructor(dollarsADay: number) {
    this.#limit = dollarsADay * DOLLAR;
  }

  /** @param cost dollars */
  settle(at: number, cost: number, whose: Partial<Settled> = {}): readonly MoneyAlert[] {
    const day = Math.floor(at / DAY);
    if (day !== this.#day) this.#spent = 0;
    this.#day = day;
    const nanos = Math.round(cost * DOLLAR);
    this.#spent += nanos;
    const counter: SettledCounter = {
      key: 'tenant/usd/day',
      scope: 'tenant',
      unit: 'usd',
      per: 'day',
      limit: this.#limit,
      spent: this.#spent,
      windowStart: day * DAY,
      windowEnd: (day + 1) * DAY,
    };
    const names = { tenant: 'acme', agent: 'coder', session: undefined, task: undefined, ...whose };
    const alerts = this.circuit.settled({ ...names, cost: nanos, at, counters: [counter] }, LIMITS);
    this.alerts.push(...alerts);
    return alerts;
  }

  /** A session's requests, a minute apart, that cost so much together. */
  session(name: string, at: number, cost: number, requests = 5): void {
    for (let index = 0; index < requests; index++) {
      this.settle(at + index * MINUTE, cost / requests, { session: name });
    }
  }
}

function kinds(alerts: readonly MoneyAlert[]): string[] {
  return alerts.map((alert) => (alert.cause === 'slope' ? `slope ${alert.scope}` : `${alert.of} ${alert.scope}`));
}

/** Uniform numbers, the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the money circuit on sessions and tasks', () => {
  for (const kind of ['session', 'task'] as const) {
    it(`tells once of a ${kind} that costs far more than the finished ones`, () => {
      const world = new World(10_000);
      for (let index = 0; index < 12; index++) world.settle(MONDAY + index * MINUTE, 1, { [kind]: `past${index}` });
      const later = MONDAY + 2 * HOUR;
      // What is still under way is no past yet: it is put away as others settle.
      for (let index = 0; index < 12; index++) world.settle(later + index, 0.01, { [kind]: 'one' });
      const costs = Array.from({ length: 6 }, (_, index) =>
        kinds(world.settle(later + MINUTE * index, 1, { [kind]: 'dear' })),
      );
      assert.deepEqual(costs, [[], [], [], [`${kind} ${kind}:dear`], [], []]);
      assert.match(
        world.alerts[0]?.text ?? '',
        /:dear of tenant acme has cost \$4\.00, 4\.0 times the \$1\.00 average/,
      );
    });
  }

  it('says nothing before ten have finished', () => {
    const world = new World(10_000);
    for (let index = 0; index < 9; index++) world.session(`s${index}`, MONDAY + index * HOUR, 1);
    world.session('dear', MONDAY + 10 * HOUR, 90);
    assert.deepEqual(world.alerts, []);
  });

  it('says nothing about cents', () => {
    const world = new World(10_000);
    for (let index = 0; index < 30; index++) world.session(`s${index}`, MONDAY + index * HOUR, 0.001);
    world.session('dear', MONDAY + 31 * HOUR, 0.09);
    assert.deepEqual(world.alerts, []);
  });

  it('measures an agent by its own past', () => {
    const world = new World(10_000);
    for (let index = 0; index < 20; index++) {
      world.session(`s${index}`, MONDAY + index * HOUR, 0.1);
      world.settle(MONDAY + index * HOUR, 10, { agent: 'researcher', session: `r${index}` });
    }
    const at = MONDAY + 22 * HOUR;
    assert.deepEqual(kinds(world.settle(at, 12, { agent: 'researcher', session: 'r' })), []);
    assert.deepEqual(kinds(world.settle(at, 12, { session: 's' })), ['session session:s']);
    assert.deepEqual(kinds(world.settle(at, 12, { tenant: 'other', session: 's' })), []);
  });

  it('does not let a runaway become the measure for the next', () => {
    const world = new World(100_000);
    for (let index = 0; index < 20; index++) world.session(`s${index}`, MONDAY + index * HOUR, 1);
    world.settle(MONDAY + 21 * HOUR, 500, { session: 'first' });
    for (let index = 22; index < 30; index++) world.session(`s${index}`, MONDAY + index * HOUR, 1);
    world.settle(MONDAY + 31 * HOUR, 100, { session: 'second' });
    assert.deepEqual(kinds(world.alerts), ['session session:first', 'session session:second']);
  });

  it('learns the past from the ledger without telling of it', () => {
    const circuit = new MoneyCircuit();
    const settled = { tenant: 'acme', agent: 'coder', task: undefined, counters: [] };
    for (let index = 0; index < 20; index++) {
      const cost = index === 9 ? 3 * DOLLAR : DOLLAR;
      circuit.learn({ ...settled, session: `s${index}`, cost, at: MONDAY + index * HOUR }, LIMITS.spike);
    }
    const alerts = circuit.settled({ ...settled, session: 'dear', cost: 50 * DOLLAR, at: MONDAY + 30 * HOUR }, LIMITS);
    assert.deepEqual(kinds(alerts), ['session session:dear']);
  });

  it('holds no more sessions than it may', async () => {
    const { RunningCosts } = await import('../../../src/tenants/money-circuit/running-costs.ts');
    const { PastCosts } = await import('../../../src/tenants/money-circuit/past-costs.ts');
    const past = new PastCosts(8, 1);
    const running = new RunningCosts(100);
    for (let index = 0; index < 1_000; index++) running.add(`s${index}`, index, MONDAY, past);
    assert.equal(running.size, 100);
    assert.equal(past.average, 895.5);
  });
});

describe('the money circuit on an agent', () => {
  it('tells of an hour and a day that cost far more than those of past days', () => {
    const world = new World(100_000);
    for (let day = 0; day < 7; day++) {
      for (let hour = 8; hour < 18; hour++) world.settle(MONDAY + day * DAY + hour * HOUR, 2);
    }
    const today = MONDAY + 7 * DAY;
    for (let hour = 0; hour < 13; hour++) assert.deepEqual(kinds(world.settle(today + hour * HOUR, 4)), []);
    const hour = today + 13 * HOUR;
    assert.deepEqual(kinds(world.settle(hour, 5)), []);
    assert.deepEqual(kinds(world.settle(hour + MINUTE, 4)), ['hour agent:coder']);
    assert.deepEqual(kinds(world.settle(hour + 2 * MINUTE, 9)), ['day agent:coder']);
    assert.deepEqual(kinds(world.settle(hour + HOUR, 90)), []);
  });

  it('names the scope of requests without an agent', () => {
    const world = new World(100_000);
    for (let day = 0; day < 6; day++) world.settle(MONDAY + day * DAY, 2, { agent: undefined });
    assert.deepEqual(kinds(world.settle(MONDAY + 6 * DAY, 20, { agent: undefined })), ['hour agent:*']);
  });
});

describe('the money circuit on a day’s budget', () => {
  it('tells of an agent in a loop that burns $400 an hour within minutes', () => {
    const world = new World(500);
    const start = MONDAY + 9 * HOUR;
    let toldAt: number | undefined;
    for (let at = start; at < start + HOUR && toldAt === undefined; at += 5 * SECOND) {
      const [alert] = world.settle(at, (400 * 5) / 3600, { session: 'loop' });
      if (alert === undefined) continue;
      assert.equal(alert.cause, 'slope');
      assert.equal(alert.scope, 'tenant');
      assert.match(alert.text, /^tenant acme spends \$[34]\d\d\.\d+ an hour: the day's budget of \$500\.00/);
      toldAt = at;
    }
    // Until $100 are gone, $400 an hour leave the rest of $500 for more than an hour.
    const minutes = ((toldAt ?? Number.POSITIVE_INFINITY) - start) / MINUTE;
    assert.ok(minutes >= 15 && minutes < 25, `told after ${minutes} min`);
  });

  it('tells of it sooner where the sessions of the past cost little', () => {
    const world = new World(500);
    for (let index = 0; index < 20; index++) world.session(`s${index}`, MONDAY + index * 10 * MINUTE, 0.5);
    const start = MONDAY + 9 * HOUR;
    let at = start;
    while (world.alerts.length === 0 && at < start + HOUR) {
      at += 5 * SECOND;
      world.settle(at, (400 * 5) / 3600, { session: 'loop' });
    }
    assert.deepEqual(kinds(world.alerts), ['session session:loop']);
    assert.ok(at - start < MINUTE);
  });

  it('tells of one day once, and of the next again', () => {
    const world = new World(100);
    for (const day of [0, 1]) {
      for (let minute = 0; minute < 40; minute++) world.settle(MONDAY + day * DAY + minute * MINUTE, 2);
    }
    assert.deepEqual(kinds(world.alerts.filter(({ cause }) => cause === 'slope')), ['slope tenant', 'slope tenant']);
  });

  const calm: readonly [what: string, run: (world: World) => void][] = [
    ['one request that costs half of the budget', (world) => world.settle(MONDAY, 50)],
    [
      'a burst of three minutes after hours of nothing',
      (world) => {
        world.settle(MONDAY, 1);
        for (let second = 0; second < 180; second += 2) world.settle(MONDAY + 6 * HOUR + second * SECOND, 0.3);
        for (let minute = 4; minute < 60; minute++) world.settle(MONDAY + 6 * HOUR + minute * MINUTE, 0.01);
      },
    ],
    [
      'one dear request among cheap ones',
      (world) => {
        for (let minute = 0; minute < 60; minute++) world.settle(MONDAY + minute * MINUTE, minute === 20 ? 60 : 0.05);
      },
    ],
    [
      'a day that uses up its budget evenly, to the end',
      (world) => {
        for (let minute = 0; minute < 8 * 60; minute++)
          world.settle(MONDAY + 9 * HOUR + minute * MINUTE, 99 / (8 * 60));
      },
    ],
    [
      'a few dear requests',
      (world) => {
        for (const minute of [0, 3, 6]) world.settle(MONDAY + minute * MINUTE, 15);
      },
    ],
    [
      'an evening rush that the end of the day ends',
      (world) => {
        for (let minute = 0; minute < 30; minute++) world.settle(MONDAY + DAY - (30 - minute) * MINUTE, 2);
      },
    ],
    [
      'a spent budget',
      (world) => {
        world.settle(MONDAY, 120);
        for (let minute = 0; minute < 30; minute++) world.settle(MONDAY + minute * MINUTE, 3);
      },
    ],
  ];
  for (const [what, run] of calm) {
    it(`says nothing about ${what}`, () => {
      const world = new World(100);
      run(world);
      assert.deepEqual(kinds(world.alerts), []);
    });
  }

  it('is off where it is not wanted', () => {
    const circuit = new MoneyCircuit();
    const counter = {
      key: 'k',
      scope: 'tenant',
      unit: 'usd',
      per: 'day',
      limit: 100,
      windowStart: MONDAY,
      windowEnd: MONDAY + DAY,
    } as const;
    for (let minute = 0; minute < 60; minute++) {
      const settled = { tenant: 'a', agent: 'b', session: 's', task: 't', cost: 1, at: MONDAY + minute * MINUTE };
      const alerts = circuit.settled(
        { ...settled, counters: [{ ...counter, spent: minute }] },
        { spike: undefined, endsWithin: undefined },
      );
      assert.equal(alerts.length, 0);
    }
  });
});

describe('the money circuit over a month of ordinary work', () => {
  for (const seed of [1, 2, 3]) {
    it(`never cries: weekdays, nights, sessions of all sizes (seed ${seed})`, () => {
      const random = seeded(seed);
      const world = new World(200);
      let name = 0;
      for (let day = 0; day < 31; day++) {
        const weekend = day % 7 >= 5;
        for (let hour = 0; hour < 24; hour++) {
          const busy = hour >= 8 && hour < 18 ? 8 : 0.5;
          const sessions = Math.round(busy * (weekend ? 0.2 : 1) * (0.5 + random()));
          for (let index = 0; index < sessions; index++) {
            // Exponential: a mean of half a dollar, now and then five times as much.
            const cost = -Math.log(1 - random()) * 0.5;
            world.session(`s${name++}`, MONDAY + day * DAY + hour * HOUR + index * 7 * MINUTE, cost, 6);
          }
        }
      }
      assert.ok(name > 1_500);
      assert.deepEqual(
        world.alerts.map(({ text }) => text),
        [],
      );
    });
  }
});
