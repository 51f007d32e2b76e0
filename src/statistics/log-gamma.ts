// Lanczos's approximation with g = 7 and nine terms (Godfrey's coefficients).
const COEFFICIENTS = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/**
 * Natural logarithm of the gamma function.
 *
 * @param x at least 0.5
 * @returns with a relative error below 1e-13
 */
export function logGamma(x: number): number {
  let series = 0.9999999999998099;
  COEFFICIENTS.forEach((coefficient, i) => {
    series += coefficient / (x + i);
  });
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series);
}
