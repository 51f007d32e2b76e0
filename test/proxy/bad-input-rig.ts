import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Rig, rig } from '../chaos/rig.ts';
import { until } from '../chaos/until.ts';
import { postBytes, RawHttp, type RawResponse } from './raw-http.ts';

/** A request that is answered. */
export const GOOD = '{"model":"smart","messages":[{"role":"user","content":"hello"}]}';

/** A proxy with tight limits. */
export async function startTight(t: TestContext): Promise<Rig> {
  const proxy = await rig(t, {
    // Two providers: with one, any unknown name would be taken for a name of its own.
    upstreams: [{}, {}],
    config: `limits: {body: 64KiB, headers: 8KiB}
models: {smart: {targets: [a/sim-ok]}, small: {targets: [a/sim-ok]}}`,
  });
  return proxy;
}

/** The error body, in OpenAI's shape and whole. */
export function errorIn(response: RawResponse): { message: string; type: string; param: string | null; code: string } {
  assert.match(response.headers['content-type'] ?? '', /^application\/json/);
  const { error, ...rest } = JSON.parse(response.body);
  assert.deepEqual(rest, {});
  assert.deepEqual(Object.keys(error).toSorted(), ['breakwater', 'code', 'message', 'param', 'type']);
  assert.ok(error.message.length > 10);
  assert.match(response.headers['x-breakwater-request-id'] ?? '', /^bw_/);
  return error;
}

/** After whatever was sent: nothing went upstream because of it, nothing is held, and a good request is answered. */
export async function assertHealthy(t: TestContext, proxy: Rig): Promise<void> {
  const { runtime } = proxy.proxy;
  await until(
    'nothing is held',
    () => runtime.inFlight === 0 && runtime.bodyBytes === 0 && runtime.exchanges.size === 0,
  );
  const before = proxy.upstreams[0]?.requestCount;
  assert.equal(before, 0, 'nothing went upstream');
  const good = await new RawHttp(t, proxy.proxy.url).send(postBytes(GOOD)).response();
  assert.equal(good.status, 200);
  assert.equal(runtime.inFlight, 0);
}
