import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { exactKey, routeFingerprint, type ScopeOwner, type ScopeRoute } from '../../src/cache/scope.ts';
import { scopedHeaders } from '../../src/cache/scoped-headers.ts';
import { ENDPOINTS } from '../../src/dialects/endpoint.ts';
import { JsonMembers } from '../../src/dialects/json-members.ts';

const SECRET = Buffer.alloc(32, 7);
const OWNER: ScopeOwner = { tenant: 'acme', user: undefined, credential: undefined };
const TARGETS = [{ id: 'a/m', address: 'https://a' }];
const ROUTE: ScopeRoute = { endpoint: 'chat', fingerprint: routeFingerprint('smart', TARGETS, '') };

function keyOf(body: object | string, owner = OWNER, route = ROUTE, headers: readonly string[] = [], secret = SECRET) {
  const members = JsonMembers.read(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  assert.ok(members instanceof JsonMembers);
  return exactKey(secret, owner, route, { body: members, headers: scopedHeaders(headers) });
}

const REQUEST = {
  model: 'smart',
  messages: [
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'two' },
    { role: 'user', content: 'three' },
  ],
  tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
  tool_choice: 'auto',
  response_format: { type: 'json_object' },
  temperature: 0.1,
  top_p: 0.9,
  seed: 4,
  stop: ['x'],
  max_tokens: 10,
  n: 1,
  logit_bias: { 5: 1 },
  reasoning_effort: 'low',
};

test('the same request has the same key, whatever the order of its members and the blanks around them', () => {
  const reversed = Object.fromEntries(Object.entries(REQUEST).reverse());
  assert.equal(keyOf(reversed), keyOf(REQUEST));
  assert.equal(keyOf(`\n{ ${JSON.stringify(REQUEST).slice(1, -1)} }  `), keyOf(REQUEST));
  assert.match(keyOf(REQUEST), /^[\w-]{32}$/);
});

describe('another key', () => {
  const changes: readonly [string, object][] = [
    ['another system prompt', { messages: [{ role: 'system', content: 'be long' }, ...REQUEST.messages.slice(1)] }],
    [
      'another role for the same text',
      { messages: [{ ...REQUEST.messages[0], role: 'developer' }, ...REQUEST.messages.slice(1)] },
    ],
    [
      'another earlier turn',
      { messages: [...REQUEST.messages.slice(0, 2), { role: 'assistant', content: '2' }, REQUEST.messages[3]] },
    ],
    ['one earlier turn less', { messages: [REQUEST.messages[0], REQUEST.messages[3]] }],
    ['another question', { messages: [...REQUEST.messages.slice(0, 3), { role: 'user', content: 'thre' }] }],
    ['another tool', { tools: [{ type: 'function', function: { name: 'g', parameters: { type: 'object' } } }] }],
    ['no tools', { tools: undefined }],
    ['another tool choice', { tool_choice: 'none' }],
    ['another format', { response_format: { type: 'text' } }],
    ['another temperature', { temperature: 0.2 }],
    ['another top_p', { top_p: 0.8 }],
    ['another seed', { seed: 5 }],
    ['another stop', { stop: ['y'] }],
    ['another cap', { max_tokens: 11 }],
    ['more choices', { n: 2 }],
    ['another bias', { logit_bias: { 5: 2 } }],
    ['another effort', { reasoning_effort: 'high' }],
    ['a field that nobody knows', { brand_new_field: true }],
    ['a field without a value', { brand_new_field: null }],
  ];
  for (const [name, change] of changes) {
    test(`for ${name}`, () => assert.notEqual(keyOf({ ...REQUEST, ...change }), keyOf(REQUEST)));
  }

  test('for each tenant, and for none', () => {
    const keys = ['acme', 'umbrella', '', undefined].map((tenant) => keyOf(REQUEST, { ...OWNER, tenant }));
    assert.equal(new Set(keys).size, 4);
  });

  test('for each user, where users do not share', () => {
    const keys = ['ann', 'bob', undefined].map((user) => keyOf(REQUEST, { ...OWNER, user }));
    assert.equal(new Set(keys).size, 3);
  });

  test('for each key of a client that is passed on', () => {
    const keys = ['Bearer a', 'Bearer b', undefined].map((credential) => keyOf(REQUEST, { ...OWNER, credential }));
    assert.equal(new Set(keys).size, 3);
  });

  test('for each endpoint', () => {
    const keys = ENDPOINTS.map((endpoint) => keyOf(REQUEST, OWNER, { ...ROUTE, endpoint }));
    assert.equal(new Set(keys).size, ENDPOINTS.length);
  });

  test('for another model, chain, address or epoch', () => {
    const fingerprints = [
      ROUTE.fingerprint,
      routeFingerprint('other', TARGETS, ''),
      routeFingerprint('smart', [{ id: 'a/m2', address: 'https://a' }], ''),
      routeFingerprint('smart', [...TARGETS, { id: 'b/m', address: 'https://b' }], ''),
      routeFingerprint('smart', [{ id: 'a/m', address: 'https://elsewhere' }], ''),
      routeFingerprint('smart', TARGETS, '2026-11'),
    ];
    const keys = fingerprints.map((fingerprint) => keyOf(REQUEST, OWNER, { ...ROUTE, fingerprint }));
    assert.equal(new Set(keys).size, fingerprints.length);
  });

  test('for a header that a provider may answer by, not for one that only carries the request', () => {
    const withHeaders = (...headers: string[]) => keyOf(REQUEST, OWNER, ROUTE, headers);
    assert.notEqual(withHeaders('anthropic-beta', 'x'), withHeaders());
    assert.notEqual(withHeaders('anthropic-beta', 'x'), withHeaders('Anthropic-Beta', 'y'));
    assert.notEqual(withHeaders('x-brand-new', '1'), withHeaders());
    assert.equal(withHeaders('B', '2', 'A', '1'), withHeaders('a', '1', 'b', '2'));
    assert.notEqual(withHeaders('cf-aig-authorization', 'Bearer x'), withHeaders());
    assert.notEqual(withHeaders('x-goog-api-key', 'x'), withHeaders());
    const carried = [
      'user-agent',
      'cf-ray',
      'sentry-trace',
      'b3',
      'x-stainless-lang',
      'traceparent',
      'authorization',
      'x-breakwater-session',
      'idempotency-key',
    ];
    for (const name of carried) assert.equal(withHeaders(name, 'x'), withHeaders(), name);
  });

  test('under another secret', () => {
    assert.notEqual(keyOf(REQUEST, OWNER, ROUTE, [], Buffer.alloc(32, 8)), keyOf(REQUEST));
  });
});

test('how it is delivered, and who asks where users share, changes nothing', () => {
  for (const more of [
    { stream: true },
    { stream_options: { include_usage: true } },
    { model: 'alias' },
    { user: 'ann' },
    { metadata: { a: 'b' } },
    { safety_identifier: 's' },
    { prompt_cache_key: 'p' },
  ])
    assert.equal(keyOf({ ...REQUEST, ...more }), keyOf(REQUEST), JSON.stringify(more));
});

test('where users do not share, what names them counts', () => {
  const owner = { ...OWNER, user: 'ann' };
  for (const more of [{ user: 'x' }, { metadata: { a: 'b' } }, { safety_identifier: 's' }])
    assert.notEqual(keyOf({ ...REQUEST, ...more }, owner), keyOf(REQUEST, owner), JSON.stringify(more));
});

test('Responses repeats in its answer who asked, so there it counts', () => {
  const route = { ...ROUTE, endpoint: 'responses' } as const;
  for (const more of [{ user: 'x' }, { metadata: { a: 'b' } }, { prompt_cache_key: 's' }])
    assert.notEqual(keyOf({ ...REQUEST, ...more }, OWNER, route), keyOf(REQUEST, OWNER, route), JSON.stringify(more));
});

test('no two requests that differ in anything but the delivery share a key', () => {
  const names = fc.string({ minLength: 1, maxLength: 6 }).filter((name) => !/[\\"]|[^\x20-\x7e]/.test(name));
  const bodies = fc.dictionary(names, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 });
  const owners = fc.record({
    tenant: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
    user: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
    credential: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(bodies, bodies, owners, owners, (one, other, oneOwner, otherOwner) => {
      const sorted = (body: object) => JSON.stringify(Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1)));
      const same =
        sorted(one) === sorted(other) &&
        JSON.stringify(Object.values(oneOwner).map((v) => v ?? null)) ===
          JSON.stringify(Object.values(otherOwner).map((v) => v ?? null));
      assert.equal(keyOf(one, oneOwner) === keyOf(other, otherOwner), same);
    }),
    { numRuns: 500 },
  );
});
