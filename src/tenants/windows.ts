import type { CalendarPeriod } from '../config/tenant-config.ts';
import { TimeZone } from './time-zone.ts';

/** A span of time, clock milliseconds; the end is the next one's start. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS_A_WEEK = 7;

/**
 * The minute, hour, day, week (from Monday) or month that holds an instant, by the clocks of a zone. Windows of one kind follow each
 * other without a gap: a day is 23 or 25 hours long where the clocks change, and begins late where midnight is skipped. Hours and
 * minutes are never longer than they are: the hour that comes twice in autumn is two windows.
 *
 * Costs a comparison while the answer is the last one again; some 50 us when a new window begins.
 *
 * @throws RangeError where there is no such zone.
 */
export function windowAt(per: CalendarPeriod, timeZone: string, now: number): Window {
  return calendarOf(timeZone).windowAt(per, now);
}

/** An instant as a person of the zone reads it: `2026-11-23T00:00:00+01:00`. */
export function isoInZone(timeZone: string, instant: number): string {
  return calendarOf(timeZone).zone.iso(instant);
}

function calendarOf(timeZone: string): Calendar {
  let calendar = calendars.get(timeZone);
  if (calendar === undefined) {
    calendar = new Calendar(new TimeZone(timeZone));
    calendars.set(timeZone, calendar);
  }
  return calendar;
}

/** By name of the zone: an operator names them, and there are some hundred. */
const calendars = new Map<string, Calendar>();

const NEVER: Window = { start: 0, end: 0 };

/** The windows of one zone; each kind's last one is kept. */
export class Calendar {
  readonly zone: TimeZone;
  readonly #last: Record<CalendarPeriod, Window> = {
    minute: NEVER,
    hour: NEVER,
    day: NEVER,
    week: NEVER,
    month: NEVER,
  };

  constructor(zone: TimeZone) {
    this.zone = zone;
  }

  windowAt(per: CalendarPeriod, now: number): Window {
    const last = this.#last[per];
    if (now >= last.start && now < last.end) return last;
    const window =
      per === 'minute' || per === 'hour' ? this.#short(per === 'hour' ? HOUR : MINUTE, now) : this.#long(per, now);
    this.#last[per] = window;
    return window;
  }

  /** Aligned to the clock, and cut where the clocks change in between: Lord Howe's go back by half an hour. */
  #short(length: number, now: number): Window {
    const zone = this.zone;
    const offset = zone.offsetAt(now);
    const start = Math.floor((now + offset) / length) * length - offset;
    const end = start + length;
    return Object.freeze({
      start: zone.offsetAt(start) === offset ? start : zone.changeWithin(start, now),
      end: zone.offsetAt(end - 1) === offset ? end : zone.changeWithin(now, end - 1),
    });
  }

  #long(per: 'day' | 'week' | 'month', now: number): Window {
    const zone = this.zone;
    let wall = startOf(per, zone.wallAt(now));
    let end = zone.firstAt(next(per, wall));
    // Clocks that go back over midnight show the old date again, when the new day has long begun.
    while (end <= now) {
      wall = next(per, wall);
      end = zone.firstAt(next(per, wall));
    }
    return Object.freeze({ start: zone.firstAt(wall), end });
  }
}

function startOf(per: 'day' | 'week' | 'month', wall: number): number {
  const day = Math.floor(wall / DAY) * DAY;
  const date = new Date(day);
  if (per === 'day') return day;
  if (per === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  return day - ((date.getUTCDay() + DAYS_A_WEEK - 1) % DAYS_A_WEEK) * DAY;
}

function next(per: 'day' | 'week' | 'month', wall: number): number {
  if (per === 'day') return wall + DAY;
  if (per === 'week') return wall + DAYS_A_WEEK * DAY;
  const date = new Date(wall);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
