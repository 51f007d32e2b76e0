import { usesCache } from '../cache/cache-terms.ts';
import type { State } from '../state/open-state.ts';
import { holdSemantic } from './hold-semantic.ts';
import type { Runtime } from './runtime.ts';

/** Two reloads in a row must not open it twice. */
const opening = new WeakSet<Runtime>();

/** Opens the cache where the configuration in force needs one and there is none yet. Never fails: what goes wrong is told. */
export async function holdCache(runtime: Runtime, state: State | undefined): Promise<void> {
  if (opening.has(runtime)) return;
  opening.add(runtime);
  try {
    if (runtime.cache === undefined && usesCache(runtime.config)) await open(runtime, state);
    if (runtime.cache !== undefined) await holdSemantic(runtime, runtime.cache, state);
  } finally {
    opening.delete(runtime);
  }
}

async function open(runtime: Runtime, state: State | undefined): Promise<void> {
  const { clock, random, telemetry } = runtime;
  const { openCache } = await import('../cache/open-cache.ts');
  const cache = await openCache(runtime.config, {
    clock,
    random,
    redis: state?.redis,
    onTrouble: ({ what, message }) => telemetry.cacheTrouble(what, message, clock.now()),
  });
  // What answers cost is told with those that are kept.
  runtime.learnPrices();
  runtime.cache = cache;
  telemetry.metrics.read({ cache: () => cache.localStats() });
}
