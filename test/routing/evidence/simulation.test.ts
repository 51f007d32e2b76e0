import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seeded } from '../../breakers/seeded.ts';
import { percentile } from '../../statistics/percentile.ts';
import { CHEAP, type Habit, Ladder } from './rig.ts';

/** Just bad: half a point above the five that are accepted. By ways in which a cheap model can be worse. */
const BAD: readonly (Habit & { readonly name: string })[] = [
  { name: 'never better', losses: 0.055, wins: 0 },
  { name: 'better or worse', losses: 0.105, wins: 0.05 },
  { name: 'often a little worse', losses: 0.11, wins: 0, size: 0.5 },
  { name: 'almost a coin', losses: 0.3, wins: 0.245 },
];
const TENANTS = 1_000;
const LOOKS = 400;

describe('a pair that is just not good enough', () => {
  it('is admitted for at most one tenant of twenty, though each looks after every comparison', () => {
    const random = seeded(61);
    let admitted = 0;
    for (let tenant = 0; tenant < TENANTS; tenant++) {
      const habit = BAD[tenant % BAD.length] ?? { losses: 0.055, wins: 0 };
      if (new Ladder().until('admitted', habit, random, LOOKS) !== undefined) admitted++;
    }
    assert.ok(admitted <= TENANTS / 20, `${admitted} of ${TENANTS} tenants`);
  });

  it('gets its first clients for at most one tenant of five', () => {
    const random = seeded(62);
    let trials = 0;
    for (let tenant = 0; tenant < 400; tenant++)
      if (new Ladder().until('canary', BAD[tenant % 2] ?? { losses: 0.055, wins: 0 }, random, LOOKS) !== undefined)
        trials++;
    assert.ok(trials <= 400 / 5, `${trials} of 400 tenants`);
  });
});

describe('a pair that is good', () => {
  it('is admitted after some hundred comparisons where the models agree', () => {
    const random = seeded(63);
    const took = Array.from({ length: 20 }, () =>
      new Ladder().until('admitted', { losses: 0, wins: 0 }, random, 1_000),
    );
    assert.ok(
      took.every((n) => n !== undefined && n >= 60 && n <= 130),
      String(took),
    );
  });

  it('is admitted in the end where they differ a little', () => {
    const random = seeded(64);
    let admitted = 0;
    for (let tenant = 0; tenant < 40; tenant++)
      if (new Ladder().until('admitted', { losses: 0.02, wins: 0.02 }, random, 1_500) !== undefined) admitted++;
    assert.ok(admitted >= 36, `${admitted} of 40`);
  });

  it('mostly stays admitted for a thousand comparisons', () => {
    const random = seeded(65);
    let suspended = 0;
    for (let tenant = 0; tenant < 40; tenant++) {
      const ladder = new Ladder();
      assert.ok(ladder.until('admitted', { losses: 0.01, wins: 0.01 }, random, 2_000) !== undefined);
      if (ladder.until('suspended', { losses: 0.01, wins: 0.01 }, random, 1_000) !== undefined) suspended++;
    }
    assert.ok(suspended <= 8, `${suspended} of 40`);
  });
});

describe('a cheap model that becomes ten points worse', () => {
  const CASES: readonly { readonly name: string; readonly before: Habit; readonly after: Habit }[] = [
    {
      name: 'where they always agreed',
      before: { losses: 0, wins: 0 },
      after: { losses: 0.1, wins: 0 },
    },
    {
      name: 'where it lost now and then',
      before: { losses: 0.015, wins: 0 },
      after: { losses: 0.115, wins: 0 },
    },
    {
      name: 'where each was better now and then',
      before: { losses: 0.03, wins: 0.03 },
      after: { losses: 0.13, wins: 0.03 },
    },
    {
      name: 'where they differed on every tenth request',
      before: { losses: 0.05, wins: 0.05 },
      after: { losses: 0.15, wins: 0.05 },
    },
    {
      name: 'and no longer wins where it did',
      before: { losses: 0.03, wins: 0.05 },
      after: { losses: 0.08, wins: 0 },
    },
  ];

  for (const [seed, { name, before, after }] of CASES.entries()) {
    it(`is demoted within 150 compared requests, 95 times of 100, ${name}`, () => {
      const random = seeded(700 + seed);
      const delays: number[] = [];
      for (let run = 0; run < 300 && delays.length < 150; run++) {
        const ladder = new Ladder();
        // Some are never admitted: those are none to be demoted.
        if (ladder.until('admitted', before, random, 2_500) === undefined) continue;
        // Long quiet times: all that was good before must not hide what is bad now.
        ladder.until('suspended', before, random, 300);
        if (ladder.record.state !== 'admitted') continue;
        const n = ladder.until('suspended', after, random, 2_000) ?? 2_000;
        delays.push(n);
      }
      assert.ok(delays.length >= 75, `only ${delays.length} were ever admitted`);
      assert.ok(percentile(delays, 0.95) <= 150, `95th percentile ${percentile(delays, 0.95)}`);
    });
  }

  it('is not admitted at all where the models differ so often that it would not be noticed', () => {
    const random = seeded(66);
    const ladder = new Ladder();
    assert.equal(ladder.until('admitted', { losses: 0.15, wins: 0.2 }, random, 6_000), undefined);
    assert.equal(ladder.record.watchable, false);
    assert.equal(ladder.record.state, 'canary');
  });
});

describe('a judge that is away', () => {
  it('admits nothing, however long', () => {
    const ladder = new Ladder();
    for (let n = 0; n < 2_000; n++) ladder.compared({ kind: 'unavailable' }, undefined, { ...CHEAP, judge: 0 });
    assert.equal(ladder.record.state, 'shadow');
    assert.equal(ladder.record.results.unavailable, 2_000);
    assert.deepEqual(ladder.record.losses, {});
  });

  it('is no evidence for a pair that was on its way', () => {
    const ladder = new Ladder();
    ladder.until('canary', { losses: 0, wins: 0 }, seeded(1), 1_000);
    for (let n = 0; n < 2_000; n++) ladder.compared({ kind: 'unavailable' });
    assert.equal(ladder.record.state, 'canary');
  });
});
