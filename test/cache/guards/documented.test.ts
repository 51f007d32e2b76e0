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
    ['none', 'What is the port?', 'Could you tell me what the port is?'],
    ['none', 'Hi team, what is the port? Thanks in advance!', 'What is the port?'],
    ['none', 'Can you please summarise the report?', 'Summarize the report.'],
    ['none', 'How should I drain a node?', 'What are the steps to drain a node?'],
    ['none', 'How does one drain a node?', 'Is there a way to drain a node?'],
    ['none', 'How does the cache work?', 'Explain how the cache works.'],
    ['none', 'What does 502 mean?', 'What is the meaning of 502?'],
    ['none', 'How much does a seat cost?', 'What is the cost of a seat?'],
    ['none', 'What should I do if it rains?', 'What to do if it rains?'],
    ['none', 'What happens when it rains?', 'What will happen if it rains?'],
    ['none', 'Where can I find the logs?', 'Where do I find the logs?'],
    ['none', 'Who do I contact about billing?', 'Who should I contact about billing?'],
    ['none', 'How does a hub differ from a switch?', 'What is the difference between a switch and a hub?'],
    ['none', 'Which is cheaper, Redis or Postgres?', 'Which is cheaper, Postgres or Redis?'],
    ['none', 'How do I delete a label?', 'How do I delete labels?'],
    ['none', 'What is the benefit of caching?', 'What are the benefits of caching?'],
    ['none', 'How do I organise a file?', 'How do I organize a file?'],
    ['none', 'Is it neccessary to renew it?', 'Is it necessary to renew it?'],
    ['none', 'How do I change the username?', 'How do I change the user name?'],
    ['none', 'What is the SLA of plan B?', 'What is the service level agreement of plan B?'],
    ['none', "Why isn't the hook firing?", 'Why is the hook not firing?'],
    ['none', 'How do I safely drain a node?', 'How do I drain a node safely?'],
    ['tense', 'Can I deploy on Friday?', 'Should I deploy on Friday?'],
    ['tense', 'What can I do if I am a guest?', 'What to do if I am a guest?'],
    ['direction', 'What is the fastest way to export it?', 'What is the best way to export it?'],
    ['tense', 'Which is the best plan?', 'Which is the plan?'],
    ['scope', 'How do you store passwords?', 'How do I store passwords?'],
    ['quantifier', 'Is there a server running?', 'Is the server running?'],
    ['direction', 'Tell me when it is done.', 'When is it done?'],
  ];
  for (const [reason, one, other] of pairs)
    test(`${reason}: ${one} / ${other}`, () => {
      const verdict = comparePair(profileOf(one), profileOf(other));
      assert.equal(verdict.ok ? 'none' : verdict.reason, reason);
    });
});
