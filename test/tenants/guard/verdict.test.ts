import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, OK, worse } from '../../../src/tenants/guard/verdict.ts';

const counted = (name: string, count: number) => ({ call: { id: undefined, name, arguments: '{}' }, count });

describe('the verdict on counted calls', () => {
  it('is a loop at the limit of repeats, and above that of calls', () => {
    const limits = { repeats: 5, toolCalls: 10 };
    assert.equal(judge({ latest: [counted('a', 4)], total: 10 }, limits).kind, 'ok');
    assert.equal(judge({ latest: [counted('a', 5)], total: 5 }, limits).kind, 'loop');
    assert.equal(judge({ latest: [counted('a', 1)], total: 11 }, limits).kind, 'loop');
    assert.equal(judge({ latest: [counted('a', 99)], total: 99 }, { repeats: undefined, toolCalls: undefined }), OK);
  });

  it('names the most frequent first, and no more than five', () => {
    const verdict = judge(
      { latest: [1, 5, 7, 6, 9, 8, 10].map((count) => counted(`t${count}`, count)), total: 46 },
      { repeats: 5, toolCalls: undefined },
    );
    assert.ok(verdict.kind === 'loop');
    assert.deepEqual(
      verdict.calls.map(({ count }) => count),
      [10, 9, 8, 7, 6],
    );
  });

  it('of two is the one with more in it', () => {
    const low = judge({ latest: [counted('a', 5)], total: 5 }, { repeats: 5, toolCalls: undefined });
    const high = judge({ latest: [counted('a', 8)], total: 8 }, { repeats: 5, toolCalls: undefined });
    for (const [one, other, expected] of [
      [low, high, high],
      [high, low, high],
      [OK, low, low],
      [low, OK, low],
      [OK, OK, OK],
    ] as const) {
      assert.equal(worse(one, other), expected);
    }
  });

  it('shows names and arguments on one line', () => {
    const call = { id: undefined, name: `a\u0007${'b'.repeat(99)}`, arguments: 'x\r\ny\u202ez' };
    const verdict = judge({ latest: [{ call, count: 5 }], total: 5 }, { repeats: 5, toolCalls: undefined });
    assert.ok(verdict.kind === 'loop');
    assert.equal(verdict.calls[0]?.shownArguments, 'x y z');
    assert.match(verdict.message, /^[^\p{C}]+$/u);
  });
});
