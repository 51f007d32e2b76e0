import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { checkEligibility, comparePair, profileOf } from '../../../src/cache/guards/index.ts';
import { ELIGIBILITY_DEFAULTS } from '../../../src/cache/guards/question.ts';
import { INELIGIBLE_REASONS, VETO_REASONS } from '../../../src/cache/guards/reasons.ts';

const page = readFileSync(new URL('../../../docs/cache.md', import.meta.url), 'utf8');
const guards = page.slice(page.indexOf('## Guards'), page.indexOf('### Measured'));

/** The first cells of the rows of a section's table. */
function listed(from: string, to: string): readonly string[] {
  const section = guards.slice(guards.indexOf(from), to === '' ? undefined : guards.indexOf(to));
  return [...section.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name ?? '');
}

describe('docs/cache.md', () => {
  test('names every reason why a request takes no part, and no other', () => {
    assert.deepEqual(listed('### Who may ask', '### Which near').toSorted(), [...INELIGIBLE_REASONS].toSorted());
  });

  test('names every veto in the order in which they are counted', () => {
    assert.deepEqual(listed('### Which near', ''), VETO_REASONS);
  });

  test('says the limits there are', () => {
    const { temperature, length } = ELIGIBILITY_DEFAULTS;
    assert.match(guards, new RegExp(`temperature above ${temperature}`));
    assert.match(guards, new RegExp(`more than ${length.toLocaleString('en-US')} characters`));
  });
});

describe('what docs/cache.md gives as examples is so', () => {
  const asked: readonly (readonly [string, string])[] = [
    ['reference', 'tell me more'],
    ['reference', 'and Berlin?'],
    ['reference', 'Summarise this plan for the team'],
    ['action', 'cancel my order'],
    ['action', 'restart the server'],
    ['none', 'How do I cancel my order?'],
    ['freshness', 'What happened today in Rome?'],
    ['freshness', 'What is the latest version of Node?'],
    ['freshness', 'Is the API down?'],
    ['personal', 'What is my balance?'],
    ['personal', 'Did I pay the rent?'],
    ['none', 'How do I reset my password?'],
    ['contact', 'What does https://example.com show?'],
    ['identifier', 'What is invoice 4711 about?'],
    ['code', 'What does --force do?'],
  ];
  for (const [reason, text] of asked)
    test(`${reason}: ${text}`, () => {
      const question = {
        text,
        earlierTurns: 0,
        stored: false,
        tools: false,
        nonText: false,
        choices: 1,
        logprobs: false,
      };
      const found = checkEligibility({ ...question, temperature: undefined });
      assert.equal(found.ok ? 'none' : found.reason, reason);
    });

  const pairs: readonly (readonly [string, string, string])[] = [
    ['number', 'What are the top 5 customers?', 'What are the top 50 customers?'],
    ['number', 'Is version 3.2 out?', 'Is version 3.20 out?'],
    ['none', 'Is two enough?', 'Is 2 enough?'],
    ['none', 'Is 1.5 million much?', 'Is 1500000 much?'],
    ['unit', 'How long is 5 MB?', 'How long is 5 MiB?'],
    ['unit', 'What does it cost per month?', 'What does it cost per year?'],
    ['date', 'What opens on Monday?', 'What opens on Mondays?'],
    ['language', 'Sort a list in Python', 'Sort a list in Go'],
    ['code', 'What does `a -r` do?', 'What does `a -R` do?'],
    ['negation', 'Which invoices are paid?', 'Which invoices are unpaid?'],
    ['antonym', 'How do I mount a disk?', 'How do I unmount a disk?'],
    ['quantifier', 'Are there few cases?', 'Are there a few cases?'],
    ['scope', 'What is my limit?', 'What is your limit?'],
    ['direction', 'How do I search for logs?', 'How do I search in logs?'],
    ['tense', 'Is it open?', 'Was it open?'],
    ['question', 'How does it work?', 'Why does it work?'],
    ['entity', 'What is the capital of France?', 'What is the capital of Spain?'],
    ['form', 'How do I sort the order?', 'How do I sort the orders?'],
    ['wording', 'What is a cat?', 'What is a dog?'],
    ['order', 'Does Ann pay Bob?', 'Does Bob pay Ann?'],
    ['none', 'Is it tea or coffee?', 'Is it coffee or tea?'],
  ];
  for (const [reason, one, other] of pairs)
    test(`${reason}: ${one} / ${other}`, () => {
      const verdict = comparePair(profileOf(one), profileOf(other));
      assert.equal(verdict.ok ? 'none' : verdict.reason, reason);
    });
});
