import { seeded } from '../../test/breakers/seeded.ts';

/** Vectors as an embedder gives them for questions of one subject: at a cosine of about 0.3 to one another. Always the same. */
export class Topic {
  readonly #dimensions: number;
  readonly #random = seeded(11);
  readonly #subject: Float32Array;

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
    this.#subject = this.#any();
  }

  question(): Float32Array {
    return this.near(this.#subject, Math.sqrt(0.3));
  }

  /** A vector at about that cosine to one of length 1: random directions are as good as at right angles. */
  near(vector: Float32Array, cosine: number): Float32Array {
    const aside = this.#any();
    const share = Math.sqrt(1 - cosine ** 2);
    return aside.map((value, i) => cosine * (vector[i] ?? 0) + share * value);
  }

  #any(): Float32Array {
    const vector = new Float32Array(this.#dimensions);
    let squares = 0;
    for (let i = 0; i < vector.length; i++) {
      const value = this.#random() + this.#random() - 1;
      vector[i] = value;
      squares += value * value;
    }
    const scale = 1 / Math.sqrt(squares);
    return vector.map((value) => value * scale);
  }
}
