export interface ElementScore {
  readonly element: string;
  readonly score: number;
}

/** The answer to VSIM WITHSCORES: elements and scores in turn, or a map (RESP3). @throws {TypeError} where it is neither */
export function readScores(reply: unknown): readonly ElementScore[] {
  const flat =
    reply instanceof Map ? [...reply].flat() : Array.isArray(reply) ? reply : Object.entries(reply ?? {}).flat();
  const scores: ElementScore[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const score = Number(flat[i + 1]);
    if (!Number.isFinite(score)) throw new TypeError('VSIM did not answer with elements and scores');
    scores.push({ element: String(flat[i]), score });
  }
  return scores;
}
