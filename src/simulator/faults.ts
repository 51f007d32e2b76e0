import { parseBehaviour } from './grammar.ts';
import { seededRandom } from './words.ts';

/** Transient faults a request may meet at random: what a provider has on a bad day. Terms of the grammar. */
export const DEFAULT_FAULT_KINDS: readonly string[] = ['500', '502', '503', '529', '429', 'reset'];

/** Breaks without a place break within so many tokens. */
const LATEST_BREAK = 24;

/** Draws a fault, or none, for each request in turn: the seed decides the whole sequence. */
export class FaultDraw {
  readonly #share: number;
  readonly #kinds: readonly { readonly name: string; readonly breaks: boolean }[];
  readonly #random: () => number;

  /**
   * @param share of requests that meet a fault, 0 to 1
   * @throws {RangeError} for another share, or no kinds; {UnknownBehaviourError} for a kind that is no term
   */
  constructor(share: number, kinds: readonly string[], seed: number) {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`faults must be a share from 0 to 1, not ${share}`);
    if (kinds.length === 0) throw new RangeError('fault kinds must not be empty');
    this.#share = share;
    this.#random = seededRandom(seed);
    this.#kinds = kinds.map((name) => {
      const { always } = parseBehaviour(name);
      return { name: always.name, breaks: always.break !== undefined && always.break.at === undefined };
    });
  }

  /** A behaviour's name, or undefined for a request that is spared. */
  draw(): string | undefined {
    // Three numbers a request, used or not: the sequence then does not shift with the kinds.
    const struck = this.#random() < this.#share;
    const kind = this.#kinds[Math.floor(this.#random() * this.#kinds.length)];
    const place = Math.floor(this.#random() * LATEST_BREAK);
    if (!struck || kind === undefined) return undefined;
    return kind.breaks ? `${kind.name}-at-${place}` : kind.name;
  }
}
