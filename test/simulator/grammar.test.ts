import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type Behaviour, OK } from '../../src/simulator/behaviour.ts';
import { parseBehaviour, UnknownBehaviourError } from '../../src/simulator/grammar.ts';
import { hintHeader } from '../../src/simulator/retry-hints.ts';
import { TERMS } from '../../src/simulator/terms.ts';

const MEANINGS: readonly (readonly [name: string, expected: Partial<Behaviour>])[] = [
  ['sim-ok', {}],
  ['ok', {}],
  ['sim-cut-at-40', { break: { kind: 'cut', at: 40 } }],
  ['sim-cut', { break: { kind: 'cut', at: undefined } }],
  ['sim-cut-clean-at-3', { break: { kind: 'cut-clean', at: 3 } }],
  ['sim-reset', { connection: 'reset' }],
  ['sim-reset-at-7', { break: { kind: 'reset', at: 7 } }],
  ['sim-reset-reused', { connection: 'reset-reused' }],
  ['sim-stall-at-0', { break: { kind: 'stall', at: 0 } }],
  ['sim-error-event-before-delta', { break: { kind: 'error-event', at: 0 } }],
  ['sim-error-event-at-5', { break: { kind: 'error-event', at: 5 } }],
  ['sim-bad-json-event-at-5', { malformedAt: 5 }],
  ['sim-slow-first-token-5s', { firstTokenMs: 5000 }],
  ['sim-slow-first-token-1.5s', { firstTokenMs: 1500 }],
  ['sim-slow-headers-250ms', { headersMs: 250 }],
  ['sim-paced-10ms-x100', { firstTokenMs: 0, tokenMs: 10, tokens: 100 }],
  ['sim-long-1000', { tokens: 1000 }],
  ['sim-usage-1000-50', { usage: { prompt: 1000, completion: 50 } }],
  ['sim-big-event', { answer: 'big-event', bigEventBytes: 256 * 1024 }],
  ['sim-big-event-5MiB', { answer: 'big-event', bigEventBytes: 5 * 1024 * 1024 }],
  ['sim-json-long-9-cut-at-2', { answer: 'json', tokens: 9, break: { kind: 'cut', at: 2 } }],
  ['sim-window-100', { contextWindow: 100 }],
];

describe('the grammar of behaviours', () => {
  for (const [name, expected] of MEANINGS) {
    it(`reads ${name}`, () => {
      const { always, gated } = parseBehaviour(name);
      assert.equal(gated, undefined);
      assert.deepEqual(always, { ...OK, ...expected, name: name.replace('sim-', '') });
    });
  }

  it('reads an error with its hints', () => {
    const { reply } = parseBehaviour('sim-429-after-3600s-should-not-retry').always;
    assert.equal(reply?.error.status, 429);
    assert.deepEqual(reply?.hints, [
      { name: 'retry-after', ms: 3_600_000 },
      { name: 'should-not-retry', ms: 0 },
    ]);
  });

  it('takes the longest term, so that groq-413 is no 413 and anthropic-529 no 529', () => {
    assert.match(parseBehaviour('sim-groq-413').always.reply?.error.body ?? '', /tokens per minute/);
    assert.equal(parseBehaviour('sim-413').always.reply?.error.body, undefined);
  });

  it('ignores a label, so that one behaviour can stand for several models', () => {
    assert.equal(parseBehaviour('sim-500@eu-west').always.name, '500');
  });

  it('puts what follows a gate behind it', () => {
    const { always, gated } = parseBehaviour('sim-crlf-times-2-503-after-1s');
    assert.equal(always.name, 'crlf');
    assert.equal(always.reply, undefined);
    assert.deepEqual(gated?.gate, { kind: 'first', count: 2 });
    assert.equal(gated?.behaviour.name, 'crlf-503-after-1s');
    assert.equal(gated?.behaviour.wire.lineEnd, '\r\n');
    assert.equal(gated?.behaviour.reply?.error.status, 503);
  });

  it('reads flaky alone as a share of 500s', () => {
    const { always, gated } = parseBehaviour('sim-flaky-0.3');
    assert.equal(always.name, 'ok');
    assert.deepEqual(gated?.gate, { kind: 'share', share: 0.3 });
    assert.equal(gated?.behaviour.reply?.error.status, 500);
  });

  for (const [name, reason] of [
    ['sim-', 'begins with no known term'],
    ['sim-nonsense', '"nonsense" begins with no known term'],
    ['sim-500-x', '"x" begins with no known term'],
    ['sim-cut-at-', '"at-" begins with no known term'],
    ['sim-okay', '"okay" begins with no known term'],
    ['sim-after-2s', '"after-{duration}" must follow an error'],
    ['sim-429-after-2', 'begins with no known term'],
    ['sim-once', 'nothing follows its gate'],
    ['sim-once-500-times-2-503', 'it has two gates'],
    ['sim-slow-headers-99d', 'too long'],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => parseBehaviour(name),
        (error) => error instanceof UnknownBehaviourError && error.message.includes(reason),
      );
    });
  }

  it('has every term in docs/simulator.md, with its meaning', () => {
    const page = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
    for (const { syntax, meaning } of Object.values(TERMS).flat()) {
      assert.ok(
        page.includes(`| \`sim-${syntax}\` | ${meaning} |`),
        `docs/simulator.md lacks: | \`sim-${syntax}\` | ${meaning} |`,
      );
    }
  });
});

describe('hints', () => {
  const now = Date.UTC(2026, 10, 22, 12, 0, 0, 400);
  for (const [hint, header] of [
    [{ name: 'retry-after', ms: 2000 }, ['retry-after', '2']],
    [{ name: 'retry-after', ms: 1500 }, ['retry-after', '1.5']],
    [{ name: 'retry-after-ms', ms: 250 }, ['retry-after-ms', '250']],
    [{ name: 'retry-after-date', ms: 2000 }, ['retry-after', 'Sun, 22 Nov 2026 12:00:03 GMT']],
    [{ name: 'retry-after-negative', ms: 0 }, ['retry-after', '-5']],
    [{ name: 'ratelimit-reset', ms: 12 }, ['x-ratelimit-reset-requests', '12ms']],
    [{ name: 'ratelimit-reset', ms: 360_000 }, ['x-ratelimit-reset-requests', '6m0s']],
    [{ name: 'ratelimit-reset', ms: 3_661_500 }, ['x-ratelimit-reset-requests', '1h1m1.5s']],
    [{ name: 'should-not-retry', ms: 0 }, ['x-should-retry', 'false']],
  ] as const) {
    it(`writes ${hint.name} of ${hint.ms} ms as ${header[1]}`, () => assert.deepEqual(hintHeader(hint, now), header));
  }
});
