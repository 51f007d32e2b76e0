import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { complexityOf } from '../../src/routing/features/complexity.ts';
import { FEATURE_NAMES, featuresOf, tallyOf } from '../../src/routing/features/features.ts';
import { groupsOf, hashPair, hashWord, WORD_GROUPS } from '../../src/routing/features/lexicon.ts';
import { HEAD_BYTES, promptText, TAIL_BYTES } from '../../src/routing/features/prompt-text.ts';
import { withoutReminders } from '../../src/routing/features/reminders.ts';

function feature(text: string, name: string): number {
  const index = FEATURE_NAMES.indexOf(name);
  assert.ok(index >= 0, `there is a feature ${name}`);
  return featuresOf(promptText(text))[index] ?? Number.NaN;
}

const PRESENT: readonly (readonly [feature: string, present: string, absent: string])[] = [
  ['asks.who', 'who wrote Hamlet', 'write a poem'],
  ['asks.how', 'and how is it made?', 'what is it?'],
  ['asks.nothing', 'Translate this.', 'what is this?'],
  ['begins.doing', 'Write a short note', 'Please write a note'],
  ['begins.conditions', 'If x is 3, what is y?', 'What is y if x is 3?'],
  ['words.code', 'sort it in python', 'sort it by hand'],
  ['words.maths', 'the radius of a circle', 'the colour of a wall'],
  ['words.follows', 'Which of the following is true', 'Who follows the leader'],
  ['words.asksCount', 'How many are left', 'How are the many'],
  ['words.staged', 'think step by step', 'think by yourself'],
  ['fences', '```\ncode\n```', 'no `code` block'],
  ['options', 'Which?\nA) one\nB) two', 'A) one alone'],
  ['options', 'Which? (a) one (b) two', 'f(a) is one'],
  ['bullets', 'do\n- one\n- two', 'do - one - two'],
  ['indented', 'def f():\n    return 1', 'def f(): return 1'],
  ['numbers', 'add 3 and 4.5', 'add three'],
  ['years', 'in 1989', 'in room 19890'],
  ['years', 'since 2024', 'for 3024 times'],
  ['decimals', '3.14', '3, 14'],
  ['money', 'it costs $5', 'it costs five'],
  ['names', 'the city of Vienna', 'The city of roses'],
  ['acronyms', 'what does NASA do', 'what does it do'],
  ['symbols', 'call get_user with H2O', 'call the user with water'],
  ['ends.question', 'Is it so?', 'It is so.'],
  ['ends.stop', 'It is so. ', 'Is it so?'],
  ['ends.open', 'a level area near water is', 'It is so.'],
  ['startsSmall', 'where is it', 'Where is it'],
  ['mathMarks', 'x^2 + y', 'x and y'],
  ['mathMarks', 'x \u2264 y', 'x under y'],
  ['blankToFill', 'The writer makes us _ .', 'The writer uses get_user .'],
  ['eastAsian', '\u4f60\u597d\uff0c\u8bf7\u5206\u7c7b', 'hello'],
  ['otherScripts', '\u043f\u0440\u0438\u0432\u0435\u0442', 'hello'],
  ['nonAscii', 'gr\u00fcn', 'green'],
];

for (const [name, present, absent] of PRESENT) {
  test(`${name} is seen in ${JSON.stringify(present)} and not in ${JSON.stringify(absent)}`, () => {
    assert.ok(feature(present, name) > 0);
    assert.equal(feature(absent, name), 0);
  });
}

test('every word of the lexicon is found in its group and strangers in none', () => {
  assert.notEqual(groupsOf(hashWord('python')), 0);
  assert.notEqual(groupsOf(hashPair(hashWord('how'), hashWord('many'))), 0);
  for (const stranger of ['zebra', 'qwerty', 'breakwater', 'x']) assert.equal(groupsOf(hashWord(stranger)), 0);
  assert.ok(WORD_GROUPS.length < 31, 'groups are bits of a 32-bit number');
});

test('any text gives finite features, the same each time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
      const features = featuresOf(promptText(text));
      assert.ok(features.every(Number.isFinite));
      assert.deepEqual(features, featuresOf(promptText(text)));
      const prompt = promptText(text);
      const { value, parts } = complexityOf(tallyOf(prompt), prompt);
      assert.ok(value >= 0 && value <= 1);
      assert.ok(Math.abs(Object.values(parts).reduce((sum, part) => sum + part, 0) - value) < 1e-9);
    }),
  );
});

test('of a long text only head and tail are looked at, and its length is known', () => {
  const text = `Prove it. ${'word '.repeat(40_000)} In python?`;
  const prompt = promptText(text);
  assert.ok(Buffer.byteLength(prompt.head) <= HEAD_BYTES);
  assert.ok(Buffer.byteLength(prompt.tail) <= TAIL_BYTES);
  assert.equal(prompt.length, text.length);
  assert.ok(tallyOf(prompt).chars <= HEAD_BYTES + TAIL_BYTES);
  assert.ok(feature(text, 'words.code') > 0);
  assert.ok(feature(text, 'ends.question') > 0);
});

test('the bounds are in bytes, whatever the letters', () => {
  const prompt = promptText('\u4f60\u597d'.repeat(20_000));
  assert.ok(Buffer.byteLength(prompt.head) <= HEAD_BYTES + 2);
  assert.ok(Buffer.byteLength(prompt.tail) <= TAIL_BYTES + 6);
  assert.equal(prompt.length, 40_000);
});

test('complexity grows with length, steps, code and mathematics', () => {
  const value = (text: string) => complexityOf(tallyOf(promptText(text)), promptText(text)).value;
  assert.ok(value('hello') < 0.05);
  const hard =
    'First prove that the sum of x^2 + y^2 = 4 is prime. Then, if n > 3, compute the derivative step by step.\n'.repeat(
      60,
    ) +
    '```python\n' +
    '    x = 1\n'.repeat(20);
  assert.ok(value(hard) > 0.8);
});

test('what a harness adds is taken out, closed or not', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['Fix it <system-reminder>prove this</system-reminder>now', 'Fix it now'],
    ['<environment_context>os</environment_context>Fix it', 'Fix it'],
    ['Fix it <system-reminder>that never ends', 'Fix it '],
    ['the end of one</system-reminder>Fix it', 'Fix it'],
    ['<b>bold</b> 1 < 2', '<b>bold</b> 1 < 2'],
  ];
  for (const [text, expected] of cases) assert.equal(withoutReminders(text), expected);
});
