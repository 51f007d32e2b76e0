import { seeded } from '../../breakers/seeded.ts';

/** Random directions that are the same in each run. */
export class SampleVectors {
  readonly dimensions: number;
  readonly #random: () => number;

  constructor(dimensions: number, seed = 1) {
    this.dimensions = dimensions;
    this.#random = seeded(seed);
  }

  /** Of any length. */
  any(): Float32Array {
    // The sum of uniform numbers: no direction is much likelier than another.
    return Float32Array.from({ length: this.dimensions }, () => this.#random() + this.#random() + this.#random() - 1.5);
  }

  /** A vector at about that cosine. */
  near(vector: Float32Array, cosine: number): Float32Array {
    const away = this.any();
    const share = trueCosine(vector, away);
    const [length, awayLength] = [lengthOf(vector), lengthOf(away)];
    const aside = away.map((value, i) => value / awayLength - (share * (vector[i] ?? 0)) / length);
    const scale = Math.sqrt(1 - cosine ** 2) / lengthOf(aside);
    return aside.map((value, i) => (cosine * (vector[i] ?? 0)) / length + value * scale);
  }
}

/** In doubles, from the definition. */
export function trueCosine(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i] ?? 0) * (other[i] ?? 0);
  return sum / (lengthOf(one) * lengthOf(other));
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
