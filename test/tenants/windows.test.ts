import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CALENDAR_PERIODS, type CalendarPeriod } from '../../src/config/tenant-config.ts';
import { TimeZone } from '../../src/tenants/time-zone.ts';
import { Calendar, isoInZone, windowAt } from '../../src/tenants/windows.ts';

const HOUR = 3_600_000;

/** The window that holds an instant, as the zone's clocks show its two ends, and its length in hours. */
const TABLE: readonly (readonly [string, CalendarPeriod, string, string, string, number])[] = [
  // Vienna goes forward on 29 March 2026 and 28 March 2027 at 02:00, back on 25 October 2026 and 31 October 2027 at 03:00.
  ['Europe/Vienna', 'day', '2026-03-29T10:00:00Z', '2026-03-29T00:00:00+01:00', '2026-03-30T00:00:00+02:00', 23],
  ['Europe/Vienna', 'day', '2026-10-25T10:00:00Z', '2026-10-25T00:00:00+02:00', '2026-10-26T00:00:00+01:00', 25],
  ['Europe/Vienna', 'day', '2027-03-28T00:30:00Z', '2027-03-28T00:00:00+01:00', '2027-03-29T00:00:00+02:00', 23],
  ['Europe/Vienna', 'day', '2027-10-31T22:30:00Z', '2027-10-31T00:00:00+02:00', '2027-11-01T00:00:00+01:00', 25],
  ['Europe/Vienna', 'week', '2026-03-25T00:00:00Z', '2026-03-23T00:00:00+01:00', '2026-03-30T00:00:00+02:00', 167],
  ['Europe/Vienna', 'month', '2026-10-31T22:59:59Z', '2026-10-01T00:00:00+02:00', '2026-11-01T00:00:00+01:00', 745],
  ['Europe/Vienna', 'month', '2026-10-31T23:00:00Z', '2026-11-01T00:00:00+01:00', '2026-12-01T00:00:00+01:00', 720],
  ['Europe/Vienna', 'month', '2026-12-31T23:00:00Z', '2027-01-01T00:00:00+01:00', '2027-02-01T00:00:00+01:00', 744],
  // The hour from 02:00 to 03:00 comes twice, as two windows; in spring there is none.
  ['Europe/Vienna', 'hour', '2026-10-25T00:30:00Z', '2026-10-25T02:00:00+02:00', '2026-10-25T02:00:00+01:00', 1],
  ['Europe/Vienna', 'hour', '2026-10-25T01:30:00Z', '2026-10-25T02:00:00+01:00', '2026-10-25T03:00:00+01:00', 1],
  ['Europe/Vienna', 'hour', '2026-03-29T00:59:59Z', '2026-03-29T01:00:00+01:00', '2026-03-29T03:00:00+02:00', 1],
  // New York: 8 March and 1 November 2026, 14 March and 7 November 2027.
  ['America/New_York', 'day', '2026-03-08T12:00:00Z', '2026-03-08T00:00:00-05:00', '2026-03-09T00:00:00-04:00', 23],
  ['America/New_York', 'day', '2026-11-01T12:00:00Z', '2026-11-01T00:00:00-04:00', '2026-11-02T00:00:00-05:00', 25],
  ['America/New_York', 'day', '2027-03-14T12:00:00Z', '2027-03-14T00:00:00-05:00', '2027-03-15T00:00:00-04:00', 23],
  ['America/New_York', 'day', '2027-11-07T12:00:00Z', '2027-11-07T00:00:00-04:00', '2027-11-08T00:00:00-05:00', 25],
  // Lord Howe goes by half an hour: back on 5 April 2026 at 02:00, forward on 4 October at 02:00.
  [
    'Australia/Lord_Howe',
    'day',
    '2026-04-05T06:00:00Z',
    '2026-04-05T00:00:00+11:00',
    '2026-04-06T00:00:00+10:30',
    24.5,
  ],
  [
    'Australia/Lord_Howe',
    'day',
    '2026-10-04T06:00:00Z',
    '2026-10-04T00:00:00+10:30',
    '2026-10-05T00:00:00+11:00',
    23.5,
  ],
  [
    'Australia/Lord_Howe',
    'day',
    '2027-04-04T06:00:00Z',
    '2027-04-04T00:00:00+11:00',
    '2027-04-05T00:00:00+10:30',
    24.5,
  ],
  [
    'Australia/Lord_Howe',
    'hour',
    '2026-04-04T15:15:00Z',
    '2026-04-05T01:30:00+10:30',
    '2026-04-05T02:00:00+10:30',
    0.5,
  ],
  [
    'Australia/Lord_Howe',
    'hour',
    '2026-10-03T15:45:00Z',
    '2026-10-04T02:30:00+11:00',
    '2026-10-04T03:00:00+11:00',
    0.5,
  ],
  // Where midnight is skipped, the day begins at one.
  ['Asia/Beirut', 'day', '2026-03-29T10:00:00Z', '2026-03-29T01:00:00+03:00', '2026-03-30T00:00:00+03:00', 23],
  ['Africa/Cairo', 'day', '2026-04-24T10:00:00Z', '2026-04-24T01:00:00+03:00', '2026-04-25T00:00:00+03:00', 23],
  ['Africa/Cairo', 'day', '2026-10-29T10:00:00Z', '2026-10-29T00:00:00+03:00', '2026-10-30T00:00:00+02:00', 25],
  ['America/Sao_Paulo', 'day', '2018-11-04T12:00:00Z', '2018-11-04T01:00:00-02:00', '2018-11-05T00:00:00-02:00', 23],
  ['America/Sao_Paulo', 'day', '2018-02-18T01:30:00Z', '2018-02-17T00:00:00-02:00', '2018-02-18T00:00:00-03:00', 25],
  // St John's went back at one minute past midnight: 59 minutes of the old date came again, and belong to the new day.
  ['America/St_Johns', 'day', '2009-11-01T03:00:00Z', '2009-11-01T00:00:00-02:30', '2009-11-02T00:00:00-03:30', 25],
  [
    'America/St_Johns',
    'hour',
    '2009-11-01T02:30:15Z',
    '2009-11-01T00:00:00-02:30',
    '2009-10-31T23:01:00-03:30',
    1 / 60,
  ],
  // Samoa left out 30 December 2011.
  ['Pacific/Apia', 'day', '2011-12-30T09:00:00Z', '2011-12-29T00:00:00-10:00', '2011-12-31T00:00:00+14:00', 24],
  ['Asia/Kolkata', 'hour', '2026-06-01T00:40:00Z', '2026-06-01T06:00:00+05:30', '2026-06-01T07:00:00+05:30', 1],
  ['Asia/Kolkata', 'month', '2028-02-29T18:29:59Z', '2028-02-01T00:00:00+05:30', '2028-03-01T00:00:00+05:30', 29 * 24],
  ['Europe/Vienna', 'month', '2028-02-29T22:59:59Z', '2028-02-01T00:00:00+01:00', '2028-03-01T00:00:00+01:00', 29 * 24],
  ['Europe/Vienna', 'day', '2028-02-29T12:00:00Z', '2028-02-29T00:00:00+01:00', '2028-03-01T00:00:00+01:00', 24],
  [
    'America/New_York',
    'month',
    '2028-03-01T04:59:59Z',
    '2028-02-01T00:00:00-05:00',
    '2028-03-01T00:00:00-05:00',
    29 * 24,
  ],
  ['UTC', 'week', '2028-03-05T23:59:59Z', '2028-02-28T00:00:00+00:00', '2028-03-06T00:00:00+00:00', 168],
  ['UTC', 'minute', '2026-12-31T23:59:59.999Z', '2026-12-31T23:59:00+00:00', '2027-01-01T00:00:00+00:00', 1 / 60],
];

describe('the window of an instant', () => {
  for (const [zone, per, instant, start, end, hours] of TABLE) {
    test(`${per} at ${instant} in ${zone} begins ${start} and takes ${Math.round(hours * 100) / 100} hours`, () => {
      const window = windowAt(per, zone, Date.parse(instant));
      assert.equal(isoInZone(zone, window.start), start);
      assert.equal(isoInZone(zone, window.end), end);
      assert.equal(window.end - window.start, hours * HOUR);
    });
  }

  test('holds the instant it is asked for, and each of its instants has the same window', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    const from = Date.UTC(2024, 0, 1);
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...CALENDAR_PERIODS),
        fc.integer({ min: from, max: Date.UTC(2037, 0, 1) }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (zone, per, now, share) => {
          const { start, end } = new Calendar(new TimeZone(zone)).windowAt(per, now);
          assert.ok(start <= now && now < end);
          const inside = Math.min(end - 1, Math.floor(start + (end - start) * share));
          assert.deepEqual(new Calendar(new TimeZone(zone)).windowAt(per, inside), { start, end });
        },
      ),
      { numRuns: 400 },
    );
  });

  test('windows follow each other without gap or overlap over every change of the clocks', () => {
    const from = Date.UTC(2026, 0, 1);
    const until = Date.UTC(2027, 11, 31);
    for (const zone of ['Europe/Vienna', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Beirut', 'Africa/Cairo']) {
      const calendar = new Calendar(new TimeZone(zone));
      for (const per of ['day', 'week', 'month'] as const) {
        let window = calendar.windowAt(per, from);
        while (window.end < until) {
          const before = calendar.windowAt(per, window.end - 1);
          assert.deepEqual(before, window);
          const next = calendar.windowAt(per, window.end);
          assert.equal(next.start, window.end, `${per} in ${zone} after ${new Date(window.end).toISOString()}`);
          window = next;
        }
      }
    }
  });

  test('is worked out once and then only compared', () => {
    const first = windowAt('day', 'Europe/Vienna', Date.UTC(2026, 5, 1, 12));
    assert.equal(windowAt('day', 'Europe/Vienna', Date.UTC(2026, 5, 1, 13)), first);
  });
});
