import { measureBudgetCost } from './budgets/cost.ts';
import { measureHolds } from './budgets/holds.ts';
import { measureOutage } from './budgets/outage.ts';
import { findRedis } from './budgets/redis.ts';
import { countRoundTrips } from './budgets/round-trips.ts';
import type { Bench } from './section.ts';
import { CannotStart } from './subjects/subject.ts';

/** What tenants, budgets and rates cost a request, and that they hold: on SQLite, and on Redis where there is one. */
export async function measureBudgets(bench: Bench): Promise<void> {
  if (!bench.options.subjects.includes('breakwater')) return;
  const redis = await findRedis(bench.place);
  if (redis === undefined) bench.say('budgets: no redis-server and no BREAKWATER_TEST_REDIS: SQLite only');
  try {
    await measureBudgetCost(bench, redis);
    if (redis !== undefined) await countRoundTrips(bench, redis);
    await measureHolds(bench, redis);
    await measureOutage(bench);
  } catch (error) {
    // A build that does not know tenants; the marks then say that nothing was measured.
    if (!(error instanceof CannotStart)) throw error;
    bench.say(`left out: ${error.message}`);
  } finally {
    await redis?.stop();
  }
}
