import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Price } from '../../../src/prices/price.ts';
import { CascadeBook, type CascadeChange, pays } from '../../../src/routing/cascade/pays.ts';
import { priceRatio } from '../../../src/routing/cascade/price-ratio.ts';

const CASES: readonly (readonly [ratio: number, escalations: number, strong: number, expected: boolean])[] = [
  [0.1, 0.5, 1, true],
  [0.5, 0.5, 1, false],
  [0.49, 0.5, 1, true],
  [0.1, 0.2, 0.25, true],
  [0.3, 0.2, 0.25, false],
  [0.1, 0.3, 0.25, false],
  [0, 1, 1, false],
  [0.1, 0, 0, false],
  [Number.POSITIVE_INFINITY, 0, 1, false],
];

describe('a cascade', () => {
  for (const [ratio, escalations, strong, expected] of CASES) {
    it(`${expected ? 'pays' : 'does not pay'} at ${ratio} of the price, ${escalations} escalated, ${strong} strong`, () => {
      assert.equal(pays(ratio, { escalations, strong }), expected);
    });
  }

  it('pays exactly where it costs less than sending each request where it belongs', () => {
    for (let step = 0; step < 1_000; step++) {
      const [ratio, escalations, strong] = [
        (step % 10) / 10,
        (Math.floor(step / 10) % 10) / 10,
        Math.floor(step / 100) / 10,
      ];
      const cascade = ratio + escalations;
      const direct = strong + (1 - strong) * ratio;
      if (Math.abs(cascade - direct) > 1e-9) assert.equal(pays(ratio, { escalations, strong }), cascade < direct);
    }
  });
});

function book() {
  const changes: CascadeChange[] = [];
  return { changes, book: new CascadeBook((change) => changes.push(change)) };
}

/** Sends requests, of which the cheap answers of so many in a hundred are not taken. Returns how many were tried. */
function send(to: CascadeBook, requests: number, percent: number, ratio = 0.3, strong = true, id = 'k'): number {
  let tried = 0;
  for (let at = 0; at < requests; at++) {
    if (!to.mayTry(id, ratio, strong)) continue;
    tried++;
    to.looked(id, (at * 37) % 100 < percent);
  }
  return tried;
}

describe('the book of cascades', () => {
  it('tries a kind of work it knows nothing of, where the pair is far enough apart in price', () => {
    assert.equal(book().book.mayTry('k', 0.79, true), true);
    assert.equal(book().book.mayTry('k', 0.81, true), false);
  });

  it('goes on where few answers are not taken', () => {
    const { book: one, changes } = book();
    assert.equal(send(one, 1_000, 20), 1_000);
    assert.deepEqual(changes, []);
  });

  it('turns itself off where most are not, says so once, and looks again later', () => {
    const { book: one, changes } = book();
    const tried = send(one, 150, 90);
    assert.ok(tried < 40, `${tried} were tried`);
    assert.equal(changes.length, 1);
    assert.deepEqual([changes[0]?.on, changes[0]?.ratio], [false, 0.3]);
    assert.ok((changes[0]?.escalations ?? 0) >= 0.7);
    // The rest goes by, and the work has become easier.
    assert.ok(send(one, 300, 10) > 50);
    assert.deepEqual(
      changes.map(({ on }) => on),
      [false, true],
    );
  });

  it('rests longer each time it still does not pay', () => {
    const { book: one } = book();
    const tried = send(one, 10_000, 95);
    assert.ok(tried < 200, `${tried} of 10,000 were tried`);
  });

  it('does not try what the cheap model is asked for anyway', () => {
    const { book: one, changes } = book();
    assert.equal(one.mayTry('k', 0.1, false), false);
    assert.deepEqual([changes[0]?.on, changes[0]?.strong], [false, 0]);
  });

  it('turns itself off as evidence admits the cheap model', () => {
    const { book: one, changes } = book();
    assert.equal(send(one, 200, 10, 0.3, true), 200);
    const tried = send(one, 1_000, 10, 0.3, false);
    assert.ok(tried > 50 && tried < 400, `${tried} were tried`);
    assert.equal(changes[0]?.on, false);
  });

  it('keeps each kind of work apart', () => {
    const { book: one } = book();
    send(one, 150, 100, 0.3, true, 'hard');
    assert.equal(one.mayTry('hard', 0.3, true), false);
    assert.equal(one.mayTry('easy', 0.3, true), true);
  });

  it('forgets what was asked for longest ago rather than grow', () => {
    const { book: one } = book();
    send(one, 150, 100, 0.3, true, 'hard');
    for (let at = 0; at < 10_000; at++) one.mayTry(`k${at}`, 0.3, true);
    assert.equal(one.counts('hard').tried, 0);
  });
});

describe('the price ratio of a pair', () => {
  const price = (input: number, output: number): Price => ({
    kind: 'priced',
    source: 'config',
    since: undefined,
    tiers: [
      {
        above: -1,
        input,
        output,
        cacheRead: input,
        cacheWrite5m: input,
        cacheWrite1h: input,
        audioInput: input,
        audioOutput: output,
        reasoning: output,
      },
    ],
  });
  const FREE: Price = { kind: 'free', source: 'config', since: undefined };
  const size = { bytes: 4_000, maxTokens: undefined };

  it('is of one call at both prices', () => {
    assert.equal(priceRatio(price(100_000, 400_000), price(1_000_000, 4_000_000), size), 0.1);
  });

  it('counts the answer as long as its cap allows', () => {
    const cheapOutput = priceRatio(price(1_000_000, 0), price(1_000_000, 1_000_000), size);
    const short = priceRatio(price(1_000_000, 0), price(1_000_000, 1_000_000), { ...size, maxTokens: 1 });
    assert.ok(cheapOutput < 0.8 && short > 0.99);
  });

  it('is nothing for a free model, and beyond all paying where the strong one is free', () => {
    assert.equal(priceRatio(FREE, price(1_000, 1_000), size), 0);
    assert.equal(priceRatio(price(1_000, 1_000), FREE, size), Number.POSITIVE_INFINITY);
    assert.equal(priceRatio(FREE, FREE, size), Number.POSITIVE_INFINITY);
  });
});
