import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PhraseRules } from '../../../src/routing/policy/phrases.ts';

/** One by one, as anybody would write it. */
function plainly(rules: readonly { task: string; contains: readonly string[] }[], text: string): string | undefined {
  const small = text.toLowerCase();
  return rules.find(({ contains }) => contains.some((phrase) => small.includes(phrase)))?.task;
}

test('all phrases at once find what each alone would', () => {
  const phrase = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '`'), minLength: 1, maxLength: 4 });
  const rules = fc.array(
    fc.record({ task: fc.constantFrom('x', 'y', 'z'), contains: fc.array(phrase, { maxLength: 4 }) }),
    {
      maxLength: 4,
    },
  );
  const text = fc.string({ unit: fc.constantFrom('a', 'B', ' ', 'É', '`', 'c'), maxLength: 40 });
  fc.assert(
    fc.property(rules, text, (given, one) => {
      assert.equal(new PhraseRules(given).find([one])?.task, plainly(given, one));
    }),
    { numRuns: 2_000, seed: 3 },
  );
});

test('the first rule counts, in whichever text it fits, and the phrase is told', () => {
  const rules = new PhraseRules([
    { task: 'a', contains: ['late'] },
    { task: 'b', contains: ['early'] },
  ]);
  assert.deepEqual(rules.find(['EARLY', 'so late']), { task: 'a', phrase: 'late' });
  assert.deepEqual(rules.find(['ear', 'ly']), undefined);
  assert.equal(new PhraseRules([]).find(['x']), undefined);
});
