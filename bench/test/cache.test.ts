import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generateTraps } from '../cache/generated.ts';
import { share } from '../cache/interval.ts';
import { spearman } from '../cache/live-model.ts';
import { judgeCache, showShare } from '../cache/marks.ts';
import { plain } from '../cache/policy.ts';
import { servedByKind, tally } from '../cache/tally.ts';

const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 5e-4, `${value}`);

describe('the exact binomial interval', () => {
  // Reference values: Clopper-Pearson 95%, from the beta quantiles.
  for (const [hits, of, low, high] of [
    [0, 199, 0, 0.0184],
    [3, 20, 0.0321, 0.3789],
    [10, 10, 0.6915, 1],
    [50, 1000, 0.0373, 0.0654],
  ] as const) {
    it(`of ${hits} in ${of}`, () => {
      const found = share(hits, of);
      near(found.low, low);
      near(found.high, high);
    });
  }

  it('says nothing about nothing', () => {
    assert.equal(showShare(share(0, 0)), '0 of 0');
  });
});

describe('the cache bench', () => {
  const pairs = [
    { a: 'x', b: 'y', same: true, cosine: 0.96 },
    { a: 'x', b: 'z', same: false, kind: 'number', cosine: 0.97 },
    { a: 'x', b: 'w', same: false, kind: 'id', cosine: 0.5 },
  ];

  it('counts errors over both denominators', () => {
    const found = tally(plain(0.95), pairs, (pair) => pair.cosine ?? 0);
    assert.deepEqual(
      [
        found.hitRate.hits,
        found.recall.hits,
        found.falseHits.hits,
        found.errorAmongHits.of,
        found.errorAmongRequests.of,
      ],
      [2, 1, 1, 2, 3],
    );
    const kinds = servedByKind(plain(0.95), pairs, ({ cosine = 0 }) => cosine);
    assert.deepEqual(
      [...kinds],
      [
        ['number', { served: 1, of: 1 }],
        ['id', { served: 0, of: 1 }],
      ],
    );
  });

  it('says MISSED where a mark is missed and when nothing was measured', () => {
    const marks = judgeCache({
      strictTraps: share(1, 33),
      traps: share(1, 120),
      generated: share(2, 100),
      falseHits: undefined,
      recall: share(10, 195),
    });
    assert.deepEqual(
      marks.map(({ verdict }) => verdict),
      ['MISSED', 'HELD', 'MISSED', 'not measured', 'HELD'],
    );
  });

  it('generates the same traps from the same seed', () => {
    const texts = ['Show my 5 orders from Berlin on Monday.', 'Do all plans include Python?'];
    assert.deepEqual(generateTraps(texts, 7), generateTraps(texts, 7));
    assert.ok(generateTraps(texts, 7).every(({ a, b, same }) => a !== b && !same));
  });

  it('correlates ranks, ties included', () => {
    near(spearman([1, 2, 3], [10, 20, 30]), 1);
    near(spearman([1, 2, 3], [30, 20, 10]), -1);
    near(spearman([1, 2, 2, 3], [1, 2, 3, 4]), 0.9487);
  });
});
