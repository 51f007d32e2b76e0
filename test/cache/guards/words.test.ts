import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { profileOf } from '../../../src/cache/guards/index.ts';
import { inflect } from '../../../src/cache/guards/inflection.ts';
import { readNumberWords } from '../../../src/cache/guards/number-words.ts';
import { scan } from '../../../src/cache/guards/scan.ts';

function pieces(text: string): string {
  return scan(text)
    .map(({ kind, text: piece }) => `${kind}:${piece}`)
    .join(' ');
}

function keys(text: string): string {
  return profileOf(text)
    .tokens.map(({ key }) => key)
    .join(' ');
}

const PIECES: readonly (readonly [string, string])[] = [
  ["don't", 'word:do word:not'],
  ['can’t', 'word:can word:not'],
  ["Anna's", 'word:anna'],
  ["what's", 'word:what word:is'],
  ['e-mail', 'word:email'],
  ['row-level', 'word:row word:level'],
  ['1,500', 'number:1500'],
  ['12.5%', 'number:12.5 word:percent'],
  ['$20', 'number:20 word:dollar'],
  ['3-12', 'number:3 word:to number:12'],
  ['250MB', 'number:250 word:mb'],
  ['250Mb', 'number:250 word:mbit'],
  ['5k', 'number:5000'],
  ['v3.2', 'word:version number:3.2'],
  ['14:00', 'number:14:00'],
  ['2024-03-01', 'number:2024-03-01'],
  ['INV-2024-00317', 'id:INV-2024-00317'],
  ['#1204', 'id:#1204'],
  ['a == b', 'word:a symbol:== word:b'],
  ['C++', 'word:c++'],
  ['ls -R', 'word:ls symbol:-R'],
  ['`x  y`', 'code:x  y'],
];

const NUMBERS: readonly (readonly [string, string])[] = [
  ['two', '2'],
  ['twenty five', '25'],
  ['two hundred and fifty thousand', '250000'],
  ['a', 'none'],
  ['three million', '3000000'],
];

const FORMS: readonly (readonly [string, string, string])[] = [
  ['branches', 'branch', 's'],
  ['caches', 'cache', 's'],
  ['policies', 'policy', 's'],
  ['status', 'status', 'base'],
  ['running', 'run', 'ing'],
  ['paid', 'pay', 'ed'],
  ['string', 'string', 'base'],
];

describe('the words of a question', () => {
  for (const [text, expected] of PIECES) it(`are cut: ${text}`, () => assert.equal(pieces(text), expected));

  for (const [text, expected] of NUMBERS) {
    it(`make a number: ${text}`, () => assert.equal(readNumberWords(text.split(' '), 0)?.value ?? 'none', expected));
  }

  for (const [word, lemma, form] of FORMS) {
    it(`have a base form: ${word}`, () => {
      const found = inflect(word);
      assert.deepEqual(
        [found.stem, found.form],
        [
          lemma.endsWith('e')
            ? lemma.slice(0, -1)
            : lemma.endsWith('y') && form === 's'
              ? `${lemma.slice(0, -1)}i`
              : lemma,
          form,
        ],
      );
    });
  }

  it('keep what tells a verb from its helper', () => {
    assert.equal(keys('What does an agent do?'), '?what agent do');
    assert.equal(keys('What is an agent?'), '?whatis agent');
    assert.equal(keys('Which services have owners?'), '?what service/s have owner/s');
    assert.equal(keys('Which jobs have failed?'), '?what job/s +perfect fail/ed');
  });

  it('keep names that look like small words', () => {
    assert.equal(keys('Who runs the IT team?'), '?who run/s it team');
    assert.equal(keys('What happened in May?'), '?what happen/ed >in d:may');
  });
});
