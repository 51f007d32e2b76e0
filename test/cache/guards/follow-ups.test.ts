import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  checkEligibility,
  compareFollowUps,
  comparePair,
  ELIGIBILITY_DEFAULTS,
  profileOf,
  type SemanticQuestion,
} from '../../../src/cache/guards/index.ts';

const FOLLOW_UP: SemanticQuestion = {
  text: '',
  earlierTurns: 2,
  stored: false,
  tools: false,
  nonText: false,
  choices: 1,
  logprobs: false,
  temperature: undefined,
};
const LET_IN = { ...ELIGIBILITY_DEFAULTS, multiTurn: true };

describe('behind earlier turns takes no part', () => {
  const texts = [
    'Tell me more about the router.',
    'How much would it cost for a team of ten?',
    'What would that mean for a small team?',
    "That's a lot, what does the licence include?",
    'What do they charge for a second seat?',
    'How do I get there by train from Graz?',
    'Is the second one cheaper over a whole year?',
    'Which of the two is the better choice?',
    'What is the other licence good for?',
    'How do I undo the previous step safely?',
    'Make the summary of the report shorter.',
    'Say that again in plain English, please.',
    'Would the same work for a cluster of three?',
    'Does the former include support by phone?',
    'In Berlin?',
    'Prices for Berlin?',
    'Yes, please do.',
    'As a table, please.',
    'What does each of them cost?',
  ];
  for (const text of texts)
    test(text, () => {
      assert.deepEqual(checkEligibility({ ...FOLLOW_UP, text }, LET_IN), { ok: false, reason: 'reference' });
    });

  test('what the provider keeps for the client, whatever the route lets in', () => {
    const text = 'How do I reset the password of a router?';
    for (const earlierTurns of [0, 2])
      assert.deepEqual(checkEligibility({ ...FOLLOW_UP, text, earlierTurns, stored: true }, LET_IN), {
        ok: false,
        reason: 'multi-turn',
      });
  });

  test('a tool’s word, or anything but text, in any turn', () => {
    const text = 'How do I reset the password of a router?';
    assert.deepEqual(checkEligibility({ ...FOLLOW_UP, text, tools: true }, LET_IN), { ok: false, reason: 'tools' });
    assert.deepEqual(checkEligibility({ ...FOLLOW_UP, text, nonText: true }, LET_IN), {
      ok: false,
      reason: 'non-text',
    });
  });
});

test('a question that says all it asks takes part', () => {
  for (const text of [
    'How do I reset the password of a router?',
    'What is the capital of France?',
    'Which plan includes support by phone?',
  ]) {
    assert.deepEqual(checkEligibility({ ...FOLLOW_UP, text }, LET_IN), { ok: true });
    assert.deepEqual(checkEligibility({ ...FOLLOW_UP, text }), { ok: false, reason: 'multi-turn' });
  }
});

describe('what is one question by itself is two behind earlier turns', () => {
  // What the turns before may have made of two words that are one in general.
  const pairs: readonly (readonly [string, string])[] = [
    ['What does a plan cost per month?', 'What does the plan cost per month?'],
    ['How do I delete a draft from the archive?', 'How do I remove a draft from the archive?'],
    ['How do I choose a photo for the page?', 'How do I select a picture for the page?'],
    ['What is the maximum size of a file?', 'What is the max size of a file?'],
    ['How do I log in to the portal?', 'How do I sign in to the portal?'],
    ['Is it tea or coffee?', 'Is it coffee or tea?'],
    ['How do I export a report in Firefox?', 'In Firefox, how do I export a report?'],
    ['When does the museum open in Lisbon?', 'When does the museum open in Lisbon, Portugal?'],
    ['What does error 502 mean for clients?', 'What is the meaning of error 502 for clients?'],
    ['How much does a seat cost per year?', 'What is the cost of a seat per year?'],
    ['What is the limit for one user name?', 'What is the limit for one username?'],
  ];
  for (const [one, other] of pairs)
    test(`${one} / ${other}`, () => {
      const [a, b] = [profileOf(one), profileOf(other)];
      assert.deepEqual(comparePair(a, b), { ok: true });
      assert.deepEqual(compareFollowUps(a, b), { ok: false, reason: 'wording', judgeable: false });
      assert.deepEqual(compareFollowUps(b, a), { ok: false, reason: 'wording', judgeable: false });
    });

  test('and what is two by itself stays two, and is left to no judge', () => {
    const [a, b] = [
      profileOf('What made the nightly backup job stop with exit code 137?'),
      profileOf('Why did the nightly backup job end with exit code 137?'),
    ];
    const alone = comparePair(a, b);
    const behind = compareFollowUps(a, b);
    assert.ok(!alone.ok && !behind.ok);
    assert.deepEqual([behind.reason, behind.judgeable], [alone.reason, false]);
  });
});

describe('how a question is put may differ', () => {
  const pairs = [
    ['What is the capital of France?', "What's the capital of France?"],
    ['How do I reset the password of a router?', 'how can i reset the password of a router'],
    ['How do I reset the password of a router?', 'Hello, how should I reset the password of a router, please?'],
  ] as const;
  for (const [one, other] of pairs)
    test(`${one} / ${other}`, () => {
      assert.deepEqual(compareFollowUps(profileOf(one), profileOf(other)), { ok: true });
    });
});
