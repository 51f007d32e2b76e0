import assert from 'node:assert/strict';
import type { CircuitChange, CircuitSettings, Outcome, Permit, Refusal } from '../../src/breakers/circuit.ts';
import { DEFAULT_CIRCUIT_SETTINGS } from '../../src/breakers/settings.ts';
import { TargetCircuit } from '../../src/breakers/target-circuit.ts';
import type { Random } from '../../src/clock.ts';
import { FakeClock } from './fake-clock.ts';

/** One circuit on a fake clock, with shorthands for what tests do to it and the changes it has told of. */
export class CircuitRig {
  readonly clock = new FakeClock();
  readonly changes: CircuitChange[] = [];
  readonly settings: CircuitSettings;
  readonly circuit: TargetCircuit;

  constructor(settings: Partial<CircuitSettings> = {}, random: Random = () => 0) {
    this.settings = { ...DEFAULT_CIRCUIT_SETTINGS, ...settings };
    this.circuit = new TargetCircuit('openai/gpt-4o', this.settings, {
      clock: this.clock,
      random,
      onChange: (change) => this.changes.push(change),
    });
  }

  get state(): string {
    return this.circuit.snapshot().state;
  }

  /** A permit; fails the test when refused. */
  permit(): Permit {
    return admitted(this.circuit.acquire());
  }

  lastHope(): Permit {
    return admitted(this.circuit.acquireLastHope());
  }

  /** A refusal; fails the test when admitted. */
  refusal(): Refusal {
    return refused(this.circuit.acquire());
  }

  /** Calls that begin and end at once. */
  calls(...outcomes: Outcome[]): void {
    for (const outcome of outcomes) this.permit().settle(outcome);
  }

  /** Opens it by the run of failures. */
  open(): void {
    while (this.state === 'closed') this.permit().settle('failure');
  }

  /** Opens it and waits until the probe is due. */
  halfOpen(): void {
    this.open();
    this.clock.advance(this.settings.openFor);
    assert.equal(this.state, 'half-open');
  }
}

export function admitted(answer: Permit | Refusal): Permit {
  assert.ok(!('refused' in answer), 'refused where a permit was due');
  return answer;
}

export function refused(answer: Permit | Refusal): Refusal {
  assert.ok('refused' in answer, 'admitted where a refusal was due');
  return answer;
}

export function times<T>(count: number, value: T): T[] {
  return new Array<T>(count).fill(value);
}
