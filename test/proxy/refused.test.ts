import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HELLO } from '../chaos/rig.ts';
import { ADMIN_KEY, adminRig } from '../console/admin-rig.ts';
import { key } from '../tenants/rig.ts';

const BODY = { model: 'm', messages: HELLO };

test('what is refused before it is a request leaves a line with its id, and is counted', async (t) => {
  const rig = await adminRig(t);
  const cases: readonly (readonly [string, Parameters<typeof rig.ask>, string, number])[] = [
    ['no key', ['POST', '/v1/chat/completions', BODY, ''], 'missing_key', 401],
    ['a wrong key', ['POST', '/v1/chat/completions', BODY, 'bw_wrong-wrong-wrong-wrong'], 'invalid_key', 401],
    ['a body that is no JSON', ['POST', '/v1/chat/completions', '{', key('acme')], 'invalid_json', 400],
    ['no model', ['POST', '/v1/chat/completions', { messages: HELLO }, key('acme')], 'missing', 400],
    ['another path', ['GET', '/v1/nothing', undefined, key('acme')], 'unknown_route', 404],
    ['another method', ['DELETE', '/v1/chat/completions', undefined, key('acme')], 'method_not_allowed', 405],
    ['the operators’ door', ['GET', '/admin/budgets', undefined, 'not-the-admin-key-0123456789'], 'invalid_key', 401],
    ['an outcome of nothing', ['POST', '/v1/outcomes', {}, key('acme')], 'missing', 400],
  ];
  for (const [what, asked, code, httpStatus] of cases) {
    const { headers, status } = await rig.ask(...asked);
    assert.equal(status, httpStatus, what);
    const id = headers.get('x-breakwater-request-id');
    const line = rig.events.find((event) => event.msg === 'refused' && event.id === id);
    assert.ok(line !== undefined, `${what}: ${JSON.stringify(rig.events.at(-1))}`);
    assert.deepEqual([line.code, line.httpStatus], [code, httpStatus], what);
    assert.equal(line.tenant, asked[3] === key('acme') ? 'acme' : undefined, 'whose it was, where that was known');
    assert.ok(typeof line.reason === 'string' && line.reason.length > 5);
  }
  const { text } = await rig.ask('GET', '/metrics');
  assert.match(text, /^breakwater_refused_total\{code="invalid_key"\} 2$/m);
  assert.match(text, /^breakwater_refused_total\{code="missing"\} 2$/m);
  assert.doesNotMatch(text, /^breakwater_requests_total\{/m, 'none of them is a request');
  assert.ok(!JSON.stringify(rig.events).includes('bw_wrong'), 'no key is logged');
  assert.ok(!JSON.stringify(rig.events).includes(ADMIN_KEY));
});

test('a long name that a client made up is cut in the log', async (t) => {
  const rig = await adminRig(t);
  await rig.ask('POST', '/v1/chat/completions', { ...BODY, model: `x/${'y'.repeat(50_000)}` }, key('acme'));
  const line = rig.events.find(({ msg }) => msg === 'refused');
  assert.ok(JSON.stringify(line).length < 600, JSON.stringify(line));
});

test('webhooks that were delivered, given up or still wait are numbers an operator can watch', async (t) => {
  const rig = await adminRig(t);
  const { text } = await rig.ask('GET', '/metrics');
  for (const result of ['delivered', 'failed-try', 'given-up', 'dropped'])
    assert.match(text, new RegExp(`^breakwater_webhook_events_total\\{result="${result}"\\} 0$`, 'm'));
  assert.match(text, /^breakwater_webhook_events_waiting 0$/m);
  assert.match(text, /^breakwater_config_last_reload_successful 1$/m);
});
