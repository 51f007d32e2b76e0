import { runClosedLoop } from '../load/closed-loop.ts';
import { askOnce } from '../load/connection.ts';
import type { Bench } from '../section.ts';
import { serve } from '../subjects/breakwater.ts';
import { ONE_REDIS } from './cost.ts';
import type { BenchRedis } from './redis.ts';
import { bookLines, modelLines, tenantRequest, wideTenants } from './tenants.ts';

export const BEFORE_METRIC = 'scripts/request before the call';
export const AFTER_METRIC = 'scripts/request after the call';
export const TRIPS_METRIC = 'Redis round trips/request';

/** Many, so that the reading of the board of circuits, once a second, is lost among them. */
const AT_ONCE = 100;
/** A stream of a second: its middle is surely between the reserve and the settlement. */
const SLOW = { kind: 'stream', events: 50, gapMs: 20 } as const;
const MIDDLE_MS = 500;
/** The settlement is not awaited by the client. */
const SETTLED_MS = 500;

/** What one request asks of Redis, by Redis's own count. */
export async function countRoundTrips(bench: Bench, redis: BenchRedis): Promise<void> {
  const proxy = await serve(bench.place, 'budgets-trips', [
    ...modelLines(bench.place.upstreamPort),
    ...bookLines({ kind: 'redis', url: redis.url, purpose: 'trips' }),
    ...wideTenants(1),
  ]);
  const record = (metric: string, value: number) =>
    bench.record({ section: 'budgets', metric, circumstance: ONE_REDIS, subject: 'breakwater', rounds: [value] });
  try {
    const { port } = proxy;
    await bench.upstream.answer(SLOW);
    // The script's text is sent once; so is whatever else a new connection says.
    await askOnce(port, tenantRequest(port, { tenant: 0 }, true));
    await sleep(SETTLED_MS);
    const idle = await redis.count();
    const answers = Array.from({ length: AT_ONCE }, () => askOnce(port, tenantRequest(port, { tenant: 0 }, true)));
    await sleep(MIDDLE_MS);
    const middle = await redis.count();
    for (const { status } of await Promise.all(answers)) if (status !== 200) throw new Error(`status ${status}`);
    await sleep(SETTLED_MS);
    const end = await redis.count();
    record(BEFORE_METRIC, (middle.scripts - idle.scripts) / AT_ONCE);
    record(AFTER_METRIC, (end.scripts - middle.scripts) / AT_ONCE);

    await bench.upstream.answer({ kind: 'json' });
    const before = await redis.count();
    const { good } = await runClosedLoop({
      port,
      request: tenantRequest(port, { tenant: 0 }),
      connections: 1,
      forMs: bench.options.quick ? 300 : 2_000,
      check: ({ status }) => (status === 200 ? undefined : `status ${status}`),
    });
    await sleep(SETTLED_MS);
    const after = await redis.count();
    record(TRIPS_METRIC, (after.reads - before.reads - 1) / good);
  } finally {
    await proxy.stop();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
