import type { CircuitSettings } from '../breakers/settings.ts';
import type { Capabilities } from '../dialects/capability.ts';
import type { Endpoint } from '../dialects/endpoint.ts';
import type { ProviderFamily } from '../failures/family.ts';
import type { Price } from '../prices/price.ts';
import type { EndpointPaths, PresetName, ProviderAuth } from '../providers/presets.ts';
import type { CacheConfig, RouteCache } from './cache-config.ts';
import type { ProviderPrices } from './price-schema.ts';
import type { RoutingConfig } from './routing-config.ts';
import type { StateConfig } from './state-config.ts';
import type { AdminConfig, Tenant } from './tenant-config.ts';

/**
 * Everything the proxy was told, parsed once at the edge: deep-frozen, every default filled in, durations in
 * milliseconds, sizes in bytes. Nothing downstream asks whether an option was given.
 */
export interface Config {
  /** The file it came from, or `(defaults)`. */
  readonly source: string;
  readonly listen: Listen;
  /** `none`: the operator wrote out that anybody who can reach the address may use it. */
  readonly auth: 'none' | undefined;
  readonly limits: Limits;
  /** How long requests in flight may finish after SIGTERM, milliseconds. */
  readonly drain: number;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly models: ReadonlyMap<string, Model>;
  /** Names that stand for a choice among those. */
  readonly routing: RoutingConfig;
  /** What `provider/model` and bare names get; already merged into every entry of `models`. */
  readonly defaults: ModelSettings;
  readonly telemetry: {
    readonly log: LogLevel;
    /** What system prompts and tools cost is kept account of. */
    readonly audit: boolean;
  };
  /** Empty: nobody is asked who they are. Else every request needs a key of one of them. */
  readonly tenants: ReadonlyMap<string, Tenant>;
  readonly admin: AdminConfig;
  readonly state: StateConfig;
  readonly cache: CacheConfig;
  /** Things to say loudly at start. */
  readonly notices: readonly string[];
  /** No provider is known at all: `serve` starts the simulator behind itself (see `withSimulatorUrl`). */
  readonly simulator: boolean;
}

export interface Listen {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Limits {
  /** Request body, bytes; 413 past it. */
  readonly body: number;
  /** Upstream answer held in memory, bytes. */
  readonly answer: number;
  /** Request bodies in flight, all together, bytes; further ones are shed. */
  readonly bodies: number;
  /** One SSE event, bytes. */
  readonly event: number;
  /** Request head, bytes. */
  readonly headers: number;
  /** Requests in flight; further ones are shed. */
  readonly concurrency: number;
  /** Sockets accepted. */
  readonly connections: number;
}

export interface ProviderKey {
  /** `openai#1`: names the key in logs and metrics. */
  readonly id: string;
  readonly secret: string;
}

export type ConcurrencyLimit =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly limit: number }
  | { readonly kind: 'adaptive'; readonly min: number; readonly max: number };

export interface Provider {
  readonly name: string;
  readonly preset: PresetName | undefined;
  /** The kinds of call it has, in its own dialect. */
  readonly speaks: readonly Endpoint[];
  readonly family: ProviderFamily;
  /** No trailing slash, no query, no credentials. */
  readonly baseUrl: string;
  readonly keys: readonly ProviderKey[];
  /** No key of ours: the client's own `Authorization` goes upstream. */
  readonly passthrough: boolean;
  readonly auth: ProviderAuth;
  /** Sent with every try. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly paths: EndpointPaths;
  readonly owns: readonly RegExp[];
  readonly streamUsage: boolean;
  readonly concurrency: ConcurrencyLimit;
  /** The most sockets to the provider; undefined: as many as there are requests, which `limits.concurrency` bounds. */
  readonly connections: number | undefined;
  readonly http2: boolean;
  /** Absolute path of a PEM file trusted beside the system's authorities. */
  readonly ca: string | undefined;
  readonly prices: ProviderPrices;
  /** The preset was tried against the live service. */
  readonly verified: boolean;
}

export interface Timeouts {
  readonly connect: number;
  readonly firstToken: number;
  readonly stall: number;
  /** The deadline of the whole request, all tries and waits together. */
  readonly total: number;
  readonly embeddings: number;
}

export type { CircuitSettings };

export const ANSWER_CHECKS = ['json-schema', 'tool-arguments', 'repetition'] as const;
export type AnswerCheck = (typeof ANSWER_CHECKS)[number];

export interface ModelSettings {
  readonly timeouts: Timeouts;
  readonly retries: {
    /** Extra tries of one target. */
    readonly max: number;
  };
  readonly stream: { readonly commit: 'first-delta' | 'complete'; readonly onBreak: 'error' | 'resume' };
  readonly circuit: CircuitSettings;
  readonly hedge: boolean;
  readonly validate: readonly AnswerCheck[];
  /** Failures that go to the next target only where the operator asks for it. */
  readonly fallbackOn: readonly 'content_blocked'[];
  readonly cache: RouteCache;
}

export interface Target {
  /** `provider/model`. */
  readonly id: string;
  readonly provider: string;
  /** The name the provider knows it by; may hold slashes. */
  readonly model: string;
  /** Tokens; undefined: unknown, and unknown is tried. */
  readonly contextWindow: number | undefined;
  /** Tokens of an answer at most; undefined: unknown. Sent to a dialect that demands a cap, where the client named none. */
  readonly maxOutputTokens: number | undefined;
  readonly capabilities: Capabilities;
  /** The kinds of call the model has, where that is less than its provider's. */
  readonly speaks: readonly Endpoint[] | undefined;
  /** What it costs, where the operator says so of this target. */
  readonly price: Price | undefined;
}

export interface Model extends ModelSettings {
  readonly name: string;
  /** Never empty, no target twice. */
  readonly targets: readonly Target[];
  readonly fallback: {
    /** Text answered, labelled as degraded, when every target failed. */
    readonly static: string | undefined;
  };
}
