/** One way in which a sum moves. */
export interface RandomStep {
  readonly step: number;
  /** The chances of all steps sum to 1. */
  readonly chance: number;
}

const CELLS = 32;

/**
 * The chance that a sum which starts at 0, never falls below it, and moves by random steps, reaches a limit within so many of them: by a
 * Markov chain over a grid of sums (Brook and Evans, 1972). A step between two cells is split between them, so that its mean is kept.
 *
 * @param limit above 0
 */
export function alarmWithin(steps: readonly RandomStep[], limit: number, moves: number): number {
  const width = limit / CELLS;
  const kept = steps.filter(({ chance }) => chance > 0);
  // Cell of the grid that each kind of step leads down to, and what of its chance goes there; the rest goes one higher.
  const down = kept.map(({ step }) => Math.floor(step / width));
  const low = kept.map(({ step, chance }, i) => chance * ((down[i] ?? 0) + 1 - step / width));
  const high = kept.map(({ chance }, i) => chance - (low[i] ?? 0));
  let now = new Float64Array(CELLS);
  let next = new Float64Array(CELLS);
  now[0] = 1;
  let alarmed = 0;
  for (let move = 0; move < moves; move++) {
    next.fill(0);
    for (let cell = 0; cell < CELLS; cell++) {
      const mass = now[cell] ?? 0;
      // What is as good as impossible costs as much to follow.
      if (mass < 1e-12) continue;
      for (let kind = 0; kind < down.length; kind++) {
        const to = cell + (down[kind] ?? 0);
        alarmed += put(next, to, mass * (low[kind] ?? 0)) + put(next, to + 1, mass * (high[kind] ?? 0));
      }
    }
    [now, next] = [next, now];
  }
  return alarmed;
}

/** @returns what went over the limit */
function put(cells: Float64Array, at: number, mass: number): number {
  if (at >= cells.length) return mass;
  const cell = at < 0 ? 0 : at;
  cells[cell] = (cells[cell] ?? 0) + mass;
  return 0;
}
