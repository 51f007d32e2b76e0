import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Pace } from '../../../src/routing/evidence/pace.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** An eighth is 100; 700 flow in over the day, some 29 an hour. */
const LIMIT = { limit: 800, periodMs: DAY };

describe('the pace of comparisons', () => {
  test('thins them from half of what may be saved up on, to none', () => {
    const clock = new FakeClock(10 * DAY);
    const pace = new Pace(LIMIT, clock);
    const windowStart = 10 * DAY;
    const factors = [0, 40, 50, 75, 100, 130].map((spent) => {
      pace.saw({ windowStart, spent });
      return pace.factor;
    });
    assert.deepEqual(factors, [1, 1, 1, 0.5, 0, 0]);
  });

  test('lets money flow in evenly, and no more than an eighth be saved up', () => {
    const clock = new FakeClock(10 * DAY);
    const pace = new Pace(LIMIT, clock);
    pace.saw({ windowStart: 10 * DAY, spent: 100 });
    clock.advance(HOUR);
    assert.ok(Math.abs(pace.factor - (2 * 700) / 24 / 100) < 1e-9);
    clock.advance(20 * HOUR);
    assert.equal(pace.factor, 1);
    pace.saw({ windowStart: 10 * DAY, spent: 200 });
    assert.equal(pace.factor, 1, 'of twenty hours’ money more was there than is said to be spent');
    pace.saw({ windowStart: 10 * DAY, spent: 300 });
    assert.equal(pace.factor, 0);
  });

  test('goes by what others spend, heard in any order and counted once', () => {
    const clock = new FakeClock(10 * DAY);
    const pace = new Pace(LIMIT, clock);
    for (const spent of [60, 75, 75, 40]) pace.saw({ windowStart: 10 * DAY, spent });
    assert.equal(pace.factor, 0.5);
  });

  test('of a process that has just begun goes on where those before it were', () => {
    const clock = new FakeClock(10 * DAY + 6 * HOUR);
    const [ahead, behind] = [new Pace(LIMIT, clock), new Pace(LIMIT, clock)];
    // A quarter of the day has brought 175 beside the 100 that were there.
    ahead.saw({ windowStart: 10 * DAY, spent: 275 });
    assert.equal(ahead.factor, 0);
    behind.saw({ windowStart: 10 * DAY, spent: 250 });
    assert.equal(behind.factor, 0.5);
  });

  test('counts each window by itself', () => {
    const clock = new FakeClock(10 * DAY);
    const pace = new Pace(LIMIT, clock);
    pace.saw({ windowStart: 10 * DAY, spent: 100 });
    clock.advance(DAY);
    pace.saw({ windowStart: 11 * DAY, spent: 0 });
    assert.equal(pace.factor, 1);
    pace.saw({ windowStart: 10 * DAY, spent: 700 });
    assert.equal(pace.factor, 1, 'what was charged to the day before is over');
    pace.saw({ windowStart: 11 * DAY, spent: 75 });
    assert.equal(pace.factor, 0.5);
  });
});
