import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { USUAL, WORST } from '../../../bench/routing/requests.ts';
import { ENDPOINTS } from '../../../src/dialects/endpoint.ts';
import { JsonMembers } from '../../../src/dialects/json-members.ts';
import { SessionPins } from '../../../src/routing/policy/session-pins.ts';
import { asks, book, decide, membersOf, policyOf, RULES, TIERS } from './policy-rig.ts';

const POLICY = policyOf(`${TIERS}, ${RULES}, evidence: {}, cascade: on`, {
  cheap: { lacks: ['vision', 'tools', 'schema'], contextWindow: 2_000 },
  mid: { lacks: ['files', 'audio'], contextWindow: 8_000, serves: ['chat', 'messages'] },
});
const MODELS = ['cheap', 'mid', 'smart'];

/** What a client may send where anything may stand. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, 0, '', 'user', 'tool', 'system', 'text', 'classify', 'image_url', '\\u0041"\\'),
    fc.string(),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom('role', 'content', 'type', 'text', 'name', 'tool_calls', 'function', 'image_url', 'json_schema'),
      tie('any'),
      { maxKeys: 4 },
    ),
  ),
})).any;
const body = fc.dictionary(
  fc.constantFrom(
    'messages',
    'input',
    'prompt',
    'system',
    'instructions',
    'tools',
    'functions',
    'response_format',
    'text',
    'output_config',
    'metadata',
    'previous_response_id',
  ),
  value,
);

test('whatever a request holds, it is decided, for a model that is allowed, the same way twice', () => {
  fc.assert(
    fc.property(
      body,
      fc.constantFrom(...ENDPOINTS),
      fc.subarray(MODELS, { minLength: 1 }),
      (given, endpoint, allowed) => {
        const once = () =>
          decide(POLICY, asks(given, { endpoint, body: membersOf(given) }), {
            allows: (model) => allowed.includes(model),
            book: book('admitted', 'cheap'),
            pins: new SessionPins(),
          });
        const decision = once();
        assert.ok(allowed.includes(decision.model), decision.model);
        assert.deepEqual(decision, once());
      },
    ),
    { numRuns: 1_500, seed: 11 },
  );
});

test('requests made to take long are decided', () => {
  for (const { name, bytes } of [...USUAL, ...WORST]) {
    const members = JsonMembers.read(bytes);
    assert.ok(members instanceof JsonMembers, name);
    const pins = new SessionPins();
    for (let turn = 0; turn < 2; turn++)
      assert.ok(
        MODELS.includes(decide(POLICY, asks({}, { body: members }), { pins, book: book('canary', 'cheap') }).model),
        name,
      );
  }
});
