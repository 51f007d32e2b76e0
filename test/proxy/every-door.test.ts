import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rig } from '../chaos/rig.ts';
import { RawHttp } from './raw-http.ts';

const KEY = 'bw_acme_key_0123456789abcdef';
const ADMIN = 'bw_admin_key_0123456789abcdef';
const CONFIG = `
state: memory
models: {m: {targets: [{target: a/sim-usage-20-1, price: {input: "$0", output: "$1000"}}]}}
tenants: {acme: {keys: [${KEY}], budget: {limit: $0.50, per: day}}}
admin: {keys: [${ADMIN}]}
`;

const BODY = JSON.stringify({ model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] });

/** Every way in that asks for a key. */
const DOORS = [
  ['POST', '/v1/chat/completions'],
  ['POST', '/v1/completions'],
  ['POST', '/v1/embeddings'],
  ['POST', '/v1/messages'],
  ['POST', '/v1/messages/count_tokens'],
  ['POST', '/v1/responses'],
  ['POST', '/v1/route/explain'],
  ['POST', '/v1/outcomes'],
  ['GET', '/v1/models'],
  ['GET', '/v1/models/m'],
  ['HEAD', '/v1/models'],
  ['GET', '/admin/budgets'],
  ['POST', '/admin/pause'],
] as const;

/** The same door, written in other words: whatever a router takes for it. */
const SPELLINGS: Readonly<Record<string, (path: string) => string>> = {
  'as it is': (path) => path,
  'with a letter escaped': (path) => `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}`,
  'with all escaped but slashes': (path) => path.replace(/[^/]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`),
  'with a slash escaped': (path) => path.replace(/(.)\//, '$1%2F'),
  'as an absolute address': (path) => `http://proxy${path}`,
  'as an absolute address with a port': (path) => `HTTPS://proxy:1${path}`,
  'with two slashes': (path) => `/${path}`,
  'with a slash behind': (path) => `${path}/`,
  'with dots': (path) => `/.${path}`,
  'with dots behind an open door': (path) => `/healthz/..${path}`,
  'with dots behind the operators’ door': (path) => `/admin/..${path}`,
  'in capitals': (path) => path.toUpperCase(),
  'with a query': (path) => `${path}?key=none`,
  'with a semicolon': (path) => `${path};x`,
  'behind an open door in the query': (path) => `${path}?/healthz`,
};

test('nobody comes in without a key, however the path is written', async (t) => {
  const r = await rig(t, { config: CONFIG, asides: true });
  for (const [method, path] of DOORS) {
    for (const [how, spell] of Object.entries(SPELLINGS)) {
      const body = method === 'POST' ? BODY : '';
      const http = new RawHttp(t, r.proxy.url);
      http.send(
        `${method} ${spell(path)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${method === 'HEAD' ? '' : body}`,
      );
      const { status, body: said } =
        method === 'HEAD' ? { status: await headStatus(http), body: '' } : await http.response();
      assert.ok([400, 401, 404].includes(status), `${method} ${path} ${how} is answered with ${status}: ${said}`);
      if (how === 'as it is') assert.equal(status, 401);
    }
  }
  assert.equal(r.upstreams[0]?.requestCount, 0);
  assert.equal(r.records.length, 0);
});

test('with a key the same paths lead where they say, and on its account', async (t) => {
  const r = await rig(t, { config: CONFIG });
  for (const path of ['/%76%31/chat/completions', 'http://proxy/v1/chat/completions']) {
    const http = new RawHttp(t, r.proxy.url);
    http.send(
      `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
    );
    assert.equal((await http.response()).status, 200);
  }
  assert.deepEqual(
    r.records.map(({ tenant }) => tenant),
    ['acme', 'acme'],
  );
});

test('the doors for machines stay open', async (t) => {
  const r = await rig(t, { config: CONFIG });
  for (const path of ['/healthz', '/readyz', '/metrics'])
    assert.equal((await fetch(r.proxy.url + path)).status, 200, path);
});

/** A HEAD's answer has a length and no body, which nobody must wait for. */
async function headStatus(http: RawHttp): Promise<number> {
  let text = '';
  http.socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  await http.closed();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
}
