/** For `x-breakwater-compacted`, and the log. */
export function compactionLabel(compaction: {
  readonly turns: number;
  readonly tokensBefore: number;
  readonly tokensAfter: number;
}): string {
  const { turns, tokensBefore, tokensAfter } = compaction;
  return `turns=${turns};tokens=${tokensBefore}->${tokensAfter}`;
}
