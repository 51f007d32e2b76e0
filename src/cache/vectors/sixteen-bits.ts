const largest = 32_767;

/**
 * A vector in 16-bit numbers, its largest one becoming the largest there is: half the memory of floats, and a cosine wrong by less than
 * 0.0001. @returns 1 / its length then
 */
export function toSixteenBits(vector: Float32Array, into: Int16Array): number {
  let most = 0;
  for (let i = 0; i < vector.length; i++) most = Math.max(most, Math.abs(vector[i] ?? 0));
  const scale = largest / most;
  for (let i = 0; i < vector.length; i++) into[i] = Math.round((vector[i] ?? 0) * scale);
  into.fill(0, vector.length);
  return 1 / lengthOf(into);
}

export function lengthOf(values: Int16Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] ?? 0) ** 2;
  return Math.sqrt(squares);
}
