import type { Config } from '../config/config.ts';
import { TokenCounter } from '../context/token-counter.ts';
import type { State } from '../state/open-state.ts';
import type { Runtime } from './runtime.ts';

/** How long the turns of one request may be counted, milliseconds: the first time a long conversation is seen, and while the thread starts. */
const COUNT_LIMIT_MS = 5_000;
/** How long a prompt may be counted for the audit, milliseconds: nobody waits for it. */
const SKETCH_LIMIT_MS = 10_000;

/** The counter of audits where no tenants have one. */
const ownCounters = new WeakMap<Runtime, TokenCounter>();

/**
 * Opens what the configuration in force needs to keep conversations short and to keep account of prompts, and ends the account where none is
 * to be kept. Never fails: what goes wrong is told.
 */
export async function holdContext(runtime: Runtime, state: State | undefined): Promise<void> {
  const { config, telemetry } = runtime;
  try {
    if (runtime.compactor === undefined && compacts(config)) await openCompactor(runtime, state);
  } catch (error) {
    telemetry.notice(`conversations are not kept short: ${messageOf(error)}`);
  }
  try {
    if (!config.telemetry.audit) runtime.audit = undefined;
    else if (runtime.audit === undefined) await openAudit(runtime);
  } catch (error) {
    telemetry.notice(`prompts are not audited: ${messageOf(error)}`);
  }
}

/** Ends what {@link holdContext} opened: summaries being made are given up. */
export async function closeContext(runtime: Runtime): Promise<void> {
  await runtime.compactor?.close();
  await ownCounters.get(runtime)?.close();
}

async function openCompactor(runtime: Runtime, state: State | undefined): Promise<void> {
  const { clock, telemetry, tenancy } = runtime;
  if (tenancy === undefined) return;
  const { Compactor } = await import('../context/compaction/compactor.ts');
  const shelf = await openShelf(runtime, state);
  const { counter } = tenancy;
  counter.stay();
  // Summaries are paid for: what they cost is to be known.
  runtime.learnPrices();
  runtime.compactor ??= new Compactor({
    clock,
    count: (texts) => counter.countEach(texts, COUNT_LIMIT_MS),
    shelf,
    onFailure: (why) => telemetry.summaryMade('failed', messageOf(why), clock.now()),
  });
}

async function openShelf({ config, telemetry, clock }: Runtime, state: State | undefined) {
  if (state?.redis === undefined) return undefined;
  const { RedisSummaryShelf } = await import('./summary-shelf.ts');
  const { encryptionKey } = config.cache;
  const onTrouble = (reason: string) => telemetry.summaryUnshared(reason, clock.now());
  return new RedisSummaryShelf({ ...state.redis, encryptionKey, onTrouble });
}

async function openAudit(runtime: Runtime): Promise<void> {
  const { clock, tenancy } = runtime;
  const { PromptAudit } = await import('../context/audit/prompt-audit.ts');
  const counter = tenancy?.counter ?? ownCounters.get(runtime) ?? new TokenCounter({ clock });
  if (tenancy === undefined) ownCounters.set(runtime, counter);
  runtime.audit ??= new PromptAudit({
    clock,
    sketch: (prompt, tools) => counter.sketch(prompt, tools, SKETCH_LIMIT_MS),
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
