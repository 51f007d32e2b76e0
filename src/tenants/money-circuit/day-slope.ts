const MINUTE_MS = 60_000;

/** Minutes the slope is taken over. */
const MINUTES = 10;
/** Below this a slope is a burst. */
const LEAST_MS = 5 * MINUTE_MS;
/** Settlements, and minutes with spending, that it takes: one dear request is no slope. */
const LEAST_SETTLED = 5;
const LEAST_MINUTES = 3;

/** A budget that lasts a working day of so many hours at the present rate is being spent as it was meant to be. */
const WORKING_DAY_HOURS = 8;
const HOUR_MS = 60 * MINUTE_MS;

interface Minute {
  readonly minute: number;
  /** When the last settlement of the minute was seen. */
  at: number;
  spent: number;
  settled: number;
}

/**
 * How fast the budget of one day is being spent, by what its counter read over the last ten minutes. The counter is shared, so the slope
 * is that of all replicas, whatever this one sees of it.
 */
export class DaySlope {
  readonly windowStart: number;
  /** It has been told of. */
  told = false;
  /** Minutes with settlements, oldest first. */
  readonly #minutes: Minute[] = [];

  constructor(windowStart: number) {
    this.windowStart = windowStart;
  }

  read(spent: number, at: number): void {
    const minute = Math.floor(at / MINUTE_MS);
    const last = this.#minutes.at(-1);
    if (last !== undefined && minute <= last.minute) {
      // Answers of two settlements may overtake each other.
      last.spent = Math.max(last.spent, spent);
      last.at = Math.max(last.at, at);
      last.settled++;
      return;
    }
    while (this.#minutes.length > 0 && (this.#minutes[0]?.minute ?? 0) < minute - MINUTES) this.#minutes.shift();
    this.#minutes.push({ minute, at, spent: Math.max(spent, last?.spent ?? 0), settled: 1 });
  }

  /**
   * @param limit     of the day
   * @param within    milliseconds within which it must not end
   * @param windowEnd where the day ends by itself
   * @returns units a millisecond, where at that rate the budget would end so soon; undefined where it would not, or too little is known
   */
  tooSteep(limit: number, within: number, windowEnd: number): number | undefined {
    const first = this.#minutes[0];
    const last = this.#minutes.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < LEAST_MS) return undefined;
    const remaining = limit - last.spent;
    const horizon = Math.min(within, windowEnd - last.at);
    if (remaining <= 0 || horizon <= 0) return undefined;
    const slope = this.#slope(first, last);
    const soon = slope * horizon > remaining && slope * WORKING_DAY_HOURS * HOUR_MS > limit;
    return soon ? slope : undefined;
  }

  /** The lower one of two: over all without the dearest minute, and over the later half. So a burst that is over is none. */
  #slope(first: Minute, last: Minute): number {
    const middle = (first.at + last.at) / 2;
    let half = first;
    let before = first;
    let dearest = 0;
    let spending = 0;
    let settled = 0;
    for (const minute of this.#minutes) {
      const increase = minute.spent - before.spent;
      if (increase > 0) spending++;
      if (increase > dearest) dearest = increase;
      if (minute.at <= middle) half = minute;
      settled += minute.settled;
      before = minute;
    }
    if (settled < LEAST_SETTLED || spending < LEAST_MINUTES) return 0;
    const whole = (last.spent - first.spent - dearest) / (last.at - first.at);
    return Math.min(whole, (last.spent - half.spent) / (last.at - half.at));
  }
}
