import { type Behaviour, OK } from './behaviour.ts';
import type { FaultDraw } from './faults.ts';
import { PREFIX, parseBehaviour } from './grammar.ts';
import type { RequestRecord } from './request-log.ts';
import type { Gate } from './terms.ts';
import { seededRandom } from './words.ts';

/** Bounded, because model names and keys come from requests. */
const MAX_COUNTED = 10_000;

export interface DirectorOptions {
  readonly faults: FaultDraw | undefined;
  readonly seed: number;
  readonly fallback: string;
}

/**
 * Decides what a request meets. In this order: an outage, the model's script, its standing behaviour, the key where it is
 * one, a random fault, the model's name, the fallback for other names.
 */
export class Director {
  readonly #options: DirectorOptions;
  readonly #random: () => number;
  readonly #scripts = new Map<string, string[]>();
  readonly #standing = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #inFlight = new Map<string, Set<RequestRecord>>();
  #outage: string | undefined;

  constructor(options: DirectorOptions) {
    parseBehaviour(options.fallback);
    this.#options = options;
    this.#random = seededRandom(options.seed ^ 0x5eed);
  }

  /** @throws {UnknownBehaviourError} as do the following */
  script(model: string, behaviours: readonly string[]): void {
    for (const behaviour of behaviours) parseBehaviour(behaviour);
    this.#scripts.set(model, [...(this.#scripts.get(model) ?? []), ...behaviours]);
  }

  behave(model: string, behaviour: string | undefined): void {
    if (behaviour === undefined) this.#standing.delete(model);
    else {
      parseBehaviour(behaviour);
      this.#standing.set(model, behaviour);
    }
  }

  outage(behaviour: string | undefined): void {
    if (behaviour !== undefined) parseBehaviour(behaviour);
    this.#outage = behaviour;
  }

  /** @throws {UnknownBehaviourError} for a model name that begins with `sim-` and means nothing */
  choose(model: string, key: string | undefined): Behaviour {
    const { faults, fallback } = this.#options;
    // Drawn for every request, so that the n-th request's luck does not depend on what the others were.
    const fault = faults?.draw();
    if (this.#outage !== undefined) return this.#resolve(model, this.#outage);
    const scripted = this.#scripts.get(model)?.shift() ?? this.#standing.get(model);
    if (scripted !== undefined) return this.#resolve(model, scripted);
    if (key?.startsWith(PREFIX) === true) {
      const behaviour = this.#resolve(key, key);
      if (behaviour.name !== OK.name) return behaviour;
    }
    const name = model.startsWith(PREFIX) ? model : fallback;
    const behaviour = this.#resolve(model, name);
    if (fault === undefined) return behaviour;
    return parseBehaviour(behaviour.name === OK.name ? fault : `${fault}-${behaviour.name}`).always;
  }

  /** Counts a request in flight; false where the behaviour's capacity is used up. */
  admit(model: string, behaviour: Behaviour, record: RequestRecord): boolean {
    if (behaviour.capacity === undefined) return true;
    const busy = this.#inFlight.get(model) ?? new Set();
    if (busy.size >= behaviour.capacity) return false;
    this.#inFlight.set(model, busy.add(record));
    return true;
  }

  ended(record: RequestRecord): void {
    if (this.#inFlight.size === 0) return;
    const busy = this.#inFlight.get(record.model);
    if (busy?.delete(record) === true && busy.size === 0) this.#inFlight.delete(record.model);
  }

  #resolve(subject: string, name: string): Behaviour {
    const { always, gated } = parseBehaviour(name);
    if (gated === undefined) return always;
    return this.#passes(gated.gate, `${subject} ${name}`) ? gated.behaviour : always;
  }

  #passes(gate: Gate, counter: string): boolean {
    if (gate.kind === 'share') return this.#random() < gate.share;
    const count = (this.#counts.get(counter) ?? 0) + 1;
    if (this.#counts.size >= MAX_COUNTED) this.#counts.clear();
    this.#counts.set(counter, count);
    return gate.kind === 'first' ? count <= gate.count : count % gate.count === 0;
  }
}
