import type { Outcome, Permit } from '../breakers/circuit.ts';
import type { Slot } from '../breakers/concurrency-limit.ts';
import type { TargetGate } from '../breakers/target-gate.ts';

/** What one try holds while it runs: leave from the circuit, a place under the concurrency limit. Settled once, always. */
export class TryLease {
  readonly #gate: TargetGate;
  readonly #permit: Permit;
  readonly #slot: Slot | undefined;
  #firstTokenMs: number | undefined;
  #settled = false;

  constructor(gate: TargetGate, permit: Permit, slot: Slot | undefined) {
    this.#gate = gate;
    this.#permit = permit;
    this.#slot = slot;
  }

  /** The target has begun to answer. */
  begun(firstTokenMs: number): void {
    this.#firstTokenMs = firstTokenMs;
    this.#gate.firstToken.record(firstTokenMs);
    this.#permit.committed();
  }

  settle(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#permit.settle(outcome);
    this.#slot?.release(this.#firstTokenMs);
  }
}
