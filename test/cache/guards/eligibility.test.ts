import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  checkEligibility,
  ELIGIBILITY_DEFAULTS,
  type IneligibleReason,
  type SemanticQuestion,
} from '../../../src/cache/guards/index.ts';

const PLAIN: SemanticQuestion = {
  text: 'How do I rotate an API key?',
  earlierTurns: 0,
  stored: false,
  tools: false,
  nonText: false,
  choices: 1,
  logprobs: false,
  temperature: undefined,
};

const FACTS: readonly (readonly [IneligibleReason, Partial<SemanticQuestion>])[] = [
  ['tools', { tools: true }],
  ['multi-turn', { earlierTurns: 1 }],
  ['non-text', { nonText: true }],
  ['choices', { choices: 2 }],
  ['logprobs', { logprobs: true }],
  ['temperature', { temperature: 0.31 }],
  ['temperature', { temperature: Number.NaN }],
  ['too-long', { text: 'word '.repeat(500) }],
  ['empty', { text: ' \n ' }],
];

const TEXTS: readonly (readonly [IneligibleReason, string])[] = [
  ['code', 'What does `git status` print?'],
  ['code', 'Why does ```x = 1``` fail?'],
  ['code', 'What is the type of order_items here?'],
  ['code', 'What does parse(x) return?'],
  ['code', 'What does ls -la print?'],
  ['code', 'Is {"a": 1} valid JSON?'],
  ['identifier', 'What is the status of SUP-4821?'],
  ['identifier', 'Summarise pull request #12.'],
  ['identifier', 'What did customer 44 order?'],
  ['identifier', 'What changed in commit 9fe12ab?'],
  ['identifier', 'Who called 06641234567?'],
  ['identifier', 'What runs on 10.0.0.12?'],
  ['contact', 'Who is behind anna@example.com?'],
  ['contact', 'What is on https://example.com/a?'],
  ['contact', 'What does example.org sell?'],
  ['freshness', 'Who is on call today?'],
  ['freshness', 'What is the latest release of Node?'],
  ['freshness', 'What is the current error rate?'],
  ['freshness', 'Which tickets were closed last week?'],
  ['freshness', 'Is the billing service down?'],
  ['personal', 'What is my balance?'],
  ['personal', 'Which permissions do I have on the project?'],
  ['personal', 'Show the addresses in her profile.'],
  ['personal', 'How much data is stored about me?'.replace('How much data is', 'Which data is')],
  ['action', 'Cancel the subscription of the team.'],
  ['action', 'Please delete the old drafts.'],
  ['action', 'Could you restart the worker?'],
  ['action', 'I want to cancel the subscription.'],
  ['reference', 'Tell me more about it.'],
  ['reference', 'And what about Berlin?'],
  ['reference', 'Why?'],
  ['reference', 'Translate this for the team: how?'],
  ['reference', 'How does it work?'],
];

const WELCOME = [
  'How do I rotate an API key?',
  'How do I reset my password?',
  'Can I delete applied migration files?',
  'How do I cancel a subscription?',
  'What does HTTP status 409 mean?',
  'Which plans cost over 500,000 euros?',
  'Is it safe to delete a migration?',
  'What is the difference between Q1 and Q2?',
];

describe('a request', () => {
  for (const [reason, facts] of FACTS) {
    it(`takes no part for ${reason}: ${JSON.stringify(facts).slice(0, 40)}`, () => {
      assert.deepEqual(checkEligibility({ ...PLAIN, ...facts }), { ok: false, reason });
    });
  }

  for (const [reason, text] of TEXTS) {
    it(`takes no part for ${reason}: ${text}`, () => {
      assert.deepEqual(checkEligibility({ ...PLAIN, text }), { ok: false, reason });
    });
  }

  for (const text of WELCOME) {
    it(`takes part: ${text}`, () => {
      assert.deepEqual(checkEligibility({ ...PLAIN, text }), { ok: true });
    });
  }

  it('may have a temperature at the limit, and earlier turns where the route lets them in', () => {
    assert.deepEqual(checkEligibility({ ...PLAIN, temperature: 0.3 }), { ok: true });
    assert.deepEqual(checkEligibility({ ...PLAIN, earlierTurns: 4 }, { ...ELIGIBILITY_DEFAULTS, multiTurn: true }), {
      ok: true,
    });
  });
});
