import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { EXACT, LIVE, WITHOUT } from '../../bench/day/cache-arms.ts';
import { leverArms } from '../../bench/day/levers.ts';
import { judgeCacheDay } from '../../bench/day/marks.ts';
import { type Replayed, replay } from '../../bench/day/replay.ts';
import { lostBy, type Tally, tallyOf } from '../../bench/day/tally.ts';
import { generateDay } from '../../bench/day/traffic/day.ts';
import { SMALL_DAY } from '../../bench/day/traffic/size.ts';

const day = generateDay(20_261_122, SMALL_DAY);
/** Whole nano-dollars. */
const CENT = 10_000_000;

describe('a replayed day, through the proxy with and without its cache', () => {
  let off: Replayed;
  let exact: Replayed;
  let live: Replayed;

  before(async () => {
    off = await replay(day, WITHOUT);
    exact = await replay(day, EXACT);
    live = await replay(day, LIVE);
  });

  const tallies = (): readonly Tally[] => [off, exact, live].map(tallyOf);

  test('has questions repeated, reworded and turned into traps', () => {
    const [without, kept, near] = tallies();
    assert.equal(without?.exactHits, 0);
    assert.ok((kept?.exactHits ?? 0) >= 80, `${kept?.exactHits} exact hits`);
    assert.ok((near?.semanticHits ?? 0) >= 5, `${near?.semanticHits} semantic hits`);
    assert.ok((near?.wrongTraps.of ?? 0) >= 30, `${near?.wrongTraps.of} traps`);
  });

  test('no trap is served with the answer to the question it sounds like, and no right answer is lost', () => {
    for (const { wrongTraps, wrongHits } of tallies()) assert.deepEqual([wrongTraps.hits, wrongHits.hits], [0, 0]);
    assert.deepEqual([lostBy(off, exact), lostBy(off, live)], [0, 0]);
  });

  test('the ledger has what the upstream bills, to the nano-dollar', () => {
    for (const { ledgerCost, bill, failed } of tallies()) assert.deepEqual([ledgerCost, failed], [bill, 0]);
  });

  test("the ledger's saving, less embeddings, is the difference of the upstream's bills, to the cent", () => {
    const [without, ...kept] = tallies();
    for (const { arm, ledgerSaved, bill } of kept) {
      const difference = (without?.bill ?? 0) - bill;
      assert.ok(difference > 10 * CENT, `${arm} saves ${difference}`);
      assert.ok(Math.abs(ledgerSaved - difference) < CENT, `${arm}: ${ledgerSaved} and ${difference}`);
    }
  });

  test('nothing is logged that should not be, and every mark is held', () => {
    assert.deepEqual(
      [off, exact, live].flatMap(({ troubles }) => troubles),
      [],
    );
    const missed = judgeCacheDay(off, [exact, live]).filter(({ verdict }) => verdict !== 'held');
    assert.deepEqual(missed, []);
  });
});

test("where a provider's own cache would have made repeats cheaper, the ledger claims less than was saved, and not much less", async () => {
  const longer = generateDay(20_261_122, { ...SMALL_DAY, supportPrompt: 1_500 });
  const [off, exact] = [await replay(longer, WITHOUT), await replay(longer, EXACT)];
  const [without, kept] = [tallyOf(off), tallyOf(exact)];
  const difference = without.bill - kept.bill;
  assert.equal(kept.ledgerCost, kept.bill);
  assert.ok(kept.ledgerSaved <= difference, `${kept.ledgerSaved} of ${difference}`);
  assert.ok(kept.ledgerSaved >= 0.85 * difference, `${kept.ledgerSaved} of ${difference}`);
  const missed = judgeCacheDay(off, [exact], true).filter(({ verdict }) => verdict !== 'held');
  assert.deepEqual(missed, []);
});

describe('the same day with routing, cache and compaction', () => {
  const { asWritten } = leverArms(new Set());
  const context = '{maxInputTokens: 3000, keepTurns: 2, summarizer: up/small}';
  let short: Replayed;
  let all: Replayed;

  before(async () => {
    short = await replay(day, { name: 'compaction', context });
    all = await replay(day, { ...LIVE, ...asWritten, name: 'routing, cache and compaction', context });
  });

  test('long conversations are summarized, easy work goes to cheaper models, and near questions are answered again', () => {
    const asked = (purpose: string, model: string) =>
      all.bill.filter((line) => line.purpose === purpose && line.model === model).length;
    assert.ok(asked('summary', 'small') > 0);
    assert.ok(asked('answer', 'small') > 50);
    assert.ok(asked('answer', 'mid') > 50);
    assert.ok(tallyOf(all).semanticHits > 0);
  });

  test('the ledger has the bill to the nano-dollar, and the saving of cache and routing to the cent', () => {
    const [before, after] = [tallyOf(short), tallyOf(all)];
    assert.deepEqual([before.ledgerCost, after.ledgerCost], [before.bill, after.bill]);
    const difference = before.bill - after.bill;
    assert.ok(difference > 30 * CENT, `${difference}`);
    assert.ok(Math.abs(after.ledgerSaved - difference) < CENT, `${after.ledgerSaved} and ${difference}`);
  });

  test('no trap is served, whichever model answers', () => {
    const { wrongTraps, wrongHits, failed } = tallyOf(all);
    assert.deepEqual([wrongTraps.hits, wrongHits.hits, failed], [0, 0, 0]);
  });
});
