import { PastCosts } from './past-costs.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Two weeks: every day of the week twice. */
const DAYS = 14;
/** A working week: after fewer days nobody knows what an agent's day is like. */
const MINIMUM_DAYS = 5;

/** A stretch of an agent's time that costs more than such stretches did. */
export interface DearStretch {
  readonly of: 'hour' | 'day';
  readonly start: number;
  readonly cost: number;
  readonly average: number;
}

/**
 * What an agent costs a day, and in the dearest hour of a day. Agents work by day and rest by night, so an hour is measured against the
 * dearest hours of past days and not against all hours. Days without cost count for nothing. Hours and days are UTC's: they are
 * yardsticks, not budgets.
 */
export class AgentDays {
  readonly #days = new PastCosts(DAYS, MINIMUM_DAYS);
  readonly #hours = new PastCosts(DAYS, MINIMUM_DAYS);
  #day = 0;
  #dayCost = 0;
  #hour = 0;
  #hourCost = 0;
  #dearestHour = 0;
  #dayCrossed: number | undefined;
  #hourCrossed: number | undefined;

  /** @returns the stretch that is now out of line; each is told of once, and of the hours of a day only the first */
  add(cost: number, at: number, spike: number | undefined): DearStretch | undefined {
    this.#turn(at);
    this.#dayCost += cost;
    this.#hourCost += cost;
    if (this.#hourCost > this.#dearestHour) this.#dearestHour = this.#hourCost;
    if (spike === undefined) return undefined;
    return this.#judgeHour(spike) ?? this.#judgeDay(spike);
  }

  #judgeHour(spike: number): DearStretch | undefined {
    if (this.#hourCrossed !== undefined) return undefined;
    const threshold = this.#hours.threshold(spike);
    if (threshold === undefined || this.#hourCost <= threshold) return undefined;
    this.#hourCrossed = threshold;
    return { of: 'hour', start: this.#hour * HOUR_MS, cost: this.#hourCost, average: this.#hours.average };
  }

  #judgeDay(spike: number): DearStretch | undefined {
    if (this.#dayCrossed !== undefined) return undefined;
    const threshold = this.#days.threshold(spike);
    if (threshold === undefined || this.#dayCost <= threshold) return undefined;
    this.#dayCrossed = threshold;
    return { of: 'day', start: this.#day * DAY_MS, cost: this.#dayCost, average: this.#days.average };
  }

  /** Puts away what is over. A settlement that comes late belongs to the present. */
  #turn(at: number): void {
    const hour = Math.floor(at / HOUR_MS);
    if (hour <= this.#hour) return;
    this.#hour = hour;
    this.#hourCost = 0;
    const day = Math.floor(at / DAY_MS);
    if (day <= this.#day) return;
    if (this.#dayCost > 0) {
      this.#days.add(Math.min(this.#dayCost, this.#dayCrossed ?? Number.POSITIVE_INFINITY));
      this.#hours.add(Math.min(this.#dearestHour, this.#hourCrossed ?? Number.POSITIVE_INFINITY));
    }
    this.#day = day;
    this.#dayCost = 0;
    this.#dearestHour = 0;
    this.#dayCrossed = undefined;
    this.#hourCrossed = undefined;
  }
}
