import { seeded } from '../../test/breakers/seeded.ts';

/** In how many ways the questions of a subject differ: texts' vectors lie in far fewer dimensions than they are written in. */
const aspects = 48;

/**
 * Vectors as an embedder gives them for questions of one subject: at a cosine of about 0.3 to one another, mostly along a few dozen
 * directions, the rest at random. Always the same.
 */
export class Topic {
  readonly #dimensions: number;
  readonly #random = seeded(11);
  readonly #subject: Float32Array;
  readonly #aspects: readonly Float32Array[];

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
    this.#subject = this.#any();
    this.#aspects = Array.from({ length: aspects }, () => this.#any());
  }

  question(): Float32Array {
    const meaning = new Float32Array(this.#dimensions);
    for (const aspect of this.#aspects) {
      const weight = this.#random() + this.#random() - 1;
      for (let i = 0; i < meaning.length; i++) meaning[i] = (meaning[i] ?? 0) + weight * (aspect[i] ?? 0);
    }
    return this.near(this.#subject, Math.sqrt(0.3), this.near(toUnit(meaning), Math.sqrt(0.85)));
  }

  /** A vector at about that cosine to one of length 1: random directions are as good as at right angles. */
  near(vector: Float32Array, cosine: number, aside = this.#any()): Float32Array {
    const share = Math.sqrt(1 - cosine ** 2);
    return aside.map((value, i) => cosine * (vector[i] ?? 0) + share * value);
  }

  #any(): Float32Array {
    return toUnit(Float32Array.from({ length: this.#dimensions }, () => this.#random() + this.#random() - 1));
  }
}

function toUnit(vector: Float32Array): Float32Array {
  const scale = 1 / Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value * scale);
}
