import { TargetGates } from '../breakers/target-gate.ts';
import type { AnswerCache } from '../cache/answer-cache.ts';
import { cacheTerms } from '../cache/cache-terms.ts';
import type { SemanticCache } from '../cache/semantic/semantic-cache.ts';
import type { Clock, Random } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { PromptAudit } from '../context/audit/prompt-audit.ts';
import type { Compactor } from '../context/compaction/compactor.ts';
import { KnownBodies } from '../dialects/known-bodies.ts';
import { PriceBook } from '../prices/price-book.ts';
import { Transport } from '../providers/transport.ts';
import { Roster } from '../roster.ts';
import type { Doubt } from '../routing/cascade/doubt.ts';
import { CascadeBook, type CascadeChange } from '../routing/cascade/pays.ts';
import type { EvidenceBook } from '../routing/decision.ts';
import { missesWindows, type WindowOf } from '../routing/plan.ts';
import { SessionPins } from '../routing/policy/session-pins.ts';
import type { CircuitBoard } from '../state/circuit-board.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { Chains } from './chain.ts';
import type { Exchange } from './exchange.ts';
import type { RouteShadows } from './route-shadows.ts';
import type { Tenancy } from './tenancy.ts';

/** What all exchanges of one process share. */
export class Runtime {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly transport = new Transport((error) => this.telemetry.defect(error));
  readonly prices = new PriceBook();
  readonly gates: TargetGates;
  /** The configuration in force, with its chains. Replaced whole by {@link reload}; an exchange keeps the one it began with. */
  chains: Chains;
  /** Who may use the proxy, and how much; undefined: nobody is asked. Set before the first request. */
  tenancy: Tenancy | undefined;
  /** Answers that are kept; undefined: none are. Set before the first request that may use it. */
  cache: AnswerCache | undefined;
  /** Finds answers to near questions; undefined: no route has a semantic cache. */
  semantic: SemanticCache | undefined;
  /** Keeps conversations short; undefined: no tenant asks for it. */
  compactor: Compactor | undefined;
  /** What system prompts cost; undefined: nobody wants to know. */
  audit: PromptAudit | undefined;
  /** What cascades came to, by kind of work. */
  readonly cascades: CascadeBook;
  /** Hears of each answer of a cheap model that was not taken. Called within the request: it must not wait. */
  onEscalated: ((exchange: Exchange, doubt: Doubt) => void) | undefined;
  /** What is known of cheap models on each kind of work; undefined: nothing, and strong ones serve. Set before the first request. */
  evidence: EvidenceBook | undefined;
  /** Learns from routed requests once they are answered; there where evidence is. */
  shadows: RouteShadows | undefined;
  /** Which model routed conversations are with. */
  readonly routePins = new SessionPins();
  /** Large bodies that came before. Asked where there is a cache. */
  readonly bodies = new KnownBodies();
  /** Exchanges under way. */
  readonly exchanges = new Roster<Exchange>();
  /** Requests taken in and not yet done with, those whose body still arrives included. */
  inFlight = 0;
  /** Bytes of request bodies under way, by their announced length. */
  bodyBytes = 0;
  /** SIGTERM came: nothing new is taken. */
  draining = false;
  #pricesAsked = false;
  readonly #windowOf: WindowOf = (provider, model) => this.prices.contextWindow(provider, model);

  /** @param options.board where replicas tell each other of their circuits; whoever made it closes it */
  constructor(options: {
    config: Config;
    clock: Clock;
    random: Random;
    telemetry: Telemetry;
    board?: CircuitBoard | undefined;
  }) {
    this.clock = options.clock;
    this.random = options.random;
    this.telemetry = options.telemetry;
    this.gates = new TargetGates({
      clock: options.clock,
      random: options.random,
      onChange: (change) => options.telemetry.circuitChanged(change),
      board: options.board,
      onBoard: (trouble) => options.telemetry.notice(boardNotice(trouble)),
    });
    this.chains = new Chains(options.config, this.gates, this.#windowOf);
    this.cascades = new CascadeBook((change) => options.telemetry.notice(cascadeNotice(change)));
    options.telemetry.countsInFlight(() => this.inFlight);
    this.#tellNames();
  }

  get config(): Config {
    return this.chains.config;
  }

  /** Puts a new configuration in force. Circuits, key cooldowns and connections of what stays are kept. */
  reload(config: Config): void {
    this.gates.retain(config.providers);
    this.tenancy?.configure(config);
    this.cache?.configure(cacheTerms(config));
    this.chains = new Chains(config, this.gates, this.#windowOf);
    this.transport.retain(config.providers.values());
    this.#tellNames();
  }

  /** Loads the list that knows the models' context windows, where a chain has a use for it. Never fails: without it they are unknown. */
  async learnWindows(): Promise<void> {
    if (this.prices.loaded || !missesWindows(this.config)) return;
    try {
      await this.prices.load();
      this.chains.forget();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.telemetry.notice(`the list of models could not be loaded, their context windows are not known: ${reason}`);
    }
  }

  /** Loads the price list behind the first request's back: it takes 20 MB that an idle proxy need not have. */
  learnPrices(): void {
    if (this.prices.loaded || this.#pricesAsked) return;
    this.#pricesAsked = true;
    this.prices.load().then(
      () => this.chains.forget(),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.telemetry.notice(`the price list could not be loaded, only configured prices are known: ${reason}`);
      },
    );
  }

  async close(): Promise<void> {
    this.gates.close();
    await this.transport.close();
    this.telemetry.close();
  }

  #tellNames(): void {
    const models = [...this.config.models.values()];
    const targets = models.flatMap((model) => model.targets.map((target) => target.id));
    const names = [...models.map((model) => model.name), ...this.config.routing.models.keys()];
    this.telemetry.configured({ models: names, targets });
  }
}

/** Shared circuits are a convenience: their loss is told, and nothing else happens. */
function boardNotice(trouble: unknown): string {
  if (trouble === undefined) return 'circuits are shared with the other replicas again';
  const reason = trouble instanceof Error ? trouble.message : String(trouble);
  return `circuits are not shared with the other replicas for now, each judges alone: ${reason}`;
}

function cascadeNotice({ id, on, ratio, escalations, strong }: CascadeChange): string {
  const [tenant, key, cheap, of]: unknown[] = JSON.parse(id);
  const whose = typeof tenant === 'string' ? ` of tenant ${tenant}` : '';
  const facts = `price ratio ${ratio.toFixed(2)}, escalated ${percent(escalations)}, strong otherwise ${percent(strong)}`;
  return `asking ${cheap} before ${of} for ${key}${whose} ${on ? 'is tried again' : 'does not pay'}: ${facts}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}
