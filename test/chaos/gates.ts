import assert from 'node:assert/strict';
import type { CircuitSnapshot } from '../../src/breakers/circuit.ts';
import type { KeySnapshot } from '../../src/breakers/key-ring.ts';
import type { FastClock } from './fast-clock.ts';
import { HELLO, type Rig } from './rig.ts';
import { pause } from './until.ts';

/** The circuit of a target (`provider/model`), as the metrics would show it. */
export function circuitOf({ proxy }: Rig, target: string): CircuitSnapshot {
  const found = proxy.runtime.gates.circuits.snapshots().find(({ name }) => name === target);
  assert.ok(found, `no circuit is named ${target}`);
  return found;
}

/** Every change of a target's circuit that was logged, such as `closed > open (consecutive-failures)`. */
export function changesOf({ events }: Rig, target: string): string[] {
  const changes = events.filter((event) => event.msg === 'circuit' && event.circuit === target);
  return changes.map(({ from, to, reason }) => `${from} > ${to} (${reason})`);
}

/** The keys of the provider behind the first target of a model. */
export function keysOf({ proxy }: Rig, model: string): KeySnapshot[] {
  const chain = proxy.runtime.chains.find(model);
  assert.ok(!('error' in chain), `no model is named ${model}`);
  return chain.rungs[0]?.gate.keys?.snapshot() ?? [];
}

/** Milliseconds of the clock, and never a moment less: a timer of node's may fire a fraction early. */
export async function pass(clock: FastClock, ms: number): Promise<void> {
  const end = clock.now() + ms;
  while (clock.now() < end) await pause(clock.toReal(end - clock.now()));
}

/** Until the circuit of a target would let a probe through. */
export async function untilProbeDue(rig: Rig, target: string): Promise<void> {
  const { state, retryAt } = circuitOf(rig, target);
  assert.ok(state !== 'closed' && retryAt !== undefined, `${target} is ${state}`);
  await pass(rig.clock, retryAt - rig.clock.now());
}

/** Asks for the model until the circuits of these targets are open; whether it is answered meanwhile does not matter. */
export async function openAll(rig: Rig, model: string, targets: readonly string[]): Promise<void> {
  for (let request = 0; request < 10; request++) {
    await rig.openai.chat.completions.create({ model, messages: HELLO }).then(
      () => undefined,
      (error: unknown) => assert.ok(error instanceof Error),
    );
    if (targets.every((target) => circuitOf(rig, target).state === 'open')) return;
  }
  assert.fail(`ten requests did not open the circuits of ${targets.join(', ')}`);
}
