import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Capability, Need } from '../../src/dialects/capability.ts';
import { type Able, hardLacks, misfits } from '../../src/routing/fit.ts';

const able = (lacks: readonly Capability[], contextWindow?: number): Able => ({ lacks, contextWindow });
const IMAGE: Need = { capability: 'vision', field: 'messages[0].content[0]' };
const TOOLS: Need = { capability: 'tools', field: 'tools' };

/** What becomes of each target: `ok`, `small`, or what it lacks. */
function judged(targets: readonly Able[], needs: readonly Need[], tokens: number): string[] {
  const found = misfits(targets, needs, tokens);
  return targets.map((target) => {
    const misfit = found.get(target);
    if (misfit === undefined) return 'ok';
    return misfit.kind === 'lacks' ? misfit.need.capability : 'small';
  });
}

describe('which targets can serve a request', () => {
  const cases: readonly (readonly [string, readonly Able[], readonly Need[], number, string[]])[] = [
    ['those of which nothing is known', [able([]), able([])], [IMAGE, TOOLS], 1e9, ['ok', 'ok']],
    ['those that lack what is not needed', [able(['audio', 'tools'])], [IMAGE], 0, ['ok']],
    ['not those that lack it', [able(['vision']), able([])], [IMAGE], 0, ['vision', 'ok']],
    ['none, where each lacks something', [able(['vision']), able(['tools'])], [IMAGE, TOOLS], 0, ['vision', 'tools']],
    ['not those that are too small', [able([], 100), able([], 200)], [], 150, ['small', 'ok']],
    ['a request as long as the window', [able([], 100), able([], 200)], [], 100, ['ok', 'ok']],
    [
      'the largest, where all are too small',
      [able([], 100), able([], 300), able([], 200)],
      [],
      999,
      ['small', 'ok', 'small'],
    ],
    ['an unknown window before a small one', [able([], 100), able([])], [], 999, ['small', 'ok']],
    [
      'the largest of those that have what is needed',
      [able([], 100), able(['vision'], 900)],
      [IMAGE],
      500,
      ['ok', 'vision'],
    ],
  ];
  for (const [what, targets, needs, tokens, expected] of cases) {
    it(what, () => assert.deepEqual(judged(targets, needs, tokens), expected));
  }

  it('a wish to reason keeps nobody from it', () => {
    assert.deepEqual(hardLacks({ vision: false, tools: true, reasoning: false }), ['vision']);
  });
});
