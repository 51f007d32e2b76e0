import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HELLO } from '../chaos/rig.ts';
import { adminRig } from '../console/admin-rig.ts';
import { key } from '../tenants/rig.ts';

/** Room for a short answer, and not for all that a model may write. */
const TENANTS = `
tenants:
  acme: {keys: ["${key('acme')}"], budget: {limit: $0.01, per: day}}
`;
const ADVICE = /names no (\w+), so all that the model may write is counted: with one it needs less\.$/;

test('who names no cap and is refused for it is told so, in the word of its endpoint', async (t) => {
  const rig = await adminRig(t, { tenants: TENANTS });
  const refusal = async (path: string, body: object) => {
    const { status, json } = await rig.ask('POST', path, { model: 'm', ...body }, key('acme'));
    return [status, Object(json).error?.message];
  };
  for (const [path, body, cap] of [
    ['/v1/chat/completions', { messages: HELLO }, 'max_tokens'],
    ['/v1/completions', { prompt: 'Hello' }, 'max_tokens'],
    ['/v1/responses', { input: 'Hello' }, 'max_output_tokens'],
  ] as const) {
    const [status, message] = await refusal(path, body);
    assert.equal(status, 429, path);
    assert.equal(ADVICE.exec(message)?.[1], cap, message);
  }
  const [status] = await refusal('/v1/chat/completions', { messages: HELLO, max_tokens: 100 });
  assert.equal(status, 200, 'as the advice says');
});

test('nobody is told to name a cap who has named one, or whose budget is used up anyway', async (t) => {
  const rig = await adminRig(t, { tenants: TENANTS.replace('$0.01', '$0.0000001') });
  const ask = async (body: object) =>
    Object((await rig.ask('POST', '/v1/chat/completions', { model: 'm', messages: HELLO, ...body }, key('acme'))).json)
      .error?.message;
  assert.doesNotMatch(await ask({ max_tokens: 100 }), ADVICE);
  const spent = await adminRig(t, { tenants: TENANTS.replace('$0.01', '1 requests') });
  await spent.ask('POST', '/v1/chat/completions', { model: 'm', messages: HELLO }, key('acme'));
  const { json } = await spent.ask('POST', '/v1/chat/completions', { model: 'm', messages: HELLO }, key('acme'));
  assert.doesNotMatch(Object(json).error?.message, ADVICE);
});
