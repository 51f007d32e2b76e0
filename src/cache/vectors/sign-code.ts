/** More bits tell apart better and cost more to scan; the kernel counts at most so many. */
const mostBits = 2_048;
const fewestBits = 512;
/** The part of a code that is compared first, alone. */
export const HEAD_BYTES = fewestBits / 8;

/** A fixed seed: codes are kept in files. Another one, or any change of what follows, needs a new {@link codeVersion}. */
const seed = 0x5eed_b17;
/** Of how codes are made. */
export const codeVersion = 1;

/**
 * Makes short codes of unit vectors, of which as many bits differ, on average, as the angle between them is of a half-turn: the signs
 * after a random rotation. Without the rotation, a few strong dimensions that all of an embedder's vectors share would decide most bits.
 *
 * The rotation is two rounds of random signs and a Hadamard transform: n log n steps, and no matrix.
 */
export class SignCoder {
  readonly bits: number;
  readonly #dimensions: number;
  readonly #signs: readonly [Float32Array, Float32Array];
  readonly #work: Float32Array;

  constructor(dimensions: number) {
    let size = fewestBits;
    while (size < dimensions) size *= 2;
    this.#dimensions = dimensions;
    this.bits = Math.min(size, mostBits);
    const next = randomSigns();
    const signs = () => Float32Array.from({ length: size }, next);
    this.#signs = [signs(), signs()];
    this.#work = new Float32Array(size);
  }

  get bytes(): number {
    return this.bits / 8;
  }

  /** Writes the code of a vector. `code`: as many 32-bit words as the bits fill. */
  encode(vector: Float32Array, code: Uint32Array): void {
    const work = this.#work;
    work.set(vector);
    work.fill(0, this.#dimensions);
    for (const signs of this.#signs) {
      for (let i = 0; i < work.length; i++) work[i] = (work[i] ?? 0) * (signs[i] ?? 0);
      hadamard(work);
    }
    for (let word = 0; word < this.bits / 32; word++) {
      let bits = 0;
      for (let bit = 0; bit < 32; bit++) if ((work[word * 32 + bit] ?? 0) > 0) bits |= 1 << bit;
      code[word] = bits;
    }
  }
}

/**
 * The most of so many bits in which the code of a vector differs whose cosine is at least that: of ten million such vectors, about three
 * differ in more (five standard deviations).
 */
export function distanceLimit(cosine: number, bits: number): number {
  const share = Math.acos(Math.max(-1, Math.min(1, cosine))) / Math.PI;
  return Math.ceil(bits * share + 5 * Math.sqrt(bits * share * (1 - share))) + 1;
}

/** In place, without the scale: only signs are wanted of the result. */
function hadamard(values: Float32Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let start = 0; start < values.length; start += half * 2) {
      for (let i = start; i < start + half; i++) {
        const one = values[i] ?? 0;
        const other = values[i + half] ?? 0;
        values[i] = one + other;
        values[i + half] = one - other;
      }
    }
  }
}

/** 1 and -1 in an order that is always the same (mulberry32). */
function randomSigns(): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) & 1 ? 1 : -1;
  };
}
