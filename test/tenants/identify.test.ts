import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, test } from 'node:test';
import { hashKey } from '../../src/config/key-hash.ts';
import { renderAnthropicError } from '../../src/failures/render-anthropic.ts';
import { renderOpenAiError } from '../../src/failures/render-openai.ts';
import { upstreamHeaders } from '../../src/providers/headers.ts';
import { isIdentity } from '../../src/tenants/identify.ts';
import { identifyAdmin } from '../../src/tenants/identify-admin.ts';
import { makeKey } from '../../src/tenants/make-key.ts';
import { authorizationToPassOn } from '../../src/tenants/pass-on.ts';
import { configOf } from '../config/problems-of.ts';
import { key, TenantRig } from './rig.ts';

const RIG = new TenantRig(`
  acme:
    keys: ["${key('acme')}"]
    agents: {coder: {keys: ["${key('coder')}"], warnAt: 50%}, "*": {warnAt: 60%}}
  plain: {keys: ["${key('plain')}"], agents: {coder: {warnAt: 50%}}}
`);
const CONTEXT = { requestId: 'r', attempts: [], spent: true };

describe('a client key', () => {
  const acme = key('acme');
  const plain = key('plain');
  const table: readonly (readonly [string, IncomingHttpHeaders, string, string])[] = [
    ['as a bearer token', { authorization: `Bearer ${acme}` }, 'acme', 'authorization'],
    ['as a bearer token in small letters', { authorization: `bearer  ${acme}` }, 'acme', 'authorization'],
    ['in x-api-key', { 'x-api-key': acme }, 'acme', 'x-api-key'],
    ['in x-breakwater-key', { 'x-breakwater-key': acme }, 'acme', 'x-breakwater-key'],
    [
      'in x-breakwater-key before all',
      { 'x-breakwater-key': acme, authorization: `Bearer ${plain}` },
      'acme',
      'x-breakwater-key',
    ],
    ['as a bearer before x-api-key', { authorization: `Bearer ${acme}`, 'x-api-key': plain }, 'acme', 'authorization'],
    ['in x-api-key beside Basic', { authorization: 'Basic abc', 'x-api-key': acme }, 'acme', 'x-api-key'],
  ];
  for (const [how, headers, tenant, source] of table) {
    test(`is read ${how}`, () => {
      const identity = RIG.identity(headers);
      assert.equal(identity.tenant.name, tenant);
      assert.equal(identity.keySource, source);
    });
  }

  test('that is wrong where it counts is not made up for by another', () => {
    const failure = RIG.identify({ authorization: 'Bearer wrong', 'x-api-key': acme });
    assert.ok(!isIdentity(failure));
    assert.equal(failure.code, 'invalid_key');
  });

  test('that is missing or wrong is a 401 in both dialects, not repeated, and not told', () => {
    const secret = 'bw_secret_secret_secret_secret_secret_secret';
    for (const headers of [
      {},
      { authorization: `Bearer ${secret}` },
      { 'x-api-key': secret },
      { authorization: secret },
    ]) {
      const failure = RIG.identify(headers);
      assert.ok(!isIdentity(failure));
      const openai = renderOpenAiError(failure, CONTEXT);
      const anthropic = renderAnthropicError(failure, CONTEXT);
      assert.equal(openai.status, 401);
      assert.equal(openai.body.error.type, 'authentication_error');
      assert.equal(openai.headers['x-should-retry'], 'false');
      assert.equal(anthropic.status, 401);
      assert.equal(anthropic.body.error.type, 'authentication_error');
      assert.doesNotMatch(JSON.stringify([openai, anthropic]), /bw_secret/);
    }
  });

  test('never goes upstream, wherever it stood, and nor does any header of ours', () => {
    const provider = [...RIG.config.providers.values()][0];
    assert.ok(provider !== undefined);
    const raw = [
      'Authorization',
      `Bearer ${acme}`,
      'X-Api-Key',
      acme,
      'api-key',
      acme,
      'X-Breakwater-Key',
      acme,
      'x-other',
      'kept',
    ];
    raw.push(
      'X-Breakwater-Agent',
      'a',
      'x-breakwater-session',
      's',
      'x-breakwater-user',
      'u',
      'x-breakwater-task',
      't',
    );
    const headers = upstreamHeaders(raw, provider, provider.keys[0], undefined);
    assert.ok(!headers.some((text) => text.includes('bw_') || text.startsWith('x-breakwater')));
    assert.ok(headers.includes('kept'));
  });

  test('is the only one that goes upstream, and on the operator’s account', () => {
    const config = configOf(`
providers:
  openai: {apiKey: the-operators}
  named: {baseUrl: "http://127.0.0.1:1/v1", apiKey: the-operators, auth: {header: x-goog-api-key}}
`);
    const raw = ['openai-organization', 'org-x', 'openai-project', 'p-x', 'x-goog-api-key', 'k-x', 'x-title', 'kept'];
    const sent = (name: string, tenant?: string) => {
      const provider = config.providers.get(name);
      assert.ok(provider);
      const headers = upstreamHeaders(raw, provider, provider.keys[0], undefined, tenant);
      return raw.filter((text) => text.endsWith('x') && headers.includes(text));
    };
    assert.deepEqual(sent('openai', 'acme'), []);
    assert.deepEqual(sent('named', 'acme'), []);
    assert.deepEqual(sent('named'), []);
    // Nobody is asked for a key: the client is the operator.
    assert.deepEqual(sent('openai'), ['org-x', 'p-x', 'k-x']);
  });

  test('of two tenants with the same idempotency key are two to a provider', () => {
    const provider = [...RIG.config.providers.values()][0];
    assert.ok(provider);
    const sent = (tenant?: string, word = '1') => {
      const headers = upstreamHeaders(['Idempotency-Key', word], provider, provider.keys[0], undefined, tenant);
      return headers[headers.indexOf('idempotency-key') + 1];
    };
    assert.equal(sent(), '1');
    assert.equal(sent('acme'), sent('acme'), 'a repeat is a repeat');
    assert.equal(new Set([sent(), sent('acme'), sent('other'), sent('acme', '2')]).size, 4);
  });

  test('is told from the client’s own key for a provider that gets that one', () => {
    const passed = (headers: IncomingHttpHeaders) =>
      authorizationToPassOn(headers, RIG.identity(headers).keySource, RIG.keys);
    const own = 'Bearer sk-the-clients-own';
    assert.equal(passed({ 'x-breakwater-key': acme, authorization: own }), own);
    assert.equal(passed({ 'x-breakwater-key': acme, 'x-api-key': 'sk-own' }), 'Bearer sk-own');
    assert.equal(passed({ 'x-breakwater-key': acme }), undefined);
    assert.equal(passed({ authorization: `Bearer ${acme}`, 'x-api-key': 'sk-own' }), undefined);
    assert.equal(passed({ 'x-api-key': acme }), undefined);
    for (const authorization of [acme, `Bearer ${acme}`, `Bearer ${plain}`, `Bearer  ${acme} `, `Bearer ${makeKey()}`])
      assert.equal(passed({ 'x-breakwater-key': acme, authorization }), undefined, authorization);
    assert.equal(authorizationToPassOn({ authorization: own }, undefined, RIG.keys), own);
  });

  test('of the configuration is no admin key, and the other way round', () => {
    const admin = { keys: [{ id: 'admin#1', hash: 'x'.repeat(64), agent: undefined }] };
    assert.ok('class' in identifyAdmin({ authorization: `Bearer ${acme}` }, admin));
    const real = { keys: [...admin.keys, { id: 'admin#2', hash: hashKey(key('admin')), agent: undefined }] };
    assert.deepEqual(identifyAdmin({ authorization: `Bearer ${key('admin')}` }, real), { keyId: 'admin#2' });
    assert.ok('class' in identifyAdmin({}, admin));
    assert.ok('class' in identifyAdmin({ authorization: `Bearer ${acme}` }, { keys: [] }));
  });
});

describe('an agent', () => {
  test('is what the key says; naming it again is fine, naming another is a 403', () => {
    const bearer = { authorization: `Bearer ${key('coder')}` };
    assert.equal(RIG.identity(bearer).agent, 'coder');
    assert.equal(RIG.identity({ ...bearer, 'x-breakwater-agent': 'coder' }).policy.warnAt, 0.5);
    const failure = RIG.identify({ ...bearer, 'x-breakwater-agent': 'other' });
    assert.ok(!isIdentity(failure));
    assert.match(failure.message, /"coder" only/);
    const { status, body } = renderAnthropicError(failure, CONTEXT);
    assert.deepEqual([status, body.error.type], [403, 'permission_error']);
  });

  test('that is not written has what "*" says, else what the tenant says', () => {
    const acme = { authorization: `Bearer ${key('acme')}` };
    const plain = { authorization: `Bearer ${key('plain')}` };
    assert.equal(RIG.identity({ ...acme, 'x-breakwater-agent': 'coder' }).policy.warnAt, 0.5);
    assert.equal(RIG.identity({ ...acme, 'x-breakwater-agent': 'x' }).policy.warnAt, 0.6);
    assert.equal(RIG.identity(acme).policy.warnAt, 0.6);
    assert.equal(RIG.identity({ ...plain, 'x-breakwater-agent': 'x' }).policy.warnAt, 0.8);
    assert.equal(RIG.identity(plain).policy.warnAt, 0.8);
  });

  test('that is not named shares one account where there is a "*", and has none where not', () => {
    assert.deepEqual(RIG.identity({ 'x-api-key': key('acme') }).scopes, ['tenant', 'agent:*']);
    assert.deepEqual(RIG.identity({ 'x-api-key': key('plain') }).scopes, ['tenant']);
    assert.deepEqual(RIG.identity({ 'x-api-key': key('acme'), 'x-breakwater-agent': '*' }).scopes, [
      'tenant',
      'agent:%2A',
    ]);
  });
});

describe('a name header', () => {
  const base = { 'x-api-key': key('plain') };

  test('names a scope; an empty one names none', () => {
    const identity = RIG.identity({
      ...base,
      'x-breakwater-user': 'Ann B',
      'x-breakwater-session': 's-1',
      'x-breakwater-task': '',
    });
    assert.deepEqual(identity.scopes, ['tenant', 'user:Ann%20B', 'session:s-1']);
    assert.equal(identity.user, 'Ann B');
    assert.equal(identity.task, undefined);
  });

  for (const header of ['agent', 'user', 'session', 'task'].map((name) => `x-breakwater-${name}`)) {
    test(`${header} that is too long or not printable is a 400 that names it`, () => {
      for (const value of ['x'.repeat(129), 'a\tb', 'J\u00fcrgen', '\u007f']) {
        const failure = RIG.identify({ ...base, [header]: value });
        assert.ok(!isIdentity(failure));
        const { status, body } = renderOpenAiError(failure, CONTEXT);
        assert.equal(status, 400);
        assert.equal(body.error.param, header);
        assert.match(body.error.message, new RegExp(header));
      }
      assert.ok(isIdentity(RIG.identify({ ...base, [header]: 'x'.repeat(128) })));
    });
  }
});
