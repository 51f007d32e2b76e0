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
  const split = steps
    .filter(({ chance }) => chance > 0)
    .map(({ step, chance }) => {
      const cells = step / width;
      const down = Math.floor(cells);
      return { down, low: chance * (down + 1 - cells), high: chance * (cells - down) };
    });
  let now = new Float64Array(CELLS);
  let next = new Float64Array(CELLS);
  now[0] = 1;
  let alarmed = 0;
  const put = (cell: number, mass: number) => {
    if (cell >= CELLS) alarmed += mass;
    else {
      const at = Math.max(0, cell);
      next[at] = (next[at] ?? 0) + mass;
    }
  };
  for (let move = 0; move < moves; move++) {
    next.fill(0);
    for (let cell = 0; cell < CELLS; cell++) {
      const mass = now[cell] ?? 0;
      // What is as good as impossible costs as much to follow.
      if (mass < 1e-12) continue;
      for (const { down, low, high } of split) {
        put(cell + down, mass * low);
        put(cell + down + 1, mass * high);
      }
    }
    [now, next] = [next, now];
  }
  return alarmed;
}
