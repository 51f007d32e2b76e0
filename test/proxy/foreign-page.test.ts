import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Rig, rig } from '../chaos/rig.ts';

const KEY = 'bw_acme_key_0123456789abcdef';
const MODELS = 'models: {m: {targets: [a/sim-ok]}}';

/** As a form or a script of a page sends it, which asks no leave of the server first. */
async function from({ proxy }: Rig, origin: string | undefined, headers: Record<string, string> = {}): Promise<number> {
  const answer = await fetch(`${proxy.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', ...(origin === undefined ? {} : { origin }), ...headers },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] }),
  });
  await answer.text();
  return answer.status;
}

const FOREIGN = [
  'https://evil.example',
  'http://evil.example:8080',
  'http://localhost.evil.example',
  'http://10.0.0.7',
  'null',
];
const OWN = [
  undefined,
  'http://localhost:3000',
  'http://127.0.0.1:8080',
  'http://[::1]:3000',
  'vscode-webview://1',
  'app://notes',
];

test('a page of the web cannot spend the keys of a proxy that asks nobody for one', async (t) => {
  const r = await rig(t, { config: MODELS });
  for (const origin of FOREIGN) assert.equal(await from(r, origin), 403, origin);
  assert.equal(r.upstreams[0]?.requestCount, 0);
  for (const origin of OWN) assert.equal(await from(r, origin), 200, origin);
});

test('where that is meant, or keys are asked for, a page may come', async (t) => {
  const open = await rig(t, { config: `auth: none\n${MODELS}` });
  const keyed = await rig(t, { config: `state: memory\ntenants: {acme: {keys: [${KEY}]}}\n${MODELS}` });
  for (const origin of FOREIGN) {
    assert.equal(await from(open, origin), 200, origin);
    assert.equal(await from(keyed, origin), 401, origin);
    assert.equal(await from(keyed, origin, { authorization: `Bearer ${KEY}` }), 200, origin);
  }
});
