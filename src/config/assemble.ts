import { NO_ROUTING } from './build-routing.ts';
import type { CacheConfig } from './cache-config.ts';
import type { Config, Limits, Listen, Model, ModelSettings, Provider } from './config.ts';
import { ConfigError } from './config-error.ts';
import { DEFAULT_CACHE, DEFAULT_DRAIN, DEFAULT_LIMITS, DEFAULT_LISTEN, DEFAULT_LOG_LEVEL } from './defaults.ts';
import { deepFreeze, FrozenMap } from './freeze.ts';
import { isLoopback } from './loopback.ts';
import type { RoutingConfig } from './routing-config.ts';
import type { FileShape } from './schema.ts';
import type { StateConfig } from './state-config.ts';
import { DEFAULT_STATE } from './state-schema.ts';
import type { AdminConfig, Tenant } from './tenant-config.ts';

/** What the command line says over the file. A reload applies it again. */
export interface Overrides {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly auth?: 'none' | undefined;
  /** Without a file: the preset that gets the client's own key. */
  readonly passthrough?: string | undefined;
}

export interface Parts {
  readonly source: string;
  readonly file: FileShape;
  readonly providers: readonly Provider[];
  readonly models: readonly Model[];
  readonly defaults: ModelSettings;
  readonly notices: readonly string[];
  readonly simulator: boolean;
  /** Default: none, and nobody is asked for a key. */
  readonly tenants?: readonly Tenant[];
  readonly admin?: AdminConfig;
  readonly state?: StateConfig;
  readonly cache?: CacheConfig;
  readonly routing?: RoutingConfig;
}

/** The frozen whole. Throws {@link ConfigError} where the address is open and there are neither tenants nor `auth: none`. */
export function assembleConfig(parts: Parts, overrides: Overrides): Config {
  const { file } = parts;
  const listen: Listen = {
    host: overrides.host ?? file.listen?.host ?? DEFAULT_LISTEN.host,
    port: overrides.port ?? file.listen?.port ?? DEFAULT_LISTEN.port,
  };
  const auth = overrides.auth ?? file.auth;
  const tenants = parts.tenants ?? [];
  if (!isLoopback(listen.host) && auth !== 'none' && tenants.length === 0)
    throw commandLineError(
      '--host',
      `${listen.host} is open to other machines: configure tenants, or write "auth: none" in the file or --auth none if that is meant`,
    );
  if (auth === 'none' && tenants.length > 0) throw commandLineError('--auth', 'with tenants every request needs a key');
  const config: Config = {
    source: parts.source,
    listen,
    auth,
    limits: mergeLimits(file.limits),
    drain: file.drain ?? DEFAULT_DRAIN,
    providers: new FrozenMap(parts.providers.map((provider) => [provider.name, provider])),
    models: new FrozenMap(parts.models.map((model) => [model.name, model])),
    defaults: parts.defaults,
    telemetry: { log: file.telemetry?.log ?? DEFAULT_LOG_LEVEL, audit: file.telemetry?.audit ?? false },
    tenants: new FrozenMap(tenants.map((tenant) => [tenant.name, tenant])),
    admin: parts.admin ?? { keys: [] },
    state: parts.state ?? DEFAULT_STATE,
    cache: parts.cache ?? DEFAULT_CACHE,
    routing: parts.routing ?? NO_ROUTING,
    notices: [...parts.notices, ...standingNotices(listen, parts.providers, tenants)],
    simulator: parts.simulator,
  };
  return deepFreeze(config);
}

function commandLineError(path: string, message: string): ConfigError {
  return new ConfigError([{ file: '(command line)', line: 0, column: 0, path, message }]);
}

function mergeLimits(given: FileShape['limits']): Limits {
  const { body, bodies, answer, event, headers, concurrency, connections } = given ?? {};
  return {
    body: body ?? DEFAULT_LIMITS.body,
    bodies: bodies ?? DEFAULT_LIMITS.bodies,
    answer: answer ?? DEFAULT_LIMITS.answer,
    event: event ?? DEFAULT_LIMITS.event,
    headers: headers ?? DEFAULT_LIMITS.headers,
    concurrency: concurrency ?? DEFAULT_LIMITS.concurrency,
    connections: connections ?? DEFAULT_LIMITS.connections,
  };
}

function standingNotices(listen: Listen, providers: readonly Provider[], tenants: readonly Tenant[]): string[] {
  const notices: string[] = [];
  if (!isLoopback(listen.host) && tenants.length === 0) {
    notices.push(
      `Listening on ${listen.host} without authentication: whoever reaches this address spends the keys configured here.`,
    );
  }
  const passing = providers.filter((provider) => provider.passthrough).map((provider) => provider.name);
  if (passing.length > 0) {
    const condition = tenants.length === 0 ? '' : ' where the client’s key for this proxy comes in x-breakwater-key';
    notices.push(
      `No key is configured for ${passing.join(', ')}: the client’s own Authorization is passed on to it${condition}.`,
    );
  }
  return notices;
}
