import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { checkAnswer, notAnEventStream } from '../../src/failures/check-answer.ts';
import { classifyErrorBody, classifyNetworkError, classifyResponse } from '../../src/failures/classify.ts';
import { FAILURE_CLASSES, type Failure } from '../../src/failures/failure.ts';
import { PROVIDER_FAMILIES } from '../../src/failures/family.ts';
import { judgeFinish } from '../../src/failures/finish-reason.ts';
import { MAX_HINT_MS, retryAfterMs } from '../../src/failures/hints.ts';
import { mostUseful } from '../../src/failures/most-useful.ts';
import { renderOpenAiError, renderOpenAiStreamError } from '../../src/failures/render-openai.ts';
import { findLoop } from '../../src/failures/repetition.ts';
import { scrub } from '../../src/failures/scrub.ts';
import { validateAnswer } from '../../src/failures/validate-answer.ts';
import { RECORDED_SHAPES } from './recorded-shapes.ts';
import { NOW } from './shapes/shape.ts';

const family = fc.constantFrom(...PROVIDER_FAMILIES);
const key = fc.constantFrom(
  'error',
  'errors',
  'message',
  'Message',
  'type',
  'code',
  'status',
  'param',
  'detail',
  'details',
  'innererror',
  'metadata',
  'raw',
  'reason',
  'violations',
  'quotaId',
  'retryDelay',
  'response',
  '__type',
  '__proto__',
  'choices',
  'finish_reason',
  'tool_calls',
  'content',
  'data',
  'embedding',
);
/** JSON that looks like what providers send, with anything in any place. */
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom(
      'rate_limit_exceeded',
      'insufficient_quota',
      '429',
      429,
      503,
      '22s',
      '{"error":{"code":429}}',
      '[',
      'error',
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
const text = json.map((value) => JSON.stringify(value) ?? 'null');
const recorded = fc
  .constantFrom(...RECORDED_SHAPES)
  .map(({ body }) => (typeof body === 'string' ? body : JSON.stringify(body)));
/** Bytes of all kinds: noise, JSON, and recorded bodies with a piece knocked out. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  text.map((one) => Buffer.from(one)),
  fc
    .tuple(recorded, fc.nat(400), fc.nat(40))
    .map(([one, at, length]) => Buffer.from(one.slice(0, at) + one.slice(at + length))),
);
const headerName = fc.constantFrom(
  'retry-after',
  'retry-after-ms',
  'x-ratelimit-reset-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-tokens',
  'anthropic-ratelimit-tokens-reset',
  'anthropic-ratelimit-tokens-remaining',
  'x-amzn-errortype',
  'content-type',
  '__proto__',
);
const headerValue = fc.oneof(
  fc.string(),
  fc.integer().map(String),
  fc.double().map(String),
  fc.constantFrom(
    '0',
    '6m0s',
    '12ms',
    '-1',
    'NaN',
    'Infinity',
    '1e308',
    '9'.repeat(40),
    'Mon, 99 Foo',
    '2026-11-22T99:00:00Z',
    '1h-2m',
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const headers = fc.dictionary(headerName, fc.oneof(headerValue, fc.array(headerValue, { maxLength: 2 })), {
  noNullPrototype: true,
});
const status = fc.oneof(fc.integer({ min: 300, max: 599 }), fc.integer());

function sound(failure: Failure): void {
  assert.ok(FAILURE_CLASSES.includes(failure.class));
  assert.ok(failure.message.length > 0 && failure.message.length <= 2_100);
  if (failure.retryAfterMs !== undefined) inRange(failure.retryAfterMs);
  const context = { requestId: 'r', attempts: [], spent: true };
  const rendered = renderOpenAiError(failure, context);
  assert.ok(rendered.status >= 400 && rendered.status < 600);
  const retryAfter = rendered.headers['retry-after'];
  if (retryAfter !== undefined) assert.match(retryAfter, /^(?:[1-9]|[1-5]\d|60)$/);
  assert.doesNotThrow(() => JSON.parse(renderOpenAiStreamError(failure, context).slice(6)));
}

function inRange(ms: number): void {
  assert.ok(Number.isInteger(ms) && ms >= 0 && ms <= MAX_HINT_MS, String(ms));
}

describe('whatever comes', () => {
  test('an error response is classified', () => {
    fc.assert(
      fc.property(family, status, headers, bytes, (which, code, all, body) => {
        sound(classifyResponse(which, { status: code, headers: all, body }, NOW));
      }),
      { numRuns: 2_000 },
    );
  });

  test('an error object is classified', () => {
    fc.assert(
      fc.property(family, json, headers, (which, value, all) => {
        sound(classifyErrorBody(which, value, NOW));
        sound(classifyErrorBody(which, value, NOW, { status: 200, headers: all }));
      }),
      { numRuns: 2_000 },
    );
  });

  test('a 200 is an answer or a failure', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('chat', 'completions', 'embeddings'),
        family,
        headers,
        bytes,
        (endpoint, which, all, body) => {
          const checked = checkAnswer(endpoint, which, all, body, NOW);
          if ('failure' in checked) sound(checked.failure);
          sound(notAnEventStream(which, all, body, NOW));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('a thrown thing is classified', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom('connect', 'request', 'headers', 'body'), (thrown, phase) => {
        sound(classifyNetworkError(thrown, phase));
      }),
      { numRuns: 1_000 },
    );
  });

  test('a hint is a whole number of milliseconds within an hour', () => {
    fc.assert(
      fc.property(headers, json, fc.integer({ min: 0, max: 4e12 }), (all, body, now) => {
        const hint = retryAfterMs(all, body, now);
        if (hint !== undefined) inRange(hint);
      }),
      { numRuns: 3_000 },
    );
  });

  test('an answer is validated without a throw', () => {
    fc.assert(
      fc.property(json, json, (request, answer) => {
        validateAnswer(['json-schema', 'tool-arguments', 'repetition'], request, answer);
      }),
      { numRuns: 500 },
    );
  });

  test('a loop that is there is found, with its unit or a part of it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.string({ minLength: 1, maxLength: 60 }), (before, unit) => {
        const repeats = Math.max(8, Math.ceil(400 / unit.length));
        const loop = findLoop(before + unit.repeat(repeats));
        assert.ok(loop !== undefined && loop.period <= unit.length);
      }),
    );
  });

  test('a finish reason, a scrubbed text and a heap of failures are dealt with', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.string({ unit: 'binary' }),
        fc.array(fc.constantFrom(...FAILURE_CLASSES), { maxLength: 6 }),
        (reason, words, classes) => {
          judgeFinish(reason);
          assert.ok(scrub(words).isWellFormed());
          const failures = classes.map(
            (one): Failure => ({ class: one, origin: 'upstream', message: one, maybeBilled: false }),
          );
          assert.ok(failures.length === 0 || failures.includes(mostUseful(failures)));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('bodies made to hurt', () => {
  const nasty: readonly (readonly [string, Buffer])[] = [
    ['a deep nest', Buffer.from('['.repeat(100_000) + ']'.repeat(100_000))],
    ['a deep error', Buffer.from(`${'{"error":'.repeat(20_000)}1${'}'.repeat(20_000)}`)],
    ['a megabyte of text', Buffer.alloc(1_000_000, 'a')],
    ['a megabyte of JSON', Buffer.from(JSON.stringify({ error: { message: 'x'.repeat(1_000_000) } }))],
    ['a long message of blanks', Buffer.from(JSON.stringify({ error: { message: ' \t'.repeat(100_000) } }))],
    ['a long message of key-like words', Buffer.from(JSON.stringify({ error: { message: 'sk-'.repeat(60_000) } }))],
    [
      'many details',
      Buffer.from(JSON.stringify({ error: { details: Array.from({ length: 20_000 }, () => ({ reason: 'x' })) } })),
    ],
    ['no UTF-8', Buffer.from([0xff, 0xfe, 0x7b, 0x22, 0xc3, 0x28])],
  ];
  for (const [what, body] of nasty) {
    test(`${what} costs little`, () => {
      const before = process.cpuUsage();
      sound(classifyResponse('generic', { status: 400, headers: {}, body }, NOW));
      assert.ok('failure' in checkAnswer('chat', 'generic', {}, body, NOW));
      assert.ok(process.cpuUsage(before).user < 300_000);
    });
  }
});
