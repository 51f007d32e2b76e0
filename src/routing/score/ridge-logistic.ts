/** One observation. */
export interface Observation {
  /** Standardised. */
  readonly x: Float64Array;
  /** Which group it belongs to, from 0; -1 for none. */
  readonly group: number;
  /** From 0 to 1; between for graded outcomes. */
  readonly y: number;
}

export interface RidgeOptions {
  /** Penalty on the square of each weight, in the unit of the log likelihood: what so many observations weigh. */
  readonly ridge: number;
  /** The same for each group's offset. */
  readonly groupRidge: number;
}

export interface RidgeFit {
  readonly weights: Float64Array;
  readonly intercept: number;
  /** By group. */
  readonly offsets: Float64Array;
}

const MOST_STEPS = 25;
const SMALL_STEP = 1e-7;
/** Below it a row says nothing about the curvature and the equations would become singular. */
const LEAST_CURVATURE = 1e-6;

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/**
 * Logistic regression with ridge penalties by Newton's method, with an offset a group (a random intercept). The groups are eliminated from
 * the equations before they are solved, so a thousand route keys cost hardly more than one. Deterministic: no random start, no order in
 * which rows count. Penalised likelihood is strictly concave, so there is one answer; separable data cannot make it infinite.
 */
export function fitRidgeLogistic(rows: readonly Observation[], groups: number, options: RidgeOptions): RidgeFit {
  const width = (rows[0]?.x.length ?? 0) + 1;
  const beta = new Float64Array(width);
  const offsets = new Float64Array(groups);
  for (let step = 0; step < MOST_STEPS; step++) {
    const system = new NewtonSystem(width, groups);
    for (const row of rows) system.add(row, beta, offsets);
    const moved = system.step(beta, offsets, options);
    if (moved < SMALL_STEP) break;
  }
  return { weights: beta.slice(0, -1), intercept: beta[width - 1] ?? 0, offsets };
}

/** Gradient and curvature at one point. The intercept is the last of the weights. */
class NewtonSystem {
  readonly #width: number;
  readonly #gradient: Float64Array;
  readonly #curvature: Float64Array;
  readonly #groupGradient: Float64Array;
  readonly #groupCurvature: Float64Array;
  readonly #cross: Float64Array;

  constructor(width: number, groups: number) {
    this.#width = width;
    this.#gradient = new Float64Array(width);
    this.#curvature = new Float64Array(width * width);
    this.#groupGradient = new Float64Array(groups);
    this.#groupCurvature = new Float64Array(groups);
    this.#cross = new Float64Array(groups * width);
  }

  add({ x, group, y }: Observation, beta: Float64Array, offsets: Float64Array): void {
    const width = this.#width;
    const last = width - 1;
    let value = (beta[last] ?? 0) + (group < 0 ? 0 : (offsets[group] ?? 0));
    for (let j = 0; j < last; j++) value += at(beta, j) * at(x, j);
    const p = sigmoid(value);
    const curvature = Math.max(LEAST_CURVATURE, p * (1 - p));
    const slope = y - p;
    for (let j = 0; j < width; j++) {
      const xj = j === last ? 1 : at(x, j);
      if (xj === 0) continue;
      this.#gradient[j] = at(this.#gradient, j) + slope * xj;
      const scaled = curvature * xj;
      const row = j * width;
      for (let k = 0; k < j; k++) this.#curvature[row + k] = at(this.#curvature, row + k) + scaled * at(x, k);
      this.#curvature[row + j] = at(this.#curvature, row + j) + scaled * xj;
      if (group >= 0) this.#cross[group * width + j] = at(this.#cross, group * width + j) + scaled;
    }
    if (group < 0) return;
    this.#groupGradient[group] = at(this.#groupGradient, group) + slope;
    this.#groupCurvature[group] = at(this.#groupCurvature, group) + curvature;
  }

  /** Moves the point. @returns by how much at most */
  step(beta: Float64Array, offsets: Float64Array, { ridge, groupRidge }: RidgeOptions): number {
    const width = this.#width;
    const a = this.#curvature;
    const b = this.#gradient;
    for (let j = 0; j < width; j++) {
      // The intercept is free, but for a trace that keeps the equations solvable without rows.
      const penalty = j === width - 1 ? LEAST_CURVATURE : ridge;
      a[j * width + j] = at(a, j * width + j) + penalty;
      b[j] = at(b, j) - penalty * at(beta, j);
    }
    for (let g = 0; g < offsets.length; g++) {
      const own = at(this.#groupCurvature, g) + groupRidge;
      const pull = at(this.#groupGradient, g) - groupRidge * at(offsets, g);
      this.#groupCurvature[g] = own;
      this.#groupGradient[g] = pull;
      const cross = this.#cross.subarray(g * width, (g + 1) * width);
      for (let j = 0; j < width; j++) {
        const share = at(cross, j) / own;
        if (share === 0) continue;
        b[j] = at(b, j) - share * pull;
        for (let k = 0; k <= j; k++) a[j * width + k] = at(a, j * width + k) - share * at(cross, k);
      }
    }
    const step = solveSymmetric(a, b);
    let moved = 0;
    for (let j = 0; j < width; j++) {
      beta[j] = at(beta, j) + at(step, j);
      moved = Math.max(moved, Math.abs(at(step, j)));
    }
    for (let g = 0; g < offsets.length; g++) {
      let pull = at(this.#groupGradient, g);
      for (let j = 0; j < width; j++) pull -= at(this.#cross, g * width + j) * at(step, j);
      const change = pull / at(this.#groupCurvature, g);
      offsets[g] = at(offsets, g) + change;
      moved = Math.max(moved, Math.abs(change));
    }
    return moved;
  }
}

/** Solves `a x = b` for a positive definite `a` of which the lower half is given, by Cholesky's method. Uses up `a`. */
export function solveSymmetric(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = at(a, i * n + j);
      for (let k = 0; k < j; k++) sum -= at(a, i * n + k) * at(a, j * n + k);
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / at(a, j * n + j);
    }
  }
  for (let i = 0; i < n; i++) {
    let sum = at(x, i);
    for (let k = 0; k < i; k++) sum -= at(a, i * n + k) * at(x, k);
    x[i] = sum / at(a, i * n + i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = at(x, i);
    for (let k = i + 1; k < n; k++) sum -= at(a, k * n + i) * at(x, k);
    x[i] = sum / at(a, i * n + i);
  }
  return x;
}

/** An element of an array within its bounds. */
function at(array: Float64Array, index: number): number {
  return array[index] ?? 0;
}
