/** A share as points of a hundred: 0.031 is `3.1pt`. */
export function points(share: number): string {
  return `${(share * 100).toFixed(1)}pt`;
}
