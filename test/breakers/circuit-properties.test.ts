import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Outcome, Permit, Refusal } from '../../src/breakers/circuit.ts';
import { CircuitRig } from './circuit-rig.ts';
import { seeded } from './seeded.ts';

type Step =
  | { readonly do: 'acquire' | 'last hope' }
  | { readonly do: 'settle'; readonly which: number; readonly outcome: Outcome }
  | { readonly do: 'commit'; readonly which: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'wait for the probe' };

const which = fc.nat({ max: 1_000 });
const outcome = fc.constantFrom<Outcome>('success', 'failure', 'slow', 'neutral');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('acquire' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('last hope' as const) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('settle' as const), which, outcome }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('settle' as const), which, outcome: fc.constant<Outcome>('failure') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('commit' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 200_000 }) }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'wait for the probe' }) },
);

const settings = fc.record({
  failures: fc.integer({ min: 1, max: 6 }),
  rate: fc.constantFrom(0.3, 0.5, 1),
  minimumVolume: fc.integer({ min: 1, max: 10 }),
  window: fc.constantFrom(1_000, 30_000),
  openFor: fc.constantFrom(1_000, 60_000),
  maxOpenFor: fc.constantFrom(60_000, 600_000),
  probeTimeout: fc.constantFrom(500, 30_000),
});

interface Held {
  readonly permit: Permit;
  /** Openings seen when it was given. */
  readonly openings: number;
  readonly probe: boolean;
  /** Epoch ms until which the circuit promised not to give another probe. */
  holdsUntil: number;
}

/** A circuit, all permits ever given, and what must hold after every step. */
class Checked extends CircuitRig {
  readonly held: Held[] = [];
  /** Permits given as a last hope beside the probe; they have a place of their own. */
  lastHopes: Held[] = [];

  run(one: Step): void {
    switch (one.do) {
      case 'acquire':
        this.#admit(this.circuit.acquire(), false);
        break;
      case 'last hope': {
        const { state } = this.circuit.snapshot();
        const probeIsDue = state === 'half-open' && this.freshProbes() === 0;
        this.#admit(this.circuit.acquireLastHope(), state !== 'closed' && !probeIsDue);
        break;
      }
      case 'wait':
        this.clock.advance(one.ms);
        break;
      case 'wait for the probe': {
        const { retryAt } = this.circuit.snapshot();
        this.clock.advance(Math.max(0, (retryAt ?? 0) - this.clock.now()));
        break;
      }
      case 'commit':
        this.#commit(one.which);
        break;
      case 'settle':
        this.#settle(one.which, one.outcome);
        break;
    }
  }

  get openings(): number {
    return this.changes.filter((change) => change.to === 'open').length;
  }

  freshProbes(): number {
    return this.held.filter((held) => held.probe && held.holdsUntil > this.clock.now()).length;
  }

  check(): void {
    const now = this.clock.now();
    const snapshot = this.circuit.snapshot();
    if (snapshot.state === 'closed') {
      assert.equal(snapshot.retryAt, undefined);
      return;
    }
    assert.ok(this.freshProbes() <= 1, 'two probes in flight');
    assert.ok(this.lastHopes.filter((held) => held.holdsUntil > now).length <= 1, 'two last hopes in flight');
    const cap = Math.max(this.settings.maxOpenFor, this.settings.probeTimeout);
    assert.ok(snapshot.retryAt !== undefined && snapshot.retryAt <= now + cap, `retryAt ${snapshot.retryAt} at ${now}`);
  }

  #admit(answer: Permit | Refusal, asLastHope: boolean): void {
    const now = this.clock.now();
    if ('refused' in answer) {
      assert.ok(Number.isFinite(answer.retryAt));
      return;
    }
    const { state, retryAt } = this.circuit.snapshot();
    assert.equal(answer.probe, state !== 'closed');
    const probe = answer.probe && !asLastHope;
    if (probe) assert.equal(this.freshProbes(), 0, 'a probe beside a probe');
    const holdsUntil = asLastHope ? now + this.settings.probeTimeout : (retryAt ?? now);
    const held = { permit: answer, openings: this.openings, probe, holdsUntil };
    this.held.push(held);
    if (asLastHope) this.lastHopes.push(held);
  }

  #commit(index: number): void {
    const held = this.held[index % this.held.length];
    if (!held) return;
    // Only a permit that still has its place keeps it for longer.
    const fresh = held.holdsUntil > this.clock.now();
    held.permit.committed();
    if (fresh) held.holdsUntil = this.clock.now() + this.settings.probeTimeout;
  }

  #settle(index: number, result: Outcome): void {
    const held = this.held[index % this.held.length];
    if (!held) return;
    this.circuit.snapshot(); // lets time pass first, so that all changes below are due to the outcome
    const before = this.changes.length;
    const { openings } = this;
    held.permit.settle(result);
    for (const change of this.changes.slice(before)) {
      assert.notEqual(result, 'neutral', 'a neutral outcome changed the state');
      assert.equal(held.openings, openings, 'an outcome from before the opening changed the state');
      if (change.to === 'closed') assert.equal(result, 'success');
      else assert.ok(result === 'failure' || result === 'slow');
    }
    held.holdsUntil = 0;
    if (this.changes.length > before) for (const other of this.held) other.holdsUntil = 0;
  }
}

describe('whatever happens to a circuit', () => {
  it('has one probe at most, hears no stale or neutral outcome, and always says when to ask again', () => {
    const property = fc.property(settings, fc.array(step, { maxLength: 120 }), fc.nat(), (chosen, steps, seed) => {
      const checked = new Checked(chosen, seeded(seed));
      for (const one of steps) {
        checked.run(one);
        checked.check();
      }
    });
    fc.assert(property, { numRuns: 500, seed: 20_261_122 });
  });

  it('probes again in the end, also when no probe ever settles', () => {
    const property = fc.property(settings, fc.array(step, { maxLength: 80 }), fc.nat(), (chosen, steps, seed) => {
      const checked = new Checked(chosen, seeded(seed));
      for (const one of steps) checked.run(one);
      for (let round = 0; round < 5; round++) {
        let answer = checked.circuit.acquire();
        for (let waits = 0; 'refused' in answer; waits++) {
          assert.ok(waits < 3, 'refused again and again');
          checked.clock.advance(Math.max(0, answer.retryAt - checked.clock.now()));
          answer = checked.circuit.acquire();
        }
      }
    });
    fc.assert(property, { numRuns: 300, seed: 20_261_123 });
  });

  it('closes for good once the target answers', () => {
    const property = fc.property(settings, fc.array(step, { maxLength: 80 }), fc.nat(), (chosen, steps, seed) => {
      const checked = new Checked(chosen, seeded(seed));
      for (const one of steps) checked.run(one);
      for (let calls = 0; calls < 4; calls++) {
        const answer = checked.circuit.acquire();
        if ('refused' in answer) checked.clock.advance(Math.max(0, answer.retryAt - checked.clock.now()));
        else answer.settle('success');
      }
      assert.equal(checked.state, 'closed');
    });
    fc.assert(property, { numRuns: 300, seed: 20_261_124 });
  });
});
