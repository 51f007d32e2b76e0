import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Permit } from '../../src/breakers/circuit.ts';
import { Circuits } from '../../src/breakers/circuits.ts';
import { RetryBudget } from '../../src/breakers/retry-budget.ts';
import { DEFAULT_CIRCUIT_SETTINGS } from '../../src/breakers/settings.ts';
import { admitted } from './circuit-rig.ts';
import { FakeClock } from './fake-clock.ts';
import { seeded } from './seeded.ts';

const CHAIN = ['openai/gpt-4o', 'anthropic/claude-sonnet'] as const;
const TRIES = 3;

interface Run {
  readonly answered: number;
  readonly tries: number;
  readonly openings: number;
}

/**
 * Requests of sixteen clients over a chain of two targets, three tries each, with circuits and retry budgets as the product has
 * them, in simulated time. When nothing in the chain was open, the last target is asked as a last hope, once.
 */
function simulate(requests: number, seed: number, faultsAt: (target: number, now: number) => number): Run {
  const clock = new FakeClock();
  const random = seeded(seed);
  let [answered, tries, openings, begun] = [0, 0, 0, 0];
  const circuits = new Circuits({ clock, random, onChange: (change) => change.to === 'open' && openings++ });
  const targets = CHAIN.map((name) => ({
    circuit: circuits.get(name, DEFAULT_CIRCUIT_SETTINGS),
    retries: new RetryBudget(),
  }));

  function request(): void {
    if (begun++ < requests) attempt(0, 0, false);
  }

  function attempt(index: number, retry: number, asked: boolean): void {
    const target = targets[index];
    if (!target) {
      if (asked) request();
      else lastHope();
    } else if (!target.circuit.admits() || (retry > 0 && !target.retries.tryWithdraw())) {
      attempt(index + 1, 0, asked);
    } else {
      call(index, admitted(target.circuit.acquire()), (ok) => {
        if (!ok && retry + 1 < TRIES) attempt(index, retry + 1, true);
        else if (!ok) attempt(index + 1, 0, true);
        else if (retry > 0) target.retries.refund();
        else target.retries.earn();
        if (ok) done();
      });
    }
  }

  function lastHope(): void {
    const permit = targets.at(-1)?.circuit.acquireLastHope();
    if (!permit || 'refused' in permit) clock.setTimeout(request, 5);
    else call(targets.length - 1, permit, (ok) => (ok ? done() : request()));
  }

  function call(index: number, permit: Permit, after: (ok: boolean) => void): void {
    tries++;
    const ok = random() >= faultsAt(index, clock.now());
    const takes = ok ? 200 + 800 * random() : 20 + 100 * random();
    clock.setTimeout(() => {
      permit.settle(ok ? 'success' : 'failure');
      after(ok);
    }, takes);
  }

  function done(): void {
    answered++;
    request();
  }

  for (let client = 0; client < 16; client++) request();
  while (clock.pending > 0) clock.advance(1_000);
  circuits.close();
  return { answered, tries, openings };
}

describe('sixteen clients and two targets', () => {
  for (const [faults, least, most] of [
    [0.2, 0.9995, 1.35],
    [0.3, 0.998, 1.6],
  ] as const) {
    it(`answer ${least * 100}% of requests at ${faults * 100}% random faults`, () => {
      let [answered, tries] = [0, 0];
      for (let seed = 1; seed <= 5; seed++) {
        const run = simulate(4_000, seed, () => faults);
        answered += run.answered;
        tries += run.tries;
      }
      assert.ok(answered >= least * 20_000, `${answered} of 20000 answered`);
      assert.ok(tries <= most * 20_000, `${tries / 20_000} tries a request`);
    });
  }

  it('answer everything with the first target dead, and hardly ask it', () => {
    const run = simulate(5_000, 1, (target) => (target === 0 ? 1 : 0));
    assert.equal(run.answered, 5_000);
    assert.ok(run.tries <= 5_000 * 1.01, `${run.tries} tries`);
  });

  it('make 1.1 tries a request at most with everything down', () => {
    const run = simulate(5_000, 1, () => 1);
    assert.equal(run.answered, 0);
    assert.ok(run.tries <= 5_500, `${run.tries} tries`);
  });
});
