import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Clock, systemClock } from '../clock.ts';
import { serveControl } from './control-endpoints.ts';
import { Director } from './director.ts';
import type { Exchange } from './exchange.ts';
import { DEFAULT_FAULT_KINDS, FaultDraw } from './faults.ts';
import { Connection } from './http-connection.ts';
import { ModelEndpoint } from './model-endpoint.ts';
import { answerBug } from './refusals.ts';
import { RequestLog, type SimulatedRequest } from './request-log.ts';
import { routeOf } from './routes.ts';

export type { SimulatedRequest } from './request-log.ts';

/** Behaviours are named in the grammar of `docs/simulator.md`, with or without `sim-`. */
export interface SimulatorOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Share of model requests that meet a random fault, 0 to 1. Default 0. */
  readonly faults?: number;
  /** Default {@link DEFAULT_FAULT_KINDS}. */
  readonly faultKinds?: readonly string[];
  /** Decides the random faults, in the order of the requests. Default 1. */
  readonly seed?: number;
  /** From the headers of a streamed answer to its first token. Default 0. */
  readonly firstTokenMs?: number;
  /** Default unlimited: a whole answer in one write. */
  readonly tokensPerSecond?: number;
  /** Length of an answer. Default 32. */
  readonly tokens?: number;
  /** What model names that do not begin with `sim-` do. Default `ok`. */
  readonly fallbackBehaviour?: string;
  /** Behaviours of a model's next requests, in turn; see {@link Simulator.script}. */
  readonly script?: Readonly<Record<string, readonly string[]>>;
  /** Requests without a key (or without one of these) get a 401. Default: none is needed. */
  readonly requireKey?: boolean | readonly string[];
  /** How many requests {@link Simulator.requests} keeps. Default 10,000. */
  readonly keep?: number;
  /** Called with each request when it has ended. */
  readonly onEnded?: (request: SimulatedRequest) => void;
  readonly clock?: Clock;
}

/**
 * An upstream that does what the model's name says: a good answer, or any of the faults real providers have.
 *
 * @example
 * const simulator = await Simulator.start({ faults: 0.2, seed: 7 });
 * const openai = new OpenAI({ baseURL: simulator.baseUrl, apiKey: 'any' });
 * await openai.chat.completions.create({ model: 'sim-cut-at-40', messages, stream: true });
 * await simulator.close();
 */
export class Simulator {
  readonly #options: SimulatorOptions;
  readonly #server: Server;
  readonly #log: RequestLog;
  readonly #director: Director;
  readonly #models: ModelEndpoint;
  readonly #connections = new Set<Connection>();
  readonly #clock: Clock;
  #port: number;
  #open = 0;
  #waitingForIdle: (() => void)[] = [];

  /** @throws {RangeError | UnknownBehaviourError} for options that make no sense */
  constructor(options: SimulatorOptions = {}) {
    const {
      faults = 0,
      faultKinds = DEFAULT_FAULT_KINDS,
      seed = 1,
      tokensPerSecond = Number.POSITIVE_INFINITY,
    } = options;
    if (!(tokensPerSecond > 0)) throw new RangeError(`tokensPerSecond must be above 0, not ${tokensPerSecond}`);
    this.#options = options;
    this.#port = options.port ?? 0;
    this.#clock = options.clock ?? systemClock;
    this.#log = new RequestLog(options.keep ?? 10_000);
    this.#director = new Director({
      faults: faults > 0 || options.faults !== undefined ? new FaultDraw(faults, faultKinds, seed) : undefined,
      seed,
      fallback: options.fallbackBehaviour ?? 'ok',
    });
    for (const [model, behaviours] of Object.entries(options.script ?? {})) this.#director.script(model, behaviours);
    this.#models = new ModelEndpoint(this.#director, {
      tokens: options.tokens ?? 32,
      pace: { firstTokenMs: options.firstTokenMs ?? 0, tokenMs: 1000 / tokensPerSecond },
      keys: keysOf(options.requireKey),
    });
    const onSocket = (socket: Socket) => this.#connect(socket);
    this.#server =
      options.tls === undefined
        ? createServer({ noDelay: true }, onSocket)
        : createTlsServer({ ...options.tls, ALPNProtocols: ['http/1.1'] }, (socket) =>
            onSocket(socket.setNoDelay(true)),
          );
  }

  /** A simulator that listens. */
  static async start(options: SimulatorOptions = {}): Promise<Simulator> {
    const simulator = new Simulator(options);
    await simulator.listen();
    return simulator;
  }

  /** Listens; after {@link refuse} again on the same port. Rejects with the system's error (EADDRINUSE). */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, this.#options.host ?? '127.0.0.1', () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        if (typeof address === 'object' && address !== null) this.#port = address.port;
        this.#models.instance = String(this.#port);
        resolve();
      });
    });
  }

  get port(): number {
    return this.#port;
  }

  /** `http://127.0.0.1:4010` */
  get url(): string {
    const host = this.#options.host ?? '127.0.0.1';
    const scheme = this.#options.tls === undefined ? 'http' : 'https';
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  /** What a client of OpenAI takes: {@link url} and `/v1`. */
  get baseUrl(): string {
    return `${this.url}/v1`;
  }

  /** The newest requests, oldest first. */
  get requests(): readonly SimulatedRequest[] {
    return this.#log.records;
  }

  /** Requests since the start, kept or not. */
  get requestCount(): number {
    return this.#log.count;
  }

  get openSockets(): number {
    return this.#connections.size;
  }

  /** Requests that have not ended, silent and stalled ones too. */
  get openRequests(): number {
    return this.#open;
  }

  /**
   * The next requests of a model take these behaviours in turn, behind those scripted before; afterwards it is as before.
   *
   * @throws {UnknownBehaviourError} as do the following
   */
  script(model: string, ...behaviours: string[]): void {
    this.#director.script(model, behaviours);
  }

  /** What a model does from now on, unless scripted; undefined: what its name says. */
  behave(model: string, behaviour: string | undefined): void {
    this.#director.behave(model, behaviour);
  }

  /** What every model does from now on, above all else; undefined ends it. */
  outage(behaviour: string | undefined): void {
    this.#director.outage(behaviour);
  }

  /** Connections are refused, and those there are end, until {@link listen}. */
  refuse(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const connection of this.#connections) connection.destroy();
    });
  }

  /** Resolves as soon as no request is open. */
  idle(): Promise<void> {
    if (this.#open === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForIdle.push(resolve));
  }

  /** Forgets the requests seen so far, but for their count. */
  forget(): void {
    this.#log.clear();
  }

  /** Ends everything at once: open answers are cut. */
  close(): Promise<void> {
    return this.refuse();
  }

  #connect(socket: Socket): void {
    const connection = new Connection(socket, {
      clock: this.#clock,
      log: this.#log,
      handle: (exchange) => this.#handle(exchange),
      ended: (exchange) => this.#ended(exchange),
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  #handle(exchange: Exchange): void {
    this.#open++;
    const { method, target } = exchange.request.head;
    try {
      const route = routeOf(method, target);
      if (route.kind === 'model') this.#models.serve(exchange, route.api, route.deployment);
      else
        serveControl(exchange, route, { log: this.#log, openSockets: this.openSockets, outage: (b) => this.outage(b) });
    } catch (error) {
      answerBug(exchange, error);
    }
  }

  #ended(exchange: Exchange): void {
    this.#open--;
    this.#director.ended(exchange.record);
    this.#options.onEnded?.(exchange.record);
    if (this.#open > 0 || this.#waitingForIdle.length === 0) return;
    const waiting = this.#waitingForIdle;
    this.#waitingForIdle = [];
    for (const resolve of waiting) resolve();
  }
}

function keysOf(requireKey: boolean | readonly string[] | undefined): ReadonlySet<string> | 'any' | undefined {
  if (requireKey === undefined || requireKey === false) return undefined;
  return requireKey === true ? 'any' : new Set(requireKey);
}
