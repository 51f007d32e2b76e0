import { setImmediate as turn } from 'node:timers/promises';
import type {
  Circuit,
  CircuitChange,
  CircuitSettings,
  CircuitSnapshot,
  Outcome,
  Permit,
} from '../../src/breakers/circuit.ts';
import { Circuits } from '../../src/breakers/circuits.ts';
import { DEFAULT_CIRCUIT_SETTINGS } from '../../src/breakers/settings.ts';
import { admitted } from './circuit-rig.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryBoard } from './memory-board.ts';

export const TARGET = 'openai/gpt-4o';

/** One process of several, with a clock of its own. */
export class Replica {
  readonly clock: FakeClock;
  readonly circuits: Circuits;
  readonly changes: CircuitChange[] = [];
  /** What it was told of the board: an error, or `undefined` for "well again". */
  readonly troubles: unknown[] = [];
  readonly #settings: CircuitSettings;

  constructor(options: { now: number; board: MemoryBoard; name: string; settings: CircuitSettings }) {
    this.#settings = options.settings;
    this.clock = new FakeClock(options.now);
    this.circuits = new Circuits({
      clock: this.clock,
      random: () => 0,
      onChange: (change) => this.changes.push(change),
      board: options.board.as(options.name),
      onBoard: (trouble) => this.troubles.push(trouble),
    });
    this.circuit; // a replica hears only of circuits it has
  }

  get circuit(): Circuit {
    return this.circuits.get(TARGET, this.#settings);
  }

  get snapshot(): CircuitSnapshot {
    return this.circuit.snapshot();
  }

  get state(): string {
    return this.snapshot.state;
  }

  /** How long until it probes, ms. */
  get opensIn(): number {
    return (this.snapshot.retryAt ?? Number.NaN) - this.clock.now();
  }

  permit(): Permit {
    return admitted(this.circuit.acquire());
  }

  /** A request: its permit, or `undefined` where it is refused. */
  request(): Permit | undefined {
    const answer = this.circuit.acquire();
    return 'refused' in answer ? undefined : answer;
  }

  calls(...outcomes: Outcome[]): void {
    for (const outcome of outcomes) this.permit().settle(outcome);
  }

  /** Fails until it is open, by what it sees itself. */
  open(): void {
    while (this.state === 'closed') this.permit().settle('failure');
  }
}

/** Replicas around one board. Their clocks run alike; what they show need not agree. */
export class Fleet {
  readonly board: MemoryBoard;
  readonly replicas: Replica[];
  readonly #clock = new FakeClock();

  /** @param skews what each replica's clock is ahead of the board's, ms */
  constructor(skews: readonly number[], settings: Partial<CircuitSettings> = {}) {
    this.board = new MemoryBoard(this.#clock);
    const all = { ...DEFAULT_CIRCUIT_SETTINGS, ...settings };
    this.replicas = skews.map(
      (skew, i) => new Replica({ now: this.#clock.now() + skew, board: this.board, name: `r${i}`, settings: all }),
    );
  }

  at(index: number): Replica {
    const replica = this.replicas[index];
    if (replica === undefined) throw new Error(`there is no replica ${index}`);
    return replica;
  }

  /**
   * Time passes everywhere, in steps, and what is asked in the background is answered after each.
   *
   * @param each what happens at a replica after each step
   */
  async pass(ms: number, each?: (replica: Replica) => void): Promise<void> {
    await this.answers();
    for (let left = ms; left > 0; left -= STEP) {
      const step = Math.min(STEP, left);
      this.#clock.advance(step);
      for (const replica of this.replicas) replica.clock.advance(step);
      await this.answers();
      if (each === undefined) continue;
      for (const replica of this.replicas) each(replica);
      await this.answers();
    }
  }

  /** All answers of the board that are on their way arrive. */
  async answers(): Promise<void> {
    await turn();
  }

  /** One reading of the board by everybody. */
  async read(): Promise<void> {
    await this.pass(1_100);
  }

  close(): void {
    for (const { circuits } of this.replicas) circuits.close();
  }
}

const STEP = 100;
