import { askOnce, type Reply } from '../load/connection.ts';
import { median } from '../measure/statistics.ts';
import type { Bench } from '../section.ts';
import { serve } from '../subjects/breakwater.ts';
import { type OwnRedis, startOwnRedis } from './redis.ts';
import { modelLines, REDIS_PREFIX, tenantRequest, wideTenants } from './tenants.ts';

export const ADDED_WHILE_AWAY_METRIC = 'ms added at worst';
export const DISOBEYED_METRIC = 'requests not treated as the policy says';
export const RECOVERED_METRIC = 'seconds until requests with a budget are answered';
export const FROZEN = 'Redis frozen';
export const GONE = 'Redis gone';

const BEFORE = 30;
const WHILE_AWAY = 60;
/** Between requests while it is away: they shall meet every moment between two looks at Redis. */
const APART_MS = 25;
const PATIENCE_MS = 30_000;

/** What a Redis that keeps the budgets costs requests when it falls silent or ends, and how soon they are answered again. */
export async function measureOutage(bench: Bench): Promise<void> {
  await bench.upstream.answer({ kind: 'json' });
  for (const [name, away, back] of [
    [FROZEN, (redis: OwnRedis) => redis.freeze(), (redis: OwnRedis) => redis.thaw()],
    [GONE, (redis: OwnRedis) => redis.kill(), (redis: OwnRedis) => redis.start()],
  ] as const) {
    const redis = await startOwnRedis(bench.place);
    if (redis === undefined) return;
    const proxies = [];
    try {
      for (const policy of ['block', 'allow'] as const)
        proxies.push({
          policy,
          ...(await serve(bench.place, `budgets-away-${policy}`, linesFor(bench, redis, policy))),
        });
      const before: number[] = [];
      for (const { port } of proxies) for (let left = BEFORE; left > 0; left--) before.push((await ask(port)).totalMs);
      await away(redis);
      let worst = 0;
      let disobeyed = 0;
      for (let left = WHILE_AWAY; left > 0; left--) {
        for (const { policy, port } of proxies) {
          const { status, totalMs } = await ask(port);
          worst = Math.max(worst, totalMs);
          if (status !== (policy === 'block' ? 503 : 200)) disobeyed++;
        }
        await sleep(APART_MS);
      }
      await back(redis);
      const since = performance.now();
      for (const { port } of proxies.filter(({ policy }) => policy === 'block')) {
        while ((await ask(port)).status !== 200 && performance.now() - since < PATIENCE_MS) await sleep(APART_MS);
      }
      const record = (metric: string, value: number) =>
        bench.record({ section: 'budgets', metric, circumstance: name, subject: 'breakwater', rounds: [value] });
      record(ADDED_WHILE_AWAY_METRIC, worst - median(before));
      record(DISOBEYED_METRIC, disobeyed);
      record(RECOVERED_METRIC, (performance.now() - since) / 1000);
      bench.say(`budgets, ${name}: at worst ${worst.toFixed(1)} ms for a request`);
    } finally {
      for (const proxy of proxies) await proxy.stop();
      await redis.stop();
    }
  }
}

function linesFor(bench: Bench, { url }: OwnRedis, policy: 'block' | 'allow'): string[] {
  const state = `{redis: "${url}", keyPrefix: "${REDIS_PREFIX}-away-${policy}", whenUnavailable: ${policy}}`;
  return [...modelLines(bench.place.upstreamPort), `state: ${state}`, ...wideTenants(1)];
}

function ask(port: number): Promise<Reply> {
  return askOnce(port, tenantRequest(port, { tenant: 0 }));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
