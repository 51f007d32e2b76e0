import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isIdentity } from '../../src/tenants/identify.ts';
import { keyPart, readScope, scopeKey } from '../../src/tenants/scopes.ts';
import { key, TenantRig } from './rig.ts';

const EVERYTHING = `{budget: [{limit: $1, per: day}, {limit: $1, per: session}, {limit: 1k tokens, per: task}], rates: {requests: 5/minute}, concurrency: 1}`;
const tenant = (name: string) => `
  ${name}:
    keys: ["${key(name)}"]
    budget: [{limit: $1, per: day}, {limit: $1, per: session}, {limit: 1k tokens, per: task}]
    rates: {requests: 5/minute, tokens: 5/minute}
    concurrency: 2
    users: ${EVERYTHING}
    agents: {coder: ${EVERYTHING}, "*": ${EVERYTHING}}
`;
const RIG = new TenantRig(tenant('acme') + tenant('other'));
const AMOUNTS = { nanos: 1, tokens: 1, requests: 1 };

/** Names made of what keys are made of. */
const hostile = fc.oneof(
  fc.stringMatching(/^[\x20-\x7e]{1,128}$/),
  fc
    .array(
      fc.constantFrom(
        'acme',
        'other',
        'tenant',
        'agent:',
        'user:',
        'session:',
        'task:',
        '/',
        ':',
        '*',
        '{',
        '}',
        '%',
        '%2F',
        '~',
        '..',
        'coder',
        '/usd/day',
        '/usd/session',
        '/concurrency',
        '\\',
        '"',
      ),
      { minLength: 1, maxLength: 12 },
    )
    .map((parts) => parts.join('').slice(0, 128)),
);
const HEADERS = ['x-breakwater-agent', 'x-breakwater-user', 'x-breakwater-session', 'x-breakwater-task'] as const;
const names = fc.record(
  {
    'x-breakwater-agent': hostile,
    'x-breakwater-user': hostile,
    'x-breakwater-session': hostile,
    'x-breakwater-task': hostile,
  },
  { requiredKeys: [] },
);
/** Whatever else a client may think of to name another tenant. */
const others = fc.dictionary(
  fc.constantFrom(
    'x-breakwater-tenant',
    'x-tenant',
    'x-breakwater-org',
    'x-api-key',
    'openai-organization',
    'forwarded',
    'host',
  ),
  fc.oneof(fc.constantFrom('other', key('other'), 'tenant:other'), hostile),
);

describe('another tenant', () => {
  test('cannot be reached by any header', () => {
    fc.assert(
      fc.property(names, others, fc.boolean(), (named, more, own) => {
        const auth = own ? { 'x-breakwater-key': key('acme') } : { authorization: `Bearer ${key('acme')}` };
        const identity = RIG.identify({ ...more, ...named, ...auth });
        assert.ok(isIdentity(identity), JSON.stringify(named));
        assert.equal(identity.tenant, RIG.config.tenants.get('acme'));
        assert.equal(identity.keyId, 'acme#1');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the keys of two requests', () => {
  test('are the same exactly where they name the same', () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        const [one, two] = [countersOf(a), countersOf(b)];
        for (const [scope, counter] of one) {
          for (const [otherScope, otherCounter] of two) assert.equal(counter === otherCounter, scope === otherScope);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('are printable, at most 500 bytes, and hold no brace', () => {
    const long = '/'.repeat(128);
    for (const name of [long, '%'.repeat(128), '{}'.repeat(64), 'x'.repeat(128)]) {
      for (const [, counter] of countersOf(Object.fromEntries(HEADERS.map((header) => [header, name])))) {
        assert.match(counter, /^[\x21-\x7e]{1,500}$/);
        assert.doesNotMatch(counter, /[{}]/);
      }
    }
  });
});

describe('a scope', () => {
  test('is read back as it was written, whatever its name', () => {
    fc.assert(
      fc.property(fc.constantFrom('agent', 'user', 'session', 'task'), hostile, (kind, name) => {
        const read = readScope(scopeKey(kind, name));
        assert.equal(read?.kind, kind);
        if (!keyPart(name).startsWith('~')) assert.equal(read.name, name);
      }),
    );
    assert.deepEqual(readScope(scopeKey('tenant', undefined)), { kind: 'tenant', name: undefined });
    assert.deepEqual(readScope(scopeKey('agent', undefined)), { kind: 'agent', name: undefined });
    for (const bad of ['', 'x', 'agent', 'agent:', 'tenant:x', 'nobody:x']) assert.equal(readScope(bad), undefined);
  });
});

/** Each counter's and rate's key, by what it stands for: its owner's name, its session's, and the kind of limit. */
function countersOf(named: IncomingHttpHeaders): Map<string, string> {
  const identity = RIG.identity({ ...named, 'x-api-key': key('acme') });
  const { counters, counterRules, rates, rateRules } = identity.limits.askFor(identity.names, AMOUNTS, RIG.clock.now());
  const found = new Map<string, string>();
  for (const [index, { owner, unit, per }] of counterRules.entries()) {
    const who = owner === 'tenant' ? '' : identity[owner];
    const part = per === 'session' || per === 'task' ? identity[per] : '';
    found.set(JSON.stringify([owner, who, per, part, unit]), counters[index]?.key ?? '');
  }
  for (const [index, { owner, unit }] of rateRules.entries()) {
    found.set(
      JSON.stringify([owner, owner === 'tenant' ? '' : identity[owner], 'rate', unit]),
      rates[index]?.key ?? '',
    );
  }
  return found;
}
