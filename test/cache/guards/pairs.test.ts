import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { comparePair, profileOf, type VetoReason } from '../../../src/cache/guards/index.ts';

interface Row {
  readonly a: string;
  readonly b: string;
  readonly kind: string;
  readonly same: boolean;
}

function rows(name: string): Row[] {
  const text = readFileSync(new URL(`../../../bench/cache/${name}`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

function verdict(a: string, b: string) {
  return comparePair(profileOf(a), profileOf(b));
}

function reason(a: string, b: string): VetoReason | 'served' {
  const found = verdict(a, b);
  return found.ok ? 'served' : found.reason;
}

const VETOES: readonly (readonly [VetoReason, string, string])[] = [
  ['number', 'How do I keep 5 backups?', 'How do I keep 50 backups?'],
  ['number', 'What does code 502 mean?', 'What does code 503 mean?'],
  ['number', 'Can two users share a key?', 'Can ten users share a key?'],
  ['number', 'Is it 3.2 or later?', 'Is it 3.20 or later?'],
  ['number', 'Set it to -5.', 'Set it to 5.'],
  ['unit', 'Is the limit 30 seconds?', 'Is the limit 30 milliseconds?'],
  ['unit', 'Is the link 100 Mb wide?', 'Is the link 100 MB wide?'],
  ['unit', 'Is 5m enough?', 'Is 5M enough?'],
  ['direction', 'Raise the limit by 20 euros.', 'Raise the limit to 20 euros.'],
  ['direction', 'Did we write to Anna?', 'Did we write for Anna?'],
  ['direction', 'Search for the logs of the worker.', 'Search in the logs of the worker.'],
  ['negation', 'Which pods are ready?', "Which pods aren't ready?"],
  ['negation', 'Which orders are paid?', 'Which orders are unpaid?'],
  ['negation', 'How do I deploy with downtime?', 'How do I deploy without downtime?'],
  ['negation', 'Which hosts respond?', 'Which hosts fail to respond?'],
  ['antonym', 'How do I enable the banner?', 'How do I disable the banner?'],
  ['antonym', 'How do I mount the disk?', 'How do I unmount the disk?'],
  ['quantifier', 'Do all plans include support?', 'Do any plans include support?'],
  ['quantifier', 'Which users have few tickets?', 'Which users have a few tickets?'],
  ['quantifier', 'What does each plan cost?', 'What do all plans cost?'],
  ['scope', 'What is my limit?', 'What is your limit?'],
  ['scope', 'How do I handle late payments?', 'How do you handle late payments?'],
  ['scope', 'Can I see their files?', 'Can they see my files?'],
  ['date', 'Who is on duty on Monday?', 'Who is on duty on Tuesday?'],
  ['date', 'Show the sales of this year.', 'Show the sales of last year.'],
  ['tense', 'Is the cluster healthy?', 'Was the cluster healthy?'],
  ['form', 'Which tickets are closing?', 'Which tickets are closed?'],
  ['form', 'Show the order of the customer.', 'Show the orders of the customer.'],
  ['language', 'How do I sort a list in Go?', 'How do I sort a list in Rust?'],
  ['code', 'What does `a // b` do?', 'What does `a / b` do?'],
  ['code', 'What does ls -r do?', 'What does ls -R do?'],
  ['identifier', 'Show ticket SUP-4821.', 'Show ticket SUP-4812.'],
  ['entity', 'Draft a reply to Maria.', 'Draft a reply to Marta.'],
  ['entity', 'What does plan A include?', 'What does the plan include?'],
  ['wording', 'Who owns the mail service?', 'Who owns the search service?'],
  ['wording', 'What is a deployment?', 'What is a deployment slot?'],
  ['question', 'How does the worker start?', 'Why does the worker start?'],
  ['order', 'Does Ben report to Anna?', 'Does Anna report to Ben?'],
  ['order', 'Run the backup, then the upgrade.', 'Run the upgrade, then the backup.'],
  ['order', 'Do not run the tests, build the image.', 'Run the tests, do not build the image.'],
  ['order', 'If A fails, is B run?', 'If B fails, is A run?'],
  ['order', 'Is the name of the owner of the repo known?', 'Is the name of the repo of the owner known?'],
  ['order', 'What is the difference between 10 and 4?', 'What is the difference between 4 and 10?'],
];

const SERVED: readonly (readonly [string, string])[] = [
  ['How do I restart the worker?', 'What is the best way to restart the worker?'],
  ['How to restart the worker', 'Please tell me how to restart the worker!'],
  ['Can two users share 1,500 ms?', 'Can 2 users share 1500 milliseconds?'],
  ["Which pods aren't ready?", 'Which pods are not ready?'],
  ['I cannot open the report. What should I do?', "I can't open the report, what should I do?"],
  ['How do I deploy without downtime?', 'How do I deploy with zero downtime?'],
  ['How do I turn off e-mail notifications?', 'How can I disable email notifications?'],
  ['In Firefox, how do I clear the cache?', 'How do I clear the cache in Firefox?'],
  ['If a build fails, who gets notified?', 'Who gets notified if a build fails?'],
  ['Does it apply per key or per user?', 'Does it apply per user or per key?'],
  ['How do I delete a label?', 'How do I remove labels?'],
  ['What are good ideas for a project?', 'What are good project ideas?'],
  ['Which is the cheapest region for backups?', 'Which region is cheapest for backups?'],
  ['What is the difference between a hub and a switch?', 'What is the difference between a switch and a hub?'],
  ['What is the fee after thirty-five days?', 'What is the fee after 35 days?'],
  ['Is the limit 1.5 million?', 'Is the limit 1500000?'],
  ['Which plans cost more than $20?', 'Which plans cost over 20 dollars?'],
  ['Was ist der Unterschied?', 'was ist der Unterschied'],
];

describe('a stored answer for a near question', () => {
  for (const [expected, a, b] of VETOES) {
    it(`is refused for ${expected}: ${a} / ${b}`, () => {
      assert.equal(reason(a, b), expected);
      assert.equal(reason(b, a), expected);
    });
  }

  for (const [a, b] of SERVED) {
    it(`is served: ${a} / ${b}`, () => {
      assert.equal(reason(a, b), 'served');
      assert.equal(reason(b, a), 'served');
    });
  }

  it('is never served for a trap, whatever the embedder says', () => {
    for (const name of ['traps.jsonl', 'own-pairs.jsonl']) {
      const served = rows(name).filter((row) => !row.same && verdict(row.a, row.b).ok);
      assert.deepEqual(served, []);
    }
  });

  it('survives light rewording', () => {
    const paraphrases = rows('own-pairs.jsonl').filter((row) => row.same);
    const served = paraphrases.filter((row) => verdict(row.a, row.b).ok);
    assert.ok(served.length >= 0.9 * paraphrases.length, `${served.length} of ${paraphrases.length}`);
  });

  it('is left to a judge where only the wording differs, and by much', () => {
    const reworded = verdict(
      'What happens to an invoice that waits for approval?',
      'Which procedure applies to an invoice while approval stalls?',
    );
    assert.deepEqual(
      { ok: reworded.ok, judgeable: !reworded.ok && reworded.judgeable },
      { ok: false, judgeable: true },
    );
    const changed = verdict('Who owns the mail service?', 'Who owns the search service?');
    assert.equal(!changed.ok && changed.judgeable, false);
  });

  it('is left to no judge, which errs as well, where a detail is changed, however the rest is put', () => {
    const pairs = [
      ['What is the best plan for a small team?', 'What is the plan for a small team?'],
      ['Which emails did we send to the supplier?', 'Which emails did we get from the supplier?'],
      ['What is the default port of the proxy?', 'What was the default port of the proxy?'],
      ['What are the duties of a scrum master?', 'What are the duties of a product owner?'],
      ['How much does the Team plan cost per seat?', 'How much does the Team plan save per seat?'],
      ['What should I do if the disk is full?', 'What did I do when the disk was full?'],
    ] as const;
    for (const [a, b] of pairs) {
      const found = verdict(a, b);
      assert.equal(found.ok || found.judgeable, false, `${a} / ${b}`);
    }
  });

  it('is not left to a judge where a number differs too', () => {
    const found = verdict(
      'What happens to 3 late invoices?',
      'Which procedure applies when 4 invoices come after the deadline?',
    );
    assert.deepEqual(found, { ok: false, reason: 'number', judgeable: false });
  });

  it('is refused unread above a thousand tokens', () => {
    const long = 'backup restore '.repeat(600);
    assert.equal(reason(long, long), 'too-long');
  });

  it('is compared to the letter in a language the lists do not know', () => {
    assert.equal(reason('Ist der Server an?', 'Ist der Server?') === 'served', false);
    assert.equal(reason('Wie lange ist die Frist?', 'Wie lang ist die Frist?') === 'served', false);
  });
});
