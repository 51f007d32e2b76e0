import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Charge, CounterAsk } from '../../src/state/budget-store.ts';
import { ask, charge, entry, request, settlement } from './asks.ts';
import { BudgetModel } from './budget-model.ts';
import type { Stand } from './conformance.ts';
import { propertyRuns } from './property-runs.ts';

const minute = 60_000;

const amount = fc.nat({ max: 8 });
const which = fc.nat({ max: 20 });
const leaseMs = fc.constantFrom(1_000, 20_000, 90_000);
const ms = fc.oneof(fc.nat({ max: 2_000 }), fc.nat({ max: 100_000 }), fc.constantFrom(1_000, 20_000, minute));

/** What may happen, with how often it is tried. */
const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('reserve' as const), usd: amount, tokens: amount, leaseMs }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reserve in another window' as const), later: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reserve again' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('extend' as const), which, usd: amount, leaseMs }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle' as const), which, usd: amount, tokens: amount }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('overrun' as const), which, usd: fc.nat({ max: 30 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle again' as const), which, usd: amount }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('settle unheld' as const), usd: fc.integer({ min: 1, max: 8 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const), which, leaseMs }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms, reap: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('set the clock back' as const), ms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pause or resume' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Rare, for it is slow: one in fifty runs of a store that can be reopened has a crash in it. */
const crash = fc.oneof({ weight: 49, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });

interface Limits {
  readonly usd: number;
  readonly tokens: number;
  readonly slots: number;
}

/** One tenant of a store beside its model. */
class Checked {
  readonly #stand: Stand;
  readonly #tenant: string;
  readonly #limits: Limits;
  readonly #model: BudgetModel;
  /** Ids of a hold and its extensions, with what was asked first, by the first id. */
  readonly #asked = new Map<string, { readonly ids: [string, ...string[]]; readonly asks: readonly CounterAsk[] }>();
  readonly #settled: string[] = [];
  #cost = 0;
  #ids = 0;

  constructor(stand: Stand, limits: Limits) {
    this.#stand = stand;
    this.#tenant = stand.freshTenant();
    this.#limits = limits;
    this.#model = new BudgetModel(() => stand.clock.now());
  }

  async run(one: Step): Promise<void> {
    switch (one.do) {
      case 'reserve':
        return this.#reserve(`r${this.#ids++}`, this.#asks(one.usd, one.tokens), one.leaseMs);
      case 'reserve in another window':
        return this.#reserve(`r${this.#ids++}`, this.#asks(1, 1, one.later ? 1 : -1), 1_000);
      case 'reserve again': {
        const id = pick(
          this.#model.open.filter((open) => this.#model.isLive(open)),
          one.which,
        );
        const asked = this.#asked.get(id ?? '');
        if (id === undefined || asked === undefined) return;
        const reply = await this.#store.reserve(this.#request(id, asked.asks, 1_000));
        assert.equal(reply.kind, 'held', 'the same id again');
        return;
      }
      case 'extend': {
        const asked = this.#asked.get(pick(this.#model.open, one.which) ?? '');
        if (asked === undefined) return;
        const id = `${asked.ids[0]}+${asked.ids.length}`;
        asked.ids.push(id);
        return this.#reserve(id, [this.#usd(one.usd)], one.leaseMs, false);
      }
      case 'settle':
        return this.#settle(one.which, (held) => [Math.min(held[0], one.usd), Math.min(held[1], one.tokens)]);
      case 'overrun':
        return this.#settle(one.which, ([usd, tokens]) => [usd + one.usd, tokens]);
      case 'cancel':
        return this.#settle(one.which, undefined);
      case 'settle again': {
        const id = pick(this.#settled, one.which);
        if (id === undefined) return;
        const reply = await this.#store.settle(settlement(this.#tenant, id, [charge('total', one.usd)]));
        assert.deepEqual(reply, { settled: false, late: false, counters: [] });
        return;
      }
      case 'settle unheld': {
        const id = `u${this.#ids++}`;
        return this.#charge([id], false, [one.usd, 0], this.#asks(0, 0));
      }
      case 'renew': {
        const id = pick(this.#model.open, one.which);
        if (id === undefined) return;
        await this.#reap();
        await this.#store.renew(this.#tenant, [id], one.leaseMs);
        return this.#model.renew(id, one.leaseMs);
      }
      case 'wait':
        this.#stand.clock.advance(one.ms);
        if (one.reap) await this.#reap();
        return;
      case 'set the clock back':
        await this.#reap();
        return this.#stand.clock.advance(-one.ms);
      case 'pause or resume':
        if (this.#model.paused) assert.equal(await this.#store.resume(this.#tenant, 'tenant'), true);
        else await this.#store.pause(this.#tenant, 'tenant', 'by hand');
        this.#model.paused = !this.#model.paused;
    }
  }

  async check(): Promise<void> {
    const counters = await this.#store.counters(this.#tenant, 100);
    const now = this.#stand.clock.now();
    for (const [key, limit] of this.#limitsByKey()) {
      const found = counters.find((counter) => counter.key === key);
      const { spent, held, excess, window } = this.#model.level(key);
      // A store need not show a counter whose window is over.
      if (found === undefined && key === 'minute' && now >= window + minute) continue;
      const seen = { spent: found?.spent ?? 0, held: found?.held ?? 0 };
      assert.deepEqual(seen, { spent, held }, `${key} at ${now}`);
      assert.ok(
        seen.spent + seen.held <= limit + excess,
        `${key}: ${JSON.stringify(seen)}, limit ${limit} + ${excess}`,
      );
    }
  }

  /** The process ends without settling what is under way, and another takes over. */
  async crash(): Promise<void> {
    if (!(await this.#stand.reopen())) return;
    this.#stand.clock.advance(this.#model.longestLease + 1);
    await this.#store.reap();
    this.#model.crash();
    this.#asked.clear();
    this.#settled.length = 0;
    await this.check();
  }

  /** Whatever happened: when the leases are over nothing is held, and the ledger adds up to what is spent. */
  async end(): Promise<void> {
    this.#stand.clock.advance(this.#model.longestLease + 1);
    await this.#reap();
    await this.check();
    const counters = await this.#store.counters(this.#tenant, 100);
    for (const { key, held } of counters) assert.equal(held, 0, `${key} at the end`);
    const lines = await this.#store.ledger(this.#tenant, { limit: 100 });
    assert.deepEqual(
      lines.map(({ id }) => id),
      this.#model.lines,
    );
    assert.equal(
      lines.reduce((sum, { cost }) => sum + cost, 0),
      this.#cost,
    );
    assert.equal(this.#model.level('total').spent, this.#cost);
  }

  get #store() {
    return this.#stand.store();
  }

  async #reap(): Promise<void> {
    await this.#store.reap();
    this.#model.reap();
  }

  async #reserve(id: string, asks: readonly CounterAsk[], lease: number, first = true): Promise<void> {
    const expected = this.#model.reserve(id, lease, asks);
    const reply = await this.#store.reserve(this.#request(id, asks, lease));
    if (this.#model.paused && expected === 'stale-window') assert.notEqual(reply.kind, 'held');
    else assert.equal(reply.kind, expected, `${id} at ${this.#stand.clock.now()}: ${JSON.stringify(reply)}`);
    if (first && expected === 'held') this.#asked.set(id, { ids: [id], asks });
  }

  async #settle(
    picked: number,
    used: ((held: readonly [number, number]) => readonly [number, number]) | undefined,
  ): Promise<void> {
    const asked = this.#asked.get(pick([...this.#asked.keys()], picked) ?? '');
    if (asked === undefined) return;
    this.#asked.delete(asked.ids[0]);
    this.#settled.push(asked.ids[0]);
    const of = (key: string) => asked.asks.find((one) => one.key === key)?.amount ?? 0;
    await this.#charge(asked.ids, true, used?.([of('total'), of('minute')]), asked.asks);
  }

  async #charge(
    ids: readonly [string, ...string[]],
    held: boolean,
    used: readonly [number, number] | undefined,
    asks: readonly CounterAsk[],
  ): Promise<void> {
    const [id] = ids;
    const [usd, tokens] = used ?? [0, 0];
    const charges: Charge[] = asks
      .filter(({ key }) => held || key === 'total')
      .map(({ key, windowStart, windowEnd }) =>
        charge(key, key === 'total' ? usd : key === 'minute' ? tokens : 0, { windowStart, windowEnd }),
      );
    const line = used && entry(this.#tenant, id, { cost: usd });
    const expected = this.#model.settle(ids, held, charges);
    const reply = await this.#store.settle(settlement(this.#tenant, id, charges, { ids, held, entry: line }));
    assert.equal(reply.settled, expected.settled, `settled ${id}`);
    if (expected.late !== 'either') assert.equal(reply.late, expected.late, `late ${id}`);
    this.#cost += usd;
    if (line) this.#model.lines.push(id);
  }

  #request(id: string, counters: readonly CounterAsk[], lease: number) {
    return request(this.#tenant, id, { counters, leaseMs: lease });
  }

  #window(offset = 0) {
    const windowStart = (Math.floor(this.#stand.clock.now() / minute) + offset) * minute;
    return { windowStart, windowEnd: windowStart + minute };
  }

  #usd = (usd: number) => ask('total', this.#limits.usd, usd);

  #asks(usd: number, tokens: number, offset = 0): readonly CounterAsk[] {
    return [
      this.#usd(usd),
      ask('minute', this.#limits.tokens, tokens, this.#window(offset)),
      ask('slots', this.#limits.slots, 1),
    ];
  }

  #limitsByKey() {
    return [
      ['total', this.#limits.usd],
      ['minute', this.#limits.tokens],
      ['slots', this.#limits.slots],
    ] as const;
  }
}

const pick = <T>(of: readonly T[], which: number): T | undefined => of[which % Math.max(1, of.length)];

export function budgetsHoldUnderAnyInterleaving(stand: Stand): void {
  describe('under any interleaving of requests, crashes and clock steps', () => {
    it('a budget is neither overspent nor blocked by what nobody holds, and each request is charged once', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.record({ usd: fc.nat({ max: 30 }), tokens: fc.nat({ max: 20 }), slots: fc.integer({ min: 1, max: 4 }) }),
          fc.array(step, { maxLength: 16 }),
          crash,
          fc.array(step, { maxLength: 4 }),
          async (limits, steps, crashes, stepsAfterCrash) => {
            const checked = new Checked(stand, limits);
            for (const one of steps) {
              await checked.run(one);
              await checked.check();
            }
            if (crashes) {
              await checked.crash();
              for (const one of stepsAfterCrash) {
                await checked.run(one);
                await checked.check();
              }
            }
            await checked.end();
          },
        ),
        { numRuns: propertyRuns() },
      );
    });
  });
}
