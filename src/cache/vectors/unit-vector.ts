/** What is wrong with a vector or the key of its entry. */
export type RefusalReason = 'dimensions' | 'not-finite' | 'zero' | 'key' | 'query';

/** A vector or key that an index does not take: the caller's mistake or the embedder's, which trying again does not mend. */
export class VectorRefused extends Error {
  override readonly name = 'VectorRefused';
  readonly code = 'vector_refused';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The same direction at length 1, as a copy. @throws {VectorRefused} */
export function unitVector(vector: Float32Array, dimensions: number): Float32Array {
  if (vector.length !== dimensions)
    throw new VectorRefused('dimensions', `a vector of ${vector.length} dimensions where ${dimensions} are expected`);
  let squares = 0;
  for (let i = 0; i < dimensions; i++) squares += (vector[i] ?? 0) ** 2;
  // One NaN or infinity makes the sum one.
  if (!Number.isFinite(squares)) throw new VectorRefused('not-finite', 'a vector with a NaN or an infinity in it');
  if (squares === 0) throw new VectorRefused('zero', 'a vector of zeros has no direction');
  const scale = 1 / Math.sqrt(squares);
  const unit = new Float32Array(dimensions);
  for (let i = 0; i < dimensions; i++) unit[i] = (vector[i] ?? 0) * scale;
  return unit;
}

/** Of two vectors of length 1. */
export function cosineOf(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i] ?? 0) * (other[i] ?? 0);
  return Math.max(-1, Math.min(1, sum));
}
