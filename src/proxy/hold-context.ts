import type { Config } from '../config/config.ts';
import type { Runtime } from './runtime.ts';

/** How long the turns of one request may be counted, milliseconds: the first time a long conversation is seen, and while the thread starts. */
const COUNT_LIMIT_MS = 5_000;

/** Opens what the configuration in force needs to keep conversations short. Never fails: what goes wrong is told. */
export async function holdContext(runtime: Runtime): Promise<void> {
  try {
    if (runtime.compactor === undefined && compacts(runtime.config)) await openCompactor(runtime);
  } catch (error) {
    runtime.telemetry.notice(`conversations are not kept short: ${messageOf(error)}`);
  }
}

async function openCompactor(runtime: Runtime): Promise<void> {
  const { clock, telemetry, tenancy } = runtime;
  if (tenancy === undefined) return;
  const { Compactor } = await import('../context/compaction/compactor.ts');
  const { counter } = tenancy;
  counter.stay();
  // Summaries are paid for: what they cost is to be known.
  runtime.learnPrices();
  runtime.compactor ??= new Compactor({
    clock,
    count: (texts) => counter.countEach(texts, COUNT_LIMIT_MS),
    onFailure: (why) => telemetry.summaryMade('failed', messageOf(why), clock.now()),
  });
}

/** Some agent's conversations are to be kept short. */
function compacts({ tenants }: Config): boolean {
  for (const { policy, agents, otherAgents } of tenants.values()) {
    if (policy.context !== undefined || otherAgents?.policy.context !== undefined) return true;
    for (const agent of agents.values()) if (agent.policy.context !== undefined) return true;
  }
  return false;
}

function messageOf(why: unknown): string {
  return why instanceof Error ? why.message : String(why);
}
