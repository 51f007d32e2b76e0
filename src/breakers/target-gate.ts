import type { Clock } from '../clock.ts';
import type { ModelSettings, Provider, Target } from '../config/config.ts';
import type { Circuit } from './circuit.ts';
import { Circuits, type CircuitsOptions } from './circuits.ts';
import { adaptiveLimit, type ConcurrencyLimit, fixedLimit } from './concurrency-limit.ts';
import { HedgeBudget } from './hedge-budget.ts';
import { type KeyRing, KeyRings } from './key-ring.ts';
import { LatencyWindow } from './latency-window.ts';
import { RetryBudget } from './retry-budget.ts';

/** All that decides whether one target may be called now, and what is learned from the calls. */
export interface TargetGate {
  /** `provider/model`. */
  readonly name: string;
  readonly circuit: Circuit;
  /** Undefined: the provider is called with the client's own key. */
  readonly keys: KeyRing | undefined;
  /** Undefined: no limit. */
  readonly concurrency: ConcurrencyLimit | undefined;
  readonly retries: RetryBudget;
  readonly hedges: HedgeBudget;
  /** Time to first token, milliseconds. */
  readonly firstToken: LatencyWindow;
}

interface Learned {
  readonly retries: RetryBudget;
  readonly hedges: HedgeBudget;
  readonly firstToken: LatencyWindow;
  readonly concurrency: ConcurrencyLimit | undefined;
  readonly concurrencyKey: string;
}

/** As many as there are circuits. */
const TARGETS_KEPT = 1000;

/** The gates of all targets. What was learned about a target outlives a reload of the configuration. */
export class TargetGates {
  readonly circuits: Circuits;
  readonly #rings: KeyRings;
  readonly #learned = new Map<string, Learned>();
  readonly #clock: Clock;

  constructor(options: CircuitsOptions) {
    this.#clock = options.clock;
    this.circuits = new Circuits(options);
    this.#rings = new KeyRings(options.clock);
  }

  get(target: Target, provider: Provider, settings: ModelSettings): TargetGate {
    const learned = this.#learn(target, provider);
    return {
      name: target.id,
      circuit: this.circuits.get(target.id, settings.circuit),
      keys: provider.keys.length === 0 ? undefined : this.#rings.get(provider.name, provider.keys),
      concurrency: learned.concurrency,
      retries: learned.retries,
      hedges: learned.hedges,
      firstToken: learned.firstToken,
    };
  }

  /** After a reload: forgets what belongs to providers that are gone; what stays takes its new settings and keeps its state. */
  retain(providers: ReadonlyMap<string, Provider>): void {
    const known = (target: string) => providers.has(target.slice(0, target.indexOf('/')));
    this.circuits.retain(new Set(this.circuits.snapshots().flatMap(({ name }) => (known(name) ? [name] : []))));
    this.#rings.retain(new Map([...providers].map(([name, { keys }]) => [name, keys])));
    for (const target of this.#learned.keys()) if (!known(target)) this.#learned.delete(target);
  }

  close(): void {
    this.circuits.close();
  }

  #learn(target: Target, provider: Provider): Learned {
    const concurrencyKey = JSON.stringify(provider.concurrency);
    const known = this.#learned.get(target.id);
    if (known !== undefined && known.concurrencyKey === concurrencyKey) return known;
    const learned: Learned = {
      retries: known?.retries ?? new RetryBudget(),
      hedges: known?.hedges ?? new HedgeBudget(),
      firstToken: known?.firstToken ?? new LatencyWindow(),
      concurrency: concurrencyOf(provider, this.#clock),
      concurrencyKey,
    };
    // Clients can name models without end; the one made first is the one that is missed least.
    if (this.#learned.size >= TARGETS_KEPT) {
      const oldest = this.#learned.keys().next();
      if (!oldest.done) this.#learned.delete(oldest.value);
    }
    this.#learned.set(target.id, learned);
    return learned;
  }
}

function concurrencyOf(provider: Provider, clock: Clock): ConcurrencyLimit | undefined {
  const { concurrency } = provider;
  switch (concurrency.kind) {
    case 'none':
      return undefined;
    case 'fixed':
      return fixedLimit(concurrency.limit);
    case 'adaptive':
      return adaptiveLimit({ min: concurrency.min, max: concurrency.max, clock });
  }
}
