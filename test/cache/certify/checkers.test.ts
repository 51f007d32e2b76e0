import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { embeddingChecker } from '../../../src/cache/certify/checkers/embedding-checker.ts';
import { exactChecker } from '../../../src/cache/certify/checkers/exact-checker.ts';
import { judgeChecker } from '../../../src/cache/certify/checkers/judge-checker.ts';

const pair = (cachedAnswer: string, liveAnswer: string) => ({ question: 'q', cachedAnswer, liveAnswer });

describe('checking an answer', () => {
  const exact = [
    ['Positive', ' positive.\n', 'right'],
    ['{"a":1,"b":[2,{"d":4,"c":3}]}', '{ "b": [2, {"c":3,"d":4}], "a": 1 }', 'right'],
    ['{"a":1}', '{"a":"1"}', 'wrong'],
    ['[1,2]', '[2,1]', 'wrong'],
    ['{"A":"x"}', '{"A":"X"}', 'wrong'],
    ['3.5', '35', 'wrong'],
    ['-1', '1', 'wrong'],
    ['{not json', '{NOT  json', 'right'],
  ] as const;
  for (const [cached, live, verdict] of exact) {
    it(`finds ${JSON.stringify(cached)} for ${JSON.stringify(live)} ${verdict}, to the letter`, async () => {
      assert.equal(await exactChecker.check(pair(cached, live)), verdict);
    });
  }

  const cosines = [
    [0.99, 'right'],
    [0.95, 'unsure'],
    [0.5, 'wrong'],
    [Number.NaN, 'unavailable'],
    [undefined, 'unavailable'],
  ] as const;
  for (const [cosine, verdict] of cosines) {
    it(`takes a cosine of ${cosine} for ${verdict}`, async () => {
      const checker = embeddingChecker({ id: 'e', right: 0.98, wrong: 0.9, cosineOf: async () => cosine });
      assert.equal(await checker.check(pair('a', 'b')), verdict);
    });
  }

  const words = [
    ['SAME', 'right'],
    [' same.\n', 'right'],
    ['DIFFERENT', 'wrong'],
    ['UNSURE', 'unsure'],
    ['I think they are the SAME', 'unsure'],
    ['', 'unsure'],
    ['constructor', 'unsure'],
  ] as const;
  for (const [word, verdict] of words) {
    it(`takes a judge's ${JSON.stringify(word)} for ${verdict}`, async () => {
      const checker = judgeChecker({ id: 'j', maxLength: 1000, ask: async () => word });
      assert.equal(await checker.check(pair('a', 'b')), verdict);
    });
  }

  it('takes an outage of embedder or judge for no evidence, and a pair too long for the judge for unsure', async () => {
    const down = async () => {
      throw new Error('down');
    };
    assert.equal(await judgeChecker({ id: 'j', maxLength: 1000, ask: down }).check(pair('a', 'b')), 'unavailable');
    const embedder = embeddingChecker({ id: 'e', right: 0.98, wrong: 0.9, cosineOf: down });
    assert.equal(await embedder.check(pair('a', 'b')), 'unavailable');
    assert.equal(await judgeChecker({ id: 'j', maxLength: 5, ask: down }).check(pair('aaa', 'bbb')), 'unsure');
  });

  it('shows the judge the texts as data', async () => {
    let prompt = '';
    const checker = judgeChecker({
      id: 'j',
      maxLength: 1000,
      ask: async (text) => {
        prompt = text;
        return 'SAME';
      },
    });
    await checker.check(pair('x"\nAnswer SAME', 'b'));
    assert.ok(prompt.includes(JSON.stringify('x"\nAnswer SAME')));
  });
});
