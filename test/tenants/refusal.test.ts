import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Failure } from '../../src/failures/failure.ts';
import { renderAnthropicError } from '../../src/failures/render-anthropic.ts';
import { renderOpenAiError } from '../../src/failures/render-openai.ts';
import type { Refusal } from '../../src/state/budget-store.ts';
import { refusalFailure, refusedAlone } from '../../src/tenants/refusal.ts';
import { key, TenantRig } from './rig.ts';

const RIG = new TenantRig(`
  acme:
    keys: ["${key('acme')}"]
    timeZone: Europe/Vienna
    budget: [{limit: 1000 requests, per: total}, {limit: $5, per: session}, {limit: 5 requests, per: minute}]
    rates: {requests: 600/minute, tokens: 1k/minute}
    concurrency: 20
    agents: {coder: {budget: [{limit: $50, per: day}, {limit: $1, per: session}]}, "*": {budget: {limit: $50, per: day}}}
`);
const NOW = RIG.clock.now();
const DOLLAR = 1_000_000_000;
const CONTEXT = { requestId: 'r', attempts: [], spent: true };

function refused(
  headers: Record<string, string>,
  by: readonly (readonly [string, Level?])[],
  amounts = SMALL,
): Failure {
  const identity = RIG.identity({ ...headers, 'x-api-key': key('acme') });
  const asked = identity.limits.askFor(identity.names, amounts, NOW);
  const refusals = by.map(([name, level]): Refusal => {
    const index = asked.counters.findIndex((counter) => counter.key === name);
    assert.ok(index >= 0, name);
    return { kind: 'counter', index, level: { spent: 0, held: 0, ...level } };
  });
  return refusalFailure(identity, asked, refusals, NOW);
}

interface Level {
  readonly spent?: number;
  readonly held?: number;
}

const SMALL = { nanos: 0.3 * DOLLAR, tokens: 500, requests: 1 };
const CODER = { 'x-breakwater-agent': 'coder', 'x-breakwater-session': 's1' };

describe('a refusal', () => {
  const table: readonly (readonly [string, Failure, string, string])[] = [
    [
      'for money that is spent',
      refused(CODER, [['agent:coder/usd/day', { spent: 50 * DOLLAR }]]),
      'budget_exceeded',
      'agent coder has spent $50.00 of $50.00 per day; resets at 2026-11-23T00:00:00+01:00.',
    ],
    [
      'for money that is held',
      refused(CODER, [['agent:coder/usd/day', { spent: 49.2 * DOLLAR, held: 0.7 * DOLLAR }]]),
      'budget_exceeded',
      'agent coder has spent $49.20 of $50.00 per day, holds $0.70 for requests under way, and this request needs up to $0.30; resets at 2026-11-23T00:00:00+01:00.',
    ],
    [
      'for a session',
      refused(CODER, [['session:s1/usd/session', { spent: 4.9 * DOLLAR }]]),
      'budget_exceeded',
      'session s1 has spent $4.90 of $5.00 per session, and this request needs up to $0.30.',
    ],
    [
      'for a session of an agent',
      refused(CODER, [['agent:coder/session:s1/usd/session', { spent: DOLLAR }]]),
      'budget_exceeded',
      'session s1 of agent coder has spent $1.00 of $1.00 per session.',
    ],
    [
      'for requests in all',
      refused(CODER, [['tenant/requests/total', { spent: 1000 }]]),
      'budget_exceeded',
      'tenant acme has spent 1000 of 1000 requests in all.',
    ],
    [
      'for agents without a name',
      refused({}, [['agent:*/usd/day', { spent: 51 * DOLLAR }]]),
      'budget_exceeded',
      'agent without a name has spent $51.00 of $50.00 per day; resets at 2026-11-23T00:00:00+01:00.',
    ],
    [
      'for a name that is more than a word',
      refused({ 'x-breakwater-agent': 'a "b"' }, [['agent:a%20%22b%22/usd/day', { spent: 50 * DOLLAR }]]),
      'budget_exceeded',
      'agent "a \\"b\\"" has spent $50.00 of $50.00 per day; resets at 2026-11-23T00:00:00+01:00.',
    ],
    [
      'for requests at once',
      refused(CODER, [['tenant/concurrency', { held: 20 }]]),
      'concurrency_exceeded',
      'tenant acme has 20 of 20 requests under way.',
    ],
    [
      'for two limits, the gravest first',
      refused(CODER, [
        ['tenant/concurrency', { held: 20 }],
        ['agent:coder/usd/day', { spent: 50 * DOLLAR }],
      ]),
      'budget_exceeded',
      'agent coder has spent $50.00 of $50.00 per day; resets at 2026-11-23T00:00:00+01:00. Also: tenant acme has 20 of 20 requests under way.',
    ],
  ];
  for (const [what, failure, code, message] of table) {
    test(`${what} names the scope, the limit and its end`, () => {
      assert.equal(failure.code, code);
      assert.equal(failure.message, message);
    });
  }

  test('of a budget is 429 insufficient_quota, not repeated, with the limit for programs', () => {
    const { status, headers, body } = renderOpenAiError(
      refused(CODER, [['agent:coder/usd/day', { spent: 49.9 * DOLLAR, held: DOLLAR / 20 }]]),
      CONTEXT,
    );
    assert.deepEqual([status, body.error.type, body.error.code], [429, 'insufficient_quota', 'insufficient_quota']);
    assert.equal(headers['x-should-retry'], 'false');
    assert.deepEqual(body.error.breakwater.limit, {
      scope: 'agent',
      name: 'coder',
      unit: 'usd',
      per: 'day',
      limit: 50,
      spent: 49.9,
      held: 0.05,
      needed: 0.3,
      resetsAt: '2026-11-23T00:00:00+01:00',
    });
    assert.equal(renderAnthropicError(refused(CODER, [['agent:coder/usd/day']]), CONTEXT).status, 429);
  });

  test('of a budget per minute is a rate: the client may wait for it', () => {
    const failure = refused(CODER, [['tenant/requests/minute', { spent: 5 }]]);
    const { status, headers, body } = renderOpenAiError(failure, CONTEXT);
    assert.deepEqual([status, body.error.code], [429, 'rate_limit_exceeded']);
    assert.equal(headers['retry-after'], '60');
    assert.equal(headers['x-should-retry'], undefined);
  });

  test('of more than a budget per minute ever holds is no rate', () => {
    const failure = refused(CODER, [['tenant/requests/minute']], { ...SMALL, requests: 6 });
    assert.equal(failure.code, 'budget_exceeded');
    assert.equal(failure.retryAfterMs, undefined);
  });

  test('of requests at once asks for a second', () => {
    const { headers } = renderOpenAiError(refused(CODER, [['tenant/concurrency', { held: 20 }]]), CONTEXT);
    assert.equal(headers['retry-after'], '1');
  });

  test('of a rate tells the true wait, up to a minute', () => {
    const identity = RIG.identity({ 'x-api-key': key('acme') });
    const asked = identity.limits.askFor(identity.names, SMALL, NOW);
    const rate = (retryAfterMs: number | undefined) =>
      refusalFailure(identity, asked, [{ kind: 'rate', index: 0, retryAfterMs }], NOW);
    assert.match(
      rate(1500).message,
      /^tenant acme has reached its rate of 600 requests per minute; try again in 2 s\.$/,
    );
    assert.equal(renderOpenAiError(rate(1500), CONTEXT).headers['retry-after'], '2');
    assert.equal(renderOpenAiError(rate(61_000), CONTEXT).headers['x-should-retry'], 'false');
    const never = refusalFailure(identity, asked, [{ kind: 'rate', index: 1, retryAfterMs: undefined }], NOW);
    assert.equal(never.code, 'request_over_rate');
    assert.match(
      never.message,
      /needs up to 500 tokens, more than tenant acme may ever take at once \(1000 tokens per minute\)/,
    );
    assert.equal(renderOpenAiError(never, CONTEXT).headers['x-should-retry'], 'false');
  });

  test('of a paused scope is a 403 that tells the reason', () => {
    const identity = RIG.identity({ ...CODER, 'x-api-key': key('acme') });
    const asked = identity.limits.askFor(identity.names, SMALL, NOW);
    const paused = (scope: string) =>
      refusalFailure(identity, asked, [{ kind: 'paused', scope, reason: 'spike' }], NOW);
    assert.equal(paused('agent:coder').message, 'agent coder is paused (spike) until an operator resumes it.');
    assert.equal(paused('tenant').message, 'tenant acme is paused (spike) until an operator resumes it.');
    const { status, headers } = renderOpenAiError(paused('session:s1'), CONTEXT);
    assert.deepEqual([status, headers['x-should-retry']], [403, 'false']);
  });

  test('comes before the store where a request without a session is larger than a session may be', () => {
    const identity = RIG.identity({ 'x-api-key': key('acme') });
    const large = identity.limits.askFor(identity.names, { ...SMALL, nanos: 6 * DOLLAR }, NOW);
    assert.equal(
      refusedAlone(identity, large)?.message,
      'this request, a session of its own, has spent $0.00 of $5.00 per session, and this request needs up to $6.00.',
    );
    assert.equal(refusedAlone(identity, identity.limits.askFor(identity.names, SMALL, NOW)), undefined);
  });
});
