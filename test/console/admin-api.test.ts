import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import OpenAI from 'openai';
import { booksIn } from '../../bench/budgets/books.ts';
import { ADMIN_BODY_LIMIT } from '../../src/console/admin-routes.ts';
import { until } from '../chaos/until.ts';
import { key } from '../tenants/rig.ts';
import { ADMIN_KEY, type Answer, adminRig, chat, TENANTS } from './admin-rig.ts';

const EVERY_PATH: [string, string, unknown?][] = [
  ['GET', '/admin/budgets'],
  ['GET', '/admin/budgets?tenant=acme&format=csv'],
  ['GET', '/admin/keys'],
  ['GET', '/admin/tenants'],
  ['GET', '/admin/audit?tenant=acme'],
  ['GET', '/admin/ledger?tenant=acme'],
  ['GET', '/admin/ledger?tenant=acme&format=csv'],
  ['POST', '/admin/keys', { tenant: 'acme' }],
  ['POST', '/admin/keys/acme%231/rotate', {}],
  ['DELETE', '/admin/keys/acme%231'],
  ['POST', '/admin/pause', { tenant: 'acme', scope: 'tenant' }],
  ['POST', '/admin/resume', { tenant: 'acme', scope: 'tenant' }],
  ['GET', '/admin'],
  ['GET', '/admin/nothing'],
  ['PATCH', '/admin/keys'],
];

function errorOf({ json }: Answer): { message: string; code: string; type: string } {
  return Object(json).error;
}

test('no client key opens anything of /admin, whatever path and header it comes by', async (t) => {
  const rig = await adminRig(t);
  const made = (await rig.ask('POST', '/admin/keys', { tenant: 'acme' })).json;
  for (const [method, path, body] of EVERY_PATH) {
    for (const sent of [key('acme'), key('coder'), String(Object(made).key), `${ADMIN_KEY}x`, ADMIN_KEY.slice(1)]) {
      const answer = await rig.ask(method, path, body, sent);
      assert.equal(answer.status, 401, `${method} ${path}`);
      assert.equal(errorOf(answer).code, 'invalid_api_key');
      assert.ok(!/budget|ledger|bw_/.test(answer.text), answer.text);
    }
    const without = await rig.ask(method, path, body, '');
    assert.deepEqual([without.status, errorOf(without).code], [401, 'missing_api_key'], `${method} ${path}`);
  }
  const { data } = Object((await rig.ask('GET', '/admin/keys?tenant=acme')).json);
  assert.equal(data.length, 3, 'nothing was made or revoked');
});

test('an admin key is no client key', async (t) => {
  const rig = await adminRig(t);
  await assert.rejects(chat(rig.client(ADMIN_KEY)), OpenAI.AuthenticationError);
});

test('without admin keys there is no admin API, and it says which line to add', async (t) => {
  const rig = await adminRig(t, { admin: '' });
  for (const [method, path, body] of EVERY_PATH) {
    const answer = await rig.ask(method, path, body, key('acme'));
    assert.equal(answer.status, 404);
    assert.match(errorOf(answer).message, /admin: \{keys: \["\$\{BREAKWATER_ADMIN_KEY\}"\]\}/);
  }
});

test('a made key works at once, is shown once, and is refused at once when it is revoked', async (t) => {
  const rig = await adminRig(t);

  const made = await rig.ask('POST', '/admin/keys', { tenant: 'acme', agent: 'coder', label: 'ci', expiresIn: '90d' });
  const { key: secret, ...shown } = Object(made.json);

  assert.equal(made.status, 201);
  assert.equal(made.headers.get('cache-control'), 'no-store');
  assert.match(secret, /^bw_[0-9A-Za-z]{40}$/);
  assert.deepEqual(
    [shown.tenant, shown.agent, shown.label, shown.status, shown.hint],
    ['acme', 'coder', 'ci', 'good', secret.slice(-4)],
  );
  const life = Date.parse(shown.expiresAt) - Date.parse(shown.createdAt);
  assert.ok(Math.abs(life - 90 * 86_400_000) < 60_000, String(life));
  await chat(rig.client(secret));
  const list = await rig.ask('GET', '/admin/keys?tenant=acme');
  assert.ok(!list.text.includes(secret));
  assert.deepEqual(
    Object(list.json).data.map(({ id, source }: { id: string; source: string }) => [id, source]),
    [
      ['acme#1', 'config'],
      ['acme/coder#1', 'config'],
      [shown.id, 'store'],
    ],
  );

  const revoked = await rig.ask('DELETE', `/admin/keys/${shown.id}`);
  assert.equal(Object(revoked.json).status, 'revoked');
  await assert.rejects(chat(rig.client(secret)), OpenAI.AuthenticationError);
  assert.equal((await rig.ask('DELETE', `/admin/keys/${shown.id}`)).status, 200, 'again changes nothing');
  const told = rig.events.filter(({ event }) => event === 'key.created' || event === 'key.revoked');
  assert.deepEqual(
    told.map(({ event, tenant, scope }) => [event, tenant, scope]),
    [
      ['key.created', 'acme', 'agent:coder'],
      ['key.revoked', 'acme', 'agent:coder'],
    ],
  );
  assert.ok(!JSON.stringify(rig.events).includes(secret), 'no log line has the key');
});

test('rotating makes a new key and lets the old one go on for the overlap', async (t) => {
  const rig = await adminRig(t);
  const first = Object((await rig.ask('POST', '/admin/keys', { tenant: 'acme', agent: 'coder' })).json);

  const second = Object((await rig.ask('POST', `/admin/keys/${first.id}/rotate`, { overlap: '2h' })).json);
  await chat(rig.client(first.key));
  await chat(rig.client(second.key));

  assert.equal(second.agent, 'coder');
  assert.equal(second.replaces.id, first.id);
  const [old] = Object((await rig.ask('GET', '/admin/keys')).json).data.filter(
    ({ id }: { id: string }) => id === first.id,
  );
  assert.equal(old.status, 'ending');
  assert.equal(old.revokedAt, second.replaces.goodUntil);

  const third = Object((await rig.ask('POST', `/admin/keys/${second.id}/rotate`, { overlap: '0s' })).json);
  await assert.rejects(chat(rig.client(second.key)), OpenAI.AuthenticationError);
  await chat(rig.client(third.key));
  const again = await rig.ask('POST', `/admin/keys/${second.id}/rotate`);
  assert.deepEqual([again.status, errorOf(again).code], [404, 'key_not_found']);
});

test('a rotated key that is revoked before its overlap is over is refused at once', async (t) => {
  const rig = await adminRig(t);
  const first = Object((await rig.ask('POST', '/admin/keys', { tenant: 'acme', agent: 'coder' })).json);
  await rig.ask('POST', `/admin/keys/${first.id}/rotate`, { overlap: '24h' });
  await chat(rig.client(first.key));

  const revoked = Object((await rig.ask('DELETE', `/admin/keys/${first.id}`)).json);

  assert.equal(revoked.status, 'revoked');
  await assert.rejects(chat(rig.client(first.key)), OpenAI.AuthenticationError);
});

test('a paused scope is refused until it is resumed, and both are told', async (t) => {
  const rig = await adminRig(t);
  const coder = rig.client(key('coder'));
  await chat(coder);

  const paused = await rig.ask('POST', '/admin/pause', { tenant: 'acme', scope: 'agent:coder', reason: 'a loop' });
  await assert.rejects(
    chat(coder),
    (error) => error instanceof OpenAI.PermissionDeniedError && /a loop/.test(error.message),
  );
  await chat(rig.client(key('acme')));
  const report = Object((await rig.ask('GET', '/admin/budgets?tenant=acme')).json).data[0];
  const resumed = await rig.ask('POST', '/admin/resume', { tenant: 'acme', scope: 'agent:coder' });
  await chat(coder);

  assert.equal(paused.status, 200);
  assert.deepEqual(report.paused[0].reason, 'a loop');
  assert.deepEqual(
    report.budgets
      .filter(({ paused }: { paused: string | null }) => paused !== null)
      .map(({ scope }: { scope: string }) => scope),
    ['agent:coder'],
  );
  assert.deepEqual(resumed.json, { tenant: 'acme', scope: 'agent:coder', resumed: true });
  const again = await rig.ask('POST', '/admin/resume', { tenant: 'acme', scope: 'agent:coder' });
  assert.deepEqual([again.status, errorOf(again).code], [404, 'scope_not_paused']);
  const told = rig.events.filter(({ event }) => String(event).startsWith('scope.')).map(({ event }) => event);
  assert.deepEqual(told, ['scope.paused', 'scope.resumed']);
});

test('rates are told beside the budgets, as far as whoever is asked knows them', async (t) => {
  const tenants = `tenants:
  acme:
    keys: ["${key('acme')}"]
    rates: {requests: 5/day, tokens: 2M/day}
    agents: {coder: {keys: ["${key('coder')}"], rates: {requests: 3/day}}}`;
  const rig = await adminRig(t, { tenants });
  await chat(rig.client(key('coder')));
  const [acme] = Object((await rig.ask('GET', '/admin/budgets')).json).data;
  const [requests, tokens, coder, ...more] = acme.rates;
  assert.deepEqual(more, []);
  assert.deepEqual(
    [requests, coder].map(({ scope, unit, per, limit, available }) => [scope, unit, per, limit, available]),
    [
      ['tenant', 'requests', 'day', 5, 4],
      ['agent:coder', 'requests', 'day', 3, 2],
    ],
  );
  assert.ok(requests.fullInSeconds > 86_400 / 5 - 600 && requests.fullInSeconds <= 86_400 / 5);
  assert.ok(tokens.available > 1_900_000 && tokens.available < 2_000_000);
});

test('budgets are told in dollars and in nano-dollars, those nobody has used included', async (t) => {
  const rig = await adminRig(t);
  await chat(rig.client(key('coder')), { 'x-breakwater-session': 's1', 'x-breakwater-user': 'u 1' });

  const page = Object((await rig.ask('GET', '/admin/budgets')).json);
  const [acme, other] = page.data;
  const line = (counter: string) => acme.budgets.find((one: { counter: string }) => one.counter === counter);

  assert.deepEqual([page.store, page.next], ['sqlite', null]);
  const spent = line('tenant/usd/day').nanoUsd.spent;
  assert.ok(Number.isInteger(spent) && spent > 0);
  for (const counter of ['agent:coder/usd/day', 'user:u%201/usd/day', 'session:s1/usd/session'])
    assert.equal(line(counter).nanoUsd.spent, spent, counter);
  const { nanoUsd, spent: dollars, limit, remaining } = line('agent:coder/usd/day');
  assert.deepEqual([dollars, limit, nanoUsd.limit, nanoUsd.held], [spent / 1e9, 20, 20e9, 0]);
  assert.equal(nanoUsd.remaining, 20e9 - spent);
  assert.equal(remaining, (20e9 - spent) / 1e9);
  assert.equal(line('tenant/tokens/month').nanoUsd, null);
  assert.match(line('tenant/usd/day').resetsAt, /T00:00:00\+0[12]:00$/);
  assert.deepEqual([other.tenant, other.budgets[0].spent], ['other', 0]);
  // The bench reads its books here.
  const books = booksIn(page);
  assert.deepEqual(
    books.filter((book) => book.spent > 0).map(({ scope }) => scope),
    ['tenant', 'agent:coder', 'user:u%201', 'session:s1'],
  );
  const csv = (await rig.ask('GET', '/admin/budgets?format=csv')).text.split('\r\n');
  assert.equal(csv.length - 2, acme.budgets.length + other.budgets.length);
});

test('the ledger is one tenant’s alone, read in pages, and as CSV in one go', async (t) => {
  const rig = await adminRig(t);
  const acme = rig.client(key('acme'));
  for (let n = 0; n < 5; n++) await chat(acme, { 'x-breakwater-session': `=s,${n}` });
  await chat(rig.client(key('other')));

  const seen: string[] = [];
  let after = '';
  do {
    const page = Object((await rig.ask('GET', `/admin/ledger?tenant=acme&limit=2${after}`)).json);
    seen.push(...page.data.map(({ session }: { session: string }) => session));
    after = page.next === null ? '' : `&after=${page.next}`;
  } while (after !== '');
  const csv = await rig.ask('GET', '/admin/ledger?tenant=acme&format=csv');
  const bounded = await rig.ask('GET', '/admin/ledger?tenant=acme&format=csv&limit=3&since=1h');

  assert.deepEqual(seen, ['=s,0', '=s,1', '=s,2', '=s,3', '=s,4']);
  assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/);
  assert.equal(csv.headers.get('content-disposition'), 'attachment; filename="breakwater-ledger-acme.csv"');
  const lines = csv.text.trimEnd().split('\r\n');
  assert.equal(lines.length, 6);
  assert.ok(lines[1]?.includes(`"'=s,0"`), lines[1]);
  assert.ok(!csv.text.includes(',other,'));
  assert.equal(bounded.text.trimEnd().split('\r\n').length, 4);
  const none = await rig.ask('GET', '/admin/ledger?tenant=acme&format=csv&since=2030-01-01');
  assert.equal(none.text.split('\r\n').length, 2, 'the head alone');
});

test('what is asked wrongly is refused in words, with the name that was meant', async (t) => {
  const rig = await adminRig(t);
  const table: [string, string, unknown, number, RegExp][] = [
    ['GET', '/admin/budgets?tenant=acm', undefined, 404, /no tenant "acm"\. Did you mean "acme"\?/],
    ['GET', '/admin/budgets?tenent=acme', undefined, 400, /unknown field "tenent"\. Did you mean "tenant"\?/],
    ['GET', '/admin/budgets?tenant=a&tenant=b', undefined, 400, /tenant: expected one text/],
    ['GET', '/admin/budgets?format=xml', undefined, 400, /format: expected json or csv/],
    ['GET', '/admin/budgets?limit=0', undefined, 400, /limit: expected a whole number from 1 to 1000/],
    ['GET', '/admin/ledger', undefined, 400, /tenant: is missing/],
    ['GET', '/admin/ledger?tenant=acme&after=x', undefined, 400, /no cursor of this ledger/],
    ['GET', '/admin/ledger?tenant=acme&after=1-1', undefined, 400, /no cursor of this ledger/],
    ['GET', '/admin/ledger?tenant=acme&since=soon', undefined, 400, /since: "soon"/],
    ['GET', '/admin/ledger?tenant=acme&limit=many&format=csv', undefined, 400, /limit/],
    ['GET', '/admin/ledger?tenant=nobody&format=csv', undefined, 404, /no tenant "nobody"/],
    ['POST', '/admin/keys', {}, 400, /tenant: is missing/],
    ['POST', '/admin/keys', { tenant: 'acme', agent: 'codr' }, 404, /no agent "codr"\. Did you mean "coder"\?/],
    ['POST', '/admin/keys', { tenant: 'acme', expires: '1d' }, 400, /unknown field "expires"/],
    ['POST', '/admin/keys', { tenant: 'acme', expiresIn: 'soon' }, 400, /expected a span/],
    ['POST', '/admin/keys', { tenant: 'acme', expiresIn: '0s' }, 400, /ends at once/],
    ['POST', '/admin/keys', { tenant: 'acme', label: 'a\nb' }, 400, /label/],
    ['POST', '/admin/keys', { tenant: 7 }, 400, /tenant: expected one text/],
    ['POST', '/admin/keys', '{"tenant":', 400, /not valid JSON/],
    ['POST', '/admin/keys', '[]', 400, /expected a JSON object/],
    ['POST', '/admin/keys', { tenant: 'acme', label: 'x'.repeat(ADMIN_BODY_LIMIT) }, 413, /larger than 16384 bytes/],
    ['DELETE', '/admin/keys/acme%231', undefined, 404, /written in the configuration/],
    ['DELETE', '/admin/keys/key_nobody', undefined, 404, /no key "key_nobody"/],
    ['POST', '/admin/pause', { tenant: 'acme', scope: 'agnt:x' }, 400, /expected tenant, agent:NAME/],
    ['POST', '/admin/pause', { tenant: 'acme', scope: 'agent:codr' }, 404, /Did you mean "coder"/],
    ['POST', '/admin/pause', { tenant: 'acme', scope: 'tenant', reason: 'a\nb' }, 400, /reason/],
    ['GET', '/admin/nothing', undefined, 404, /there is no GET \/admin\/nothing/],
    ['GET', '/admin/pause', undefined, 405, /takes POST, not GET/],
    ['PUT', '/admin/keys', {}, 405, /takes GET, HEAD, POST, not PUT/],
  ];
  for (const [method, path, body, status, message] of table) {
    const answer = await rig.ask(method, path, body);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    assert.match(errorOf(answer).message, message);
    assert.match(answer.headers.get('x-breakwater-request-id') ?? '', /^bw_/);
  }
  assert.equal(Object((await rig.ask('GET', '/admin/budgets?tenant=acme')).json).data[0].paused.length, 0);
});

test('operators get in while clients are shed', async (t) => {
  const rig = await adminRig(t, { tenants: `limits: {concurrency: 1}\n${TENANTS}` });
  const { port } = new URL(rig.proxy.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key('acme')}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{`,
  );
  await until('it is taken in', () => rig.proxy.runtime.inFlight > 0);

  await assert.rejects(chat(rig.client(key('acme'))), OpenAI.InternalServerError);
  const paused = await rig.ask('POST', '/admin/pause', { tenant: 'acme', scope: 'tenant' });
  socket.destroy();

  assert.equal(paused.status, 200);
});

test('tenants are listed with their agents, and page by page where there are many', async (t) => {
  const many = Array.from({ length: 5 }, (_, n) => `  t${n}: {keys: ["${key(`t${n}`)}"]}`).join('\n');
  const rig = await adminRig(t, { tenants: `tenants:\n${many}` });
  const first = Object((await rig.ask('GET', '/admin/tenants?limit=3')).json);
  const rest = Object((await rig.ask('GET', `/admin/tenants?limit=3&after=${first.next}`)).json);
  const names = [...first.data, ...rest.data].map(({ tenant }: { tenant: string }) => tenant);
  assert.deepEqual([first.next, rest.next, names], ['t2', null, ['t0', 't1', 't2', 't3', 't4']]);
  const budgets = Object((await rig.ask('GET', '/admin/budgets?limit=2&after=t2')).json);
  assert.deepEqual([budgets.data.length, budgets.next], [2, null]);
});
