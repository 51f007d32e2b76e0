const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const GMT = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/**
 * What the clocks of a time zone show, from the zone data that come with Node. "Wall" times are clock readings written as if they
 * were UTC, so that `Date.UTC(2026, 2, 29)` stands for midnight of that day wherever it is.
 */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;

  /** @throws RangeError where there is no such zone. */
  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** Milliseconds ahead of UTC at an instant. */
  offsetAt(instant: number): number {
    const text = this.#format.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value ?? '';
    const match = GMT.exec(text);
    if (match === null) throw new Error(`the offset of ${this.name} cannot be read: ${JSON.stringify(text)}`);
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
    const ms = Number(hours) * HOUR + Number(minutes) * MINUTE + Number(seconds) * 1000;
    return sign === '-' ? -ms : ms;
  }

  wallAt(instant: number): number {
    return instant + this.offsetAt(instant);
  }

  /** As a person of the zone reads it, to the second: `2026-11-23T00:00:00+01:00`. */
  iso(instant: number): string {
    const offset = this.offsetAt(instant);
    const minutes = Math.abs(Math.round(offset / MINUTE));
    const two = (value: number) => String(value).padStart(2, '0');
    const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
    return `${new Date(instant + offset).toISOString().slice(0, 19)}${zone}`;
  }

  /**
   * The first instant at which the clocks show this time or a later one. A time that is skipped (clocks go forward over it) begins
   * when they have gone; a time that comes twice begins the first time.
   */
  firstAt(wall: number): number {
    // A day around is more than any zone's offset, and less than ever lay between two changes.
    const before = this.offsetAt(wall - DAY);
    const after = this.offsetAt(wall + DAY);
    const early = wall - before;
    if (this.offsetAt(early) === before) return early;
    const late = wall - after;
    if (late > early || this.offsetAt(late) === after) return late;
    return this.changeWithin(late, early);
  }

  /** The first instant after `from`, `to` at the latest, at which the offset is no longer that of `from`; exact to the millisecond. */
  changeWithin(from: number, to: number): number {
    const offset = this.offsetAt(from);
    let [low, high] = [Math.floor(from), Math.ceil(to)];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }
}
