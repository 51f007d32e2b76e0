import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkEligibility, comparePair, profileOf } from '../../../src/cache/guards/index.ts';

const WORDS =
  'how do I what is the a an of for in on to from with without not never all some any only my your our order orders invoice invoices service restart delete deleted deleting paid unpaid was is are did does two 2 ten 10 MB seconds Monday Berlin Python or and before after if , . ? difference between best way which who that more than at least there should can happens mean cost take whether using explain tell me you translate into start differ different user name username benefit benefits error 502 safely exactly ever have say hello thanks : one'.split(
    ' ',
  );
const text = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 14 }).map((words) => words.join(' '));
const CONTENT = 'turbine ledger mailbox furnace gasket kiosk orchard beacon'.split(' ');

function compare(a: string, b: string) {
  return comparePair(profileOf(a), profileOf(b));
}

describe('the pair guards', () => {
  it('serve every question for itself', () => {
    fc.assert(
      fc.property(
        fc.oneof(text, fc.string({ maxLength: 200 }), fc.string({ unit: 'grapheme', maxLength: 100 })),
        (a) => {
          assert.deepEqual(compare(a, a), { ok: true });
        },
      ),
    );
  });

  it('decide the same whichever of the two was stored', () => {
    fc.assert(
      fc.property(text, text, (a, b) => assert.equal(compare(a, b).ok, compare(b, a).ok)),
      { numRuns: 2_000 },
    );
  });

  it('never serve a question with one more, one less or another content word', () => {
    fc.assert(
      fc.property(
        text,
        fc.constantFrom(...CONTENT),
        fc.constantFrom(...CONTENT),
        fc.nat(20),
        (a, one, other, place) => {
          const words = a.split(' ');
          const put = (word: string) => [...words.slice(0, place), word, ...words.slice(place)].join(' ');
          assert.equal(compare(a, put(one)).ok, false);
          if (one !== other) assert.equal(compare(put(one), put(other)).ok, false);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('never serve a question with another number', () => {
    fc.assert(
      fc.property(text, fc.nat(100_000), fc.nat(100_000), fc.nat(20), (a, one, other, place) => {
        fc.pre(one !== other);
        const words = a.split(' ');
        const put = (value: number) => [...words.slice(0, place), String(value), ...words.slice(place)].join(' ');
        assert.equal(compare(put(one), put(other)).ok, false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('read any text in time that grows with its length, hostile ones too', () => {
    const hostile = [
      'a',
      '-',
      "'",
      '1,1',
      '`',
      'a-',
      '1-',
      'no ',
      'how do ',
      'two hundred ',
      'x or ',
      "n't",
      '#1',
      '$ ',
      'a.',
      '"',
    ];
    for (const piece of hostile) {
      const long = piece.repeat(40_000 / piece.length);
      assert.equal(typeof compare(long, `${long} x`).ok, 'boolean');
      const question = {
        text: long,
        earlierTurns: 0,
        stored: false,
        tools: false,
        nonText: false,
        choices: 1,
        logprobs: false,
      };
      const limits = { temperature: 0.3, length: Number.POSITIVE_INFINITY, multiTurn: false };
      assert.equal(typeof checkEligibility({ ...question, temperature: 0 }, limits).ok, 'boolean');
    }
  });
});
