import { TargetGates } from '../breakers/target-gate.ts';
import type { Clock, Random } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { Transport } from '../providers/transport.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { Chains } from './chain.ts';
import type { Exchange } from './exchange.ts';

/** What all exchanges of one process share. */
export class Runtime {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly transport = new Transport();
  readonly gates: TargetGates;
  /** The configuration in force, with its chains. Replaced whole by {@link reload}; an exchange keeps the one it began with. */
  chains: Chains;
  /** Exchanges under way. */
  readonly exchanges = new Set<Exchange>();
  /** Requests taken in and not yet done with, those whose body still arrives included. */
  inFlight = 0;
  /** Bytes of request bodies under way, by their announced length. */
  bodyBytes = 0;
  /** SIGTERM came: nothing new is taken. */
  draining = false;

  constructor(options: { config: Config; clock: Clock; random: Random; telemetry: Telemetry }) {
    this.clock = options.clock;
    this.random = options.random;
    this.telemetry = options.telemetry;
    this.gates = new TargetGates({
      clock: options.clock,
      random: options.random,
      onChange: (change) => options.telemetry.circuitChanged(change),
    });
    this.chains = new Chains(options.config, this.gates);
    options.telemetry.countsInFlight(() => this.inFlight);
    this.#tellNames();
  }

  get config(): Config {
    return this.chains.config;
  }

  /** Puts a new configuration in force. Circuits, key cooldowns and connections of what stays are kept. */
  reload(config: Config): void {
    this.gates.retain(config.providers);
    this.chains = new Chains(config, this.gates);
    this.transport.retain(config.providers.values());
    this.#tellNames();
  }

  async close(): Promise<void> {
    this.gates.close();
    await this.transport.close();
    this.telemetry.close();
  }

  #tellNames(): void {
    const models = [...this.config.models.values()];
    const targets = models.flatMap((model) => model.targets.map((target) => target.id));
    this.telemetry.configured({ models: models.map((model) => model.name), targets });
  }
}
