import type { Clock, Random } from '../clock.ts';
import type { CircuitBoard } from '../state/circuit-board.ts';
import type { Circuit, CircuitChange, CircuitSettings, CircuitSnapshot } from './circuit.ts';
import { SharedCircuits } from './shared-circuits.ts';
import { type CircuitContext, TargetCircuit } from './target-circuit.ts';

export type { CircuitChange } from './circuit.ts';

interface Entry {
  readonly circuit: TargetCircuit;
  settings: CircuitSettings;
  /** Other settings are taken over once after a reload, and otherwise ignored. */
  renewable: boolean;
}

/** Clients may name any model of a provider, so names come without bound; a circuit takes about 7 kB. */
const CIRCUITS_KEPT = 1000;

export interface CircuitsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly onChange: (change: CircuitChange) => void;
  /** What the replicas tell each other; undefined: each judges alone. Whoever made it closes it. */
  readonly board?: CircuitBoard | undefined;
  /** Called when the board stops answering, with the reason, and when it answers again, with `undefined`. */
  readonly onBoard?: ((trouble: unknown) => void) | undefined;
}

/** Every circuit of the process, one a target, made when it is first asked for. */
export class Circuits {
  readonly #context: CircuitContext;
  readonly #entries = new Map<string, Entry>();
  readonly #shared: SharedCircuits | undefined;

  constructor({ clock, random, onChange, board, onBoard }: CircuitsOptions) {
    const find = (name: string) => this.#entries.get(name)?.circuit;
    this.#shared = board && new SharedCircuits({ board, clock, find, onBoard });
    this.#context = { clock, random, onChange, sharing: this.#shared };
  }

  /**
   * The circuit of a target. Two models may share a target and name different settings: the first seen win until the next
   * {@link retain}, as otherwise each would reset the window of the other.
   *
   * @param name `provider/model`
   */
  get(name: string, settings: CircuitSettings): Circuit {
    const entry = this.#entries.get(name);
    if (entry) {
      if (entry.renewable && entry.settings !== settings) renew(entry, settings);
      return entry.circuit;
    }
    if (this.#entries.size >= CIRCUITS_KEPT) this.#forgetLeastUseful();
    const circuit = new TargetCircuit(name, settings, this.#context);
    this.#entries.set(name, { circuit, settings, renewable: false });
    return circuit;
  }

  /** After a reload: forgets every target not named, and lets the others take their new settings; their state stays. */
  retain(names: ReadonlySet<string>): void {
    for (const [name, entry] of this.#entries) {
      if (names.has(name)) {
        entry.renewable = true;
      } else {
        entry.circuit.retire();
        this.#entries.delete(name);
      }
    }
  }

  snapshots(): CircuitSnapshot[] {
    return Array.from(this.#entries.values(), (entry) => entry.circuit.snapshot());
  }

  /** Lets go of everything; no timer is left. Permits still out may settle. */
  close(): void {
    this.#shared?.stop();
    this.retain(new Set());
  }

  /** A closed circuit that has heard nothing for longest knows least; an open one goes only if all are. */
  #forgetLeastUseful(): void {
    let least: TargetCircuit | undefined;
    for (const { circuit } of this.#entries.values()) if (!least || knowsLess(circuit, least)) least = circuit;
    if (!least) return;
    least.retire();
    this.#entries.delete(least.name);
  }
}

function knowsLess(one: TargetCircuit, other: TargetCircuit): boolean {
  return one.closed === other.closed ? one.lastOutcomeAt < other.lastOutcomeAt : one.closed;
}

function renew(entry: Entry, settings: CircuitSettings): void {
  const same = (Object.keys(settings) as (keyof CircuitSettings)[]).every(
    (key) => settings[key] === entry.settings[key],
  );
  if (!same) entry.circuit.configure(settings);
  entry.settings = settings;
  entry.renewable = false;
}
