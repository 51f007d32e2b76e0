import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { SharedRecent } from '../routing/evidence/recent-routes.ts';
import type { EvidenceStore } from '../routing/evidence/store/evidence-store.ts';
import type { State } from '../state/open-state.ts';
import { openBudgets } from './open-budgets.ts';
import type { Runtime } from './runtime.ts';

/** Evidence of routes, in the directory of the state. */
const FILE = 'routes.db';

/** Two reloads in a row must not open it twice. */
const opening = new WeakSet<Runtime>();

/**
 * Opens what evidence is kept in, where a policy asks for some and there is none yet. Never fails: without it the strong models serve. It stays open
 * when the last such policy goes: what is known is not worth less for it.
 */
export async function holdEvidence(runtime: Runtime, state: State | undefined): Promise<void> {
  if (runtime.shadows !== undefined || opening.has(runtime) || !usesEvidence(runtime.config)) return;
  opening.add(runtime);
  try {
    await open(runtime, state);
  } catch (error) {
    runtime.telemetry.notice(`there is no evidence for routes, strong models serve: ${messageOf(error)}`);
  } finally {
    opening.delete(runtime);
  }
}

function usesEvidence({ routing }: Config): boolean {
  return [...routing.policies.values()].some(({ evidence }) => evidence !== undefined);
}

async function open(runtime: Runtime, state: State | undefined): Promise<void> {
  const { clock, random, telemetry } = runtime;
  const [{ Evidence }, { RouteShadows }, { RecentRoutes }, store, budgets, shared] = await Promise.all([
    import('../routing/evidence/evidence.ts'),
    import('./route-shadows.ts'),
    import('../routing/evidence/recent-routes.ts'),
    openStore(runtime, state),
    openBudgets(state, clock),
    sharedRecent(state),
  ]);
  const evidence = new Evidence({
    store,
    clock,
    random,
    onEvent: ({ tenant, key, pair }, event) => telemetry.evidenceChanged({ tenant, key, ...pair }, event),
    onTrouble: (reason) => telemetry.evidenceTrouble('store', reason, clock.now()),
  });
  // What comparisons cost and save is in money.
  runtime.learnPrices();
  telemetry.metrics.read({ routePairs: () => evidence.states() });
  runtime.shadows = new RouteShadows(runtime, evidence, budgets, new RecentRoutes(clock, shared));
  runtime.evidence = evidence;
}

/** Where the state is kept; in memory where that cannot be had. */
async function openStore({ config, clock, telemetry }: Runtime, state: State | undefined): Promise<EvidenceStore> {
  if (state?.redis !== undefined) {
    const { RedisEvidenceStore } = await import('../routing/evidence/store/redis-evidence.ts');
    return new RedisEvidenceStore(state.redis.link, state.redis.prefix);
  }
  if (config.state.kind === 'sqlite') {
    const file = join(config.state.dir, FILE);
    try {
      const { SqliteEvidenceStore } = await import('../routing/evidence/store/sqlite-evidence.ts');
      return new SqliteEvidenceStore(file, clock);
    } catch (error) {
      telemetry.notice(`${file} cannot be used, evidence for routes is in memory only: ${messageOf(error)}`);
    }
  }
  const { MemoryEvidenceStore } = await import('../routing/evidence/store/evidence-store.ts');
  return new MemoryEvidenceStore();
}

/** What replicas know of each other's sessions and tasks. */
async function sharedRecent(state: State | undefined): Promise<SharedRecent | undefined> {
  if (state?.redis === undefined) return undefined;
  const { RedisRecent } = await import('../routing/evidence/store/redis-recent.ts');
  return new RedisRecent(state.redis.link, state.redis.prefix);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
