import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_TRAFFIC } from '../../../src/routing/evidence/change.ts';
import { parseRecord } from '../../../src/routing/evidence/record.ts';
import { verdictText } from '../../../src/routing/evidence/verdict-text.ts';
import { seeded } from '../../breakers/seeded.ts';
import { AS_EVER, CHEAP, type Habit, Ladder, SETTINGS } from './rig.ts';

const GOOD: Habit = { losses: 0, wins: 0 };
/** What a try of the cheap model costs. */
const CHEAP_NANOS = 1_000;
const HOUR = 60 * 60 * 1000;

function admitted(settings = SETTINGS): Ladder {
  const ladder = new Ladder(settings);
  assert.ok(ladder.until('admitted', GOOD, seeded(5), 500) !== undefined);
  return ladder;
}

const told = (ladder: Ladder) => verdictText(ladder.record, ladder.settings);

describe('a kind of work', () => {
  it('is observed, compared, tried with a few and admitted, in this order', () => {
    const ladder = new Ladder();
    assert.equal(ladder.record.state, 'shadow');
    const states: string[] = [];
    for (let n = 0; n < 200; n++) {
      ladder.compared({ kind: 'scores', cheap: 1, strong: 1 });
      if (states.at(-1) !== ladder.record.state) states.push(ladder.record.state);
    }
    assert.deepEqual(states, ['shadow', 'canary', 'admitted']);
    assert.deepEqual(ladder.events, ['admitted']);
    assert.match(
      told(ladder),
      /^Good enough: \d+ compared, loss 0\.0 points, at most \d\.\d points, 5\.0 points accepted\./,
    );
    assert.match(told(ladder), /1,000 requests save \$0\.0090 and cost \$0\.0005 to watch, \$0\.0085 net\./);
  });

  it('costs nothing before its twentieth request', () => {
    const ladder = new Ladder();
    const fresh = { ...ladder.record, state: 'observe' as const, seen: 0 };
    ladder.record = fresh;
    ladder.traffic(19);
    assert.equal(ladder.record.state, 'observe');
    assert.match(told(ladder), /19 of 20/);
    ladder.traffic(1);
    assert.equal(ladder.record.state, 'shadow');
  });

  it('is not admitted before clients have got twenty answers', () => {
    const ladder = new Ladder();
    ladder.until('canary', GOOD, seeded(5), 500);
    for (let n = 0; n < 200; n++)
      ladder.apply({
        kind: 'compared',
        attempt: 1,
        result: { kind: 'scores', cheap: 1, strong: 1 },
        circumstances: AS_EVER,
        cost: CHEAP,
      });
    assert.equal(ladder.record.state, 'canary');
    ladder.traffic(190, 19);
    assert.equal(ladder.record.state, 'canary');
    ladder.traffic(10, 1);
    assert.equal(ladder.record.state, 'admitted');
  });

  it('needs no canary where the operator wants none', () => {
    const ladder = new Ladder({ ...SETTINGS, canary: 0 });
    for (let n = 0; n < 200; n++)
      ladder.apply({
        kind: 'compared',
        attempt: 1,
        result: { kind: 'scores', cheap: 1, strong: 1 },
        circumstances: AS_EVER,
        cost: CHEAP,
      });
    assert.equal(ladder.record.state, 'admitted');
  });

  it('falls back to the canary when its bound is above what is accepted', () => {
    const ladder = new Ladder();
    ladder.until('admitted', GOOD, seeded(5), 500);
    ladder.compared({ kind: 'scores', cheap: 0, strong: 1 });
    assert.equal(ladder.record.state, 'canary');
    assert.ok(ladder.until('admitted', GOOD, seeded(5), 500) !== undefined);
  });
});

describe('what does not pay', () => {
  it('is a cheap model that loses more than accepted', () => {
    const ladder = new Ladder();
    assert.ok((ladder.until('suspended', { losses: 0.5, wins: 0 }, seeded(5), 500) ?? 500) < 40);
    assert.match(told(ladder), /^Routing does not pay here: \d+ compared, loss \d\d\.\d points/);
    assert.deepEqual(ladder.events, ['suspended loss']);
  });

  it('is one that costs as much', () => {
    const ladder = new Ladder();
    for (let n = 0; n < 40; n++)
      ladder.compared({ kind: 'scores', cheap: 1, strong: 1 }, AS_EVER, { ...CHEAP, cheap: 9_900 });
    assert.equal(ladder.record.suspended, 'cost');
    assert.match(
      told(ladder),
      /does not pay here: 1,000 requests save \$0\.0001 and cost \$0\.0005 to watch, -\$0\.0004 net/,
    );
  });

  it('is one whose judge costs more than it saves', () => {
    const ladder = new Ladder();
    for (let n = 0; n < 40; n++)
      ladder.compared({ kind: 'scores', cheap: 1, strong: 1 }, AS_EVER, { ...CHEAP, judge: 200_000 });
    assert.equal(ladder.record.suspended, 'cost');
  });

  it('is one whose tries fail so often that making them good costs more than the others save', () => {
    const ladder = admitted();
    const traffic = { ...NO_TRAFFIC, seen: 100, served: 2, failures: 98, failed: 98 * CHEAP_NANOS, saved: 0 };
    ladder.apply({ kind: 'traffic', traffic });
    assert.equal(ladder.record.state, 'admitted');
    for (let n = 0; n < 60; n++) ladder.apply({ kind: 'traffic', traffic });
    assert.equal(ladder.record.suspended, 'cost');
    assert.match(told(ladder), /1,000 requests save -\$/);
  });

  it('is not said of prices that nobody knows', () => {
    const ladder = new Ladder();
    const unknown = { cheap: undefined, strong: undefined, shadow: undefined, judge: 0 };
    for (let n = 0; n < 200; n++) ladder.compared({ kind: 'scores', cheap: 1, strong: 1 }, AS_EVER, unknown);
    assert.equal(ladder.record.state, 'admitted');
  });

  it('is tried again after a rest, which grows, with less doubt to spend', () => {
    const ladder = admitted();
    ladder.until('suspended', { losses: 0.3, wins: 0 }, seeded(5), 100);
    assert.equal(ladder.record.suspended, 'regression');
    assert.equal(ladder.record.until - ladder.now, HOUR);
    ladder.apply({ kind: 'rested' });
    assert.equal(ladder.record.state, 'suspended');
    ladder.now += HOUR;
    ladder.apply({ kind: 'rested' });
    assert.equal(ladder.record.state, 'shadow');
    assert.equal(ladder.record.attempt, 2);
    const again = ladder.until('admitted', GOOD, seeded(5), 500);
    const first = new Ladder().until('admitted', GOOD, seeded(5), 500);
    assert.ok(Number(again) > Number(first), `${again} after ${first}`);
    ladder.until('suspended', { losses: 0.3, wins: 0 }, seeded(5), 100);
    assert.equal(ladder.record.until - ladder.now, 2 * HOUR);
  });

  it('learns nothing from what was chosen before it was suspended', () => {
    const ladder = admitted();
    ladder.until('suspended', { losses: 0.5, wins: 0 }, seeded(5), 100);
    const { losses } = ladder.record;
    ladder.compared({ kind: 'scores', cheap: 1, strong: 1 });
    assert.deepEqual(ladder.record.losses, losses);
    ladder.now += HOUR;
    ladder.apply({ kind: 'rested' });
    ladder.apply({
      kind: 'compared',
      attempt: 1,
      result: { kind: 'scores', cheap: 1, strong: 1 },
      circumstances: AS_EVER,
      cost: CHEAP,
    });
    assert.deepEqual(ladder.record.losses, {});
  });
});

describe('evidence is begun anew', () => {
  for (const { what, seen } of [
    { what: 'model', seen: { cheap: 'small-2' } },
    { what: 'model', seen: { strong: 'smart-2' } },
    { what: 'prompt', seen: { prompt: 'p2' } },
    { what: 'price', seen: { price: '2/10' } },
  ])
    it(`when another ${what} is seen: ${JSON.stringify(seen)}`, () => {
      const ladder = admitted();
      ladder.compared({ kind: 'scores', cheap: 1, strong: 1 }, { ...AS_EVER, ...seen });
      assert.equal(ladder.record.state, 'shadow');
      assert.equal(ladder.record.attempt, 1);
      assert.deepEqual(ladder.record.losses, { '0': 1 });
      assert.deepEqual(ladder.events, ['admitted', `renewed ${what}`]);
    });

  it('and not when an answer does not say', () => {
    const ladder = admitted();
    const silent = { cheap: undefined, strong: undefined, prompt: undefined, price: undefined };
    ladder.compared({ kind: 'scores', cheap: 1, strong: 1 }, silent);
    assert.equal(ladder.record.state, 'admitted');
  });

  it('once, where a provider answers with old and new for a while', () => {
    const ladder = admitted();
    for (let n = 0; n < 150; n++)
      ladder.compared({ kind: 'scores', cheap: 1, strong: 1 }, { ...AS_EVER, cheap: `small-${(n % 2) + 1}` });
    assert.equal(ladder.record.state, 'admitted');
    // The second name, and the first again while it is new: from then on they are one mixture.
    assert.deepEqual(ladder.events, ['admitted', 'renewed model', 'renewed model', 'admitted']);
  });

  it('when the old model is back after more than a day', () => {
    const ladder = admitted();
    ladder.compared({ kind: 'scores', cheap: 1, strong: 1 }, { ...AS_EVER, cheap: 'small-2' });
    ladder.now += 25 * HOUR;
    ladder.compared({ kind: 'scores', cheap: 1, strong: 1 });
    assert.deepEqual(ladder.record.known.cheap, ['small-1']);
    assert.equal(ladder.events.at(-1), 'renewed model');
  });
});

describe('reported outcomes', () => {
  const report = (ladder: Ladder, side: 'cheap' | 'strong', scores: readonly number[]) => {
    for (const score of scores) ladder.apply({ kind: 'outcome', side, score });
  };

  it('suspend a pair whose answers look alike and whose work fails', () => {
    const ladder = admitted();
    report(ladder, 'strong', Array(60).fill(1));
    assert.equal(ladder.record.state, 'admitted');
    report(ladder, 'cheap', Array(60).fill(0));
    assert.equal(ladder.record.suspended, 'outcomes');
    assert.match(
      told(ladder),
      /reported outcomes of the cheap model are 0\.0% \(\d+\), of the strong one 100\.0% \(60\)/,
    );
  });

  it('say nothing where they are as good, and admit nobody', () => {
    const ladder = new Ladder();
    report(ladder, 'strong', Array(500).fill(1));
    report(ladder, 'cheap', Array(500).fill(1));
    assert.equal(ladder.record.state, 'shadow');
  });
});

describe('a record', () => {
  it('is read as it was written', () => {
    const { record } = admitted();
    assert.deepEqual(parseRecord(JSON.stringify(record)), record);
  });

  it('is none where it makes no sense', () => {
    const { record } = admitted();
    for (const text of [
      '',
      '{',
      '{}',
      JSON.stringify({ ...record, losses: { x: 1 } }),
      JSON.stringify({ ...record, format: 2 }),
    ])
      assert.equal(parseRecord(text), undefined, text);
  });
});
