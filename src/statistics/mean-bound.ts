import { logMixture } from './log-mixture.ts';

/** Values are counted in steps of this size, rounded up, so that rounding can only make the bound looser. */
const TICKS = 50;

/** Shares of the largest admissible bet: 0.95 wins where values hardly vary, 0.12 where one in four or more is a win or a loss. */
const BETS = [0.12, 0.25, 0.5, 0.95];

const HALVINGS = 40;

/** Counts of values by tick: -50 for -1 up to 50 for 1. As JSON. */
export type TickCounts = Readonly<Record<string, number>>;

/**
 * A one-sided upper bound on the mean of values between -1 and 1 that holds at all times at once: with confidence 95%, the true mean is at
 * no moment above the bound, however often one looks and whenever one stops. (As long as each value's mean, given those before, is the
 * same or the claim is read as one of their average.)
 *
 * By betting (Waudby-Smith and Ramdas, 2024): against "the mean is m or more" one bets a fixed share on each value to be smaller. The
 * capital then is a supermartingale and reaches 1 / alpha with a chance of at most alpha. A mixture of four shares makes it fit for much
 * and for little variance. Fixed shares make the order of the values irrelevant, so counts are all that needs to be kept.
 *
 * @example
 * const loss = new MeanBound();        // paired losses: strong right and cheap wrong is 1, the reverse -1, no difference 0
 * loss.add(0);
 * if (loss.refutes(0.05, 0.95)) admit();
 */
export class MeanBound {
  readonly #counts: Map<number, number>;
  #n = 0;
  #sum = 0;

  constructor(counts: TickCounts = {}) {
    this.#counts = new Map();
    for (const [tick, count] of Object.entries(counts)) this.#count(Number(tick), count);
  }

  /** @param value from -1 to 1 */
  add(value: number): void {
    if (!(value >= -1 && value <= 1)) throw new RangeError(`not a value between -1 and 1: ${value}`);
    // 0.1 * 50 is a hair above 5 in doubles for some values: the hair is not rounded up.
    this.#count(Math.ceil(value * TICKS - 1e-9), 1);
  }

  get n(): number {
    return this.#n;
  }

  /** Mean of the values as counted; 0 where there are none. */
  get mean(): number {
    return this.#n === 0 ? 0 : this.#sum / this.#n;
  }

  /** The logarithm of the evidence against "the mean is `mean` or more". */
  evidence(mean: number): number {
    const room = 1 - mean;
    return logMixture(
      BETS.map((bet) => {
        let log = 0;
        for (const [tick, count] of this.#counts) log += count * Math.log1p((bet * (mean - tick / TICKS)) / room);
        return { weight: 1 / BETS.length, log };
      }),
    );
  }

  /** Whether the mean is below `mean`, with that confidence, at whatever moment one asks. */
  refutes(mean: number, confidence: number): boolean {
    return this.evidence(mean) >= -Math.log(1 - confidence);
  }

  /** The bound: the smallest mean that is refuted; 1 where none is. */
  upper(confidence: number): number {
    let low = -1;
    let high = 1;
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (low + high) / 2;
      if (middle < 1 && this.refutes(middle, confidence)) high = middle;
      else low = middle;
    }
    return high;
  }

  toJSON(): TickCounts {
    return Object.fromEntries(this.#counts);
  }

  #count(tick: number, count: number): void {
    const sane = Number.isInteger(tick) && Math.abs(tick) <= TICKS && Number.isSafeInteger(count) && count >= 0;
    if (!sane) throw new RangeError(`not a count of a value between -1 and 1: ${count} at ${tick}/${TICKS}`);
    this.#counts.set(tick, (this.#counts.get(tick) ?? 0) + count);
    this.#n += count;
    this.#sum += (count * tick) / TICKS;
  }
}
