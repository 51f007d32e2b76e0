import { readFileSync } from 'node:fs';
import type * as z from 'zod';
import { assembleConfig, type Overrides } from './assemble.ts';
import { buildCache, buildCacheDefaults, buildSemantic, DEFAULT_SEMANTIC } from './build-cache.ts';
import { buildModel, checkTargets, type ModelContext, mergeSettings } from './build-model.ts';
import { buildProvider } from './build-provider.ts';
import { AUTO, buildRouting, checkRoute } from './build-routing.ts';
import { buildTenants } from './build-tenants.ts';
import { type CacheShape, cacheSchema } from './cache-schema.ts';
import type { Config, Model, ModelSettings, Provider } from './config.ts';
import { ConfigError } from './config-error.ts';
import { DEFAULT_LIMITS, DEFAULT_MODEL_SETTINGS } from './defaults.ts';
import type { ConfigDocument } from './document.ts';
import { providersFromEnvironment } from './from-environment.ts';
import type { Environment } from './interpolate.ts';
import { reportIssues } from './issues.ts';
import { isLoopback } from './loopback.ts';
import { modelDefinitions } from './model-definitions.ts';
import { parseConfigDocument } from './parse-document.ts';
import { type FileShape, fileSchema, modelSchema, providerSchema, settingsSchema } from './schema.ts';
import { buildState, DEFAULT_STATE } from './state-schema.ts';

/**
 * Reads a configuration file. A file without `providers` takes them from the environment, as no file at all does.
 *
 * @throws ConfigError naming every problem in it with file, line and column.
 */
export function loadConfig(path: string, env: Environment, overrides: Overrides = {}): Config {
  return parseConfig(path, readConfigFile(path), env, overrides);
}

/** @throws ConfigError where the file cannot be read. */
export function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError([{ file: path, line: 0, column: 0, path: '', message: `cannot be read: ${code}` }]);
  }
}

/** {@link loadConfig} for a text already read; `path` names it in errors and anchors relative paths. */
export function parseConfig(path: string, source: string, env: Environment, overrides: Overrides = {}): Config {
  const document = parseConfigDocument(path, source, env);
  // A file of comments only says: all defaults.
  document.value ??= {};
  const parsed = fileSchema.safeParse(document.value);
  if (!parsed.success) reportIssues(document, parsed.error.issues);
  const file: FileShape = parsed.success ? parsed.data : {};

  // What follows looks at every part that is sound in itself, so that one run tells all that is wrong.
  const written = document.has(['providers']) ? (section(document.value, 'providers') ?? {}) : undefined;
  const found =
    written === undefined
      ? providersFromEnvironment(env, overrides.passthrough)
      : { ...NOT_LOOKED, providers: buildProviders(document, written) };
  const providerNames = new Set([...found.providers.map((provider) => provider.name), ...Object.keys(written ?? {})]);
  const cacheGiven = soundCache(document);
  const cache = buildCache(cacheGiven, { document, providerNames });
  const defaults = buildDefaults(document, cacheGiven);
  const models = buildModels(document, {
    providers: new Map(found.providers.map((provider) => [provider.name, provider])),
    providerNames,
    defaults,
    semantic: buildSemantic(DEFAULT_SEMANTIC, cacheGiven.semantic, ['cache', 'semantic'], { document, providerNames }),
    // One that is written wrong is a problem already.
    hasEmbedder: document.has(['cache', 'embedder']),
    embedder: cache.embedder,
  });
  const routes = routesIn(document);
  const policies = section(section(document.value, 'routing'), 'policies') ?? {};
  const routing = buildRouting(policies, {
    document,
    providerNames,
    models: routes,
    definitions: modelDefinitions(models),
  });
  const { tenants, admin } = buildTenants(section(document.value, 'tenants') ?? {}, section(document.value, 'admin'), {
    document,
    modelNames: new Set(routing.models.has(AUTO) ? [...routes.keys(), AUTO] : routes.keys()),
    routedNames: new Set(routing.models.keys()),
    providers: new Map(found.providers.map((provider) => [provider.name, provider])),
    providerNames,
  });
  const state = file.state === undefined ? DEFAULT_STATE : buildState(file.state, document);
  checkListen(document, overrides, file.auth);
  if ((file.limits?.bodies ?? DEFAULT_LIMITS.bodies) < (file.limits?.body ?? DEFAULT_LIMITS.body)) {
    document.report(
      ['limits', file.limits?.bodies === undefined ? 'body' : 'bodies'],
      'bodies is below body: the largest request could never be admitted',
    );
  }
  if (written !== undefined) checkProviders(document, written, overrides);
  if (document.problems.length > 0) throw new ConfigError(document.problems);
  const parts = { source: path, file, models, defaults, tenants, admin, state, cache, routing };
  return assembleConfig({ ...parts, ...found }, overrides);
}

/** A file that lists its providers says all there is: keys in the environment are not looked at. */
const NOT_LOOKED = { notices: [], simulator: false } as const;

function buildProviders(document: ConfigDocument, written: Readonly<Record<string, unknown>>): Provider[] {
  const providers: Provider[] = [];
  for (const [name, value] of Object.entries(written)) {
    const parsed = providerSchema.safeParse(value);
    const sound = parsed.success ? parsed : providerSchema.safeParse(withoutFaulty(value, parsed.error.issues));
    if (!sound.success) continue;
    const before = document.problems.length;
    const provider = buildProvider(name, sound.data, document.file, (path, message) => {
      const place = ['providers', name, ...path];
      const [option] = path;
      // What is missing or misnamed is told at the provider's name; what is wrong, at the value.
      if (option !== undefined && document.has(place)) document.report(place, message);
      // With faulty options left out, nothing can be said of what is missing.
      else if (parsed.success) document.reportKey(place, message);
    });
    if (parsed.success && document.problems.length === before) providers.push(provider);
  }
  return providers;
}

/** The options of a mapping that the schema had nothing against, so that they can be looked at further. */
function withoutFaulty(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const faulty = new Set(
    issues.flatMap((issue) =>
      issue.path.length === 0 && issue.code === 'unrecognized_keys' ? issue.keys : issue.path.slice(0, 1),
    ),
  );
  return Object.fromEntries(Object.entries(value).filter(([name]) => !faulty.has(name)));
}

function buildDefaults(document: ConfigDocument, cache: CacheShape): ModelSettings {
  const base = { ...DEFAULT_MODEL_SETTINGS, cache: buildCacheDefaults(DEFAULT_MODEL_SETTINGS.cache, cache) };
  const parsed = settingsSchema.safeParse(section(document.value, 'defaults') ?? {});
  return parsed.success ? mergeSettings(base, parsed.data, document, ['defaults']) : base;
}

/** The cache section where the schema had nothing against it. */
function soundCache(document: ConfigDocument): CacheShape {
  const parsed = cacheSchema.safeParse(section(document.value, 'cache') ?? {});
  return parsed.success ? parsed.data : {};
}

function buildModels(document: ConfigDocument, known: Omit<ModelContext, 'document' | 'modelNames'>): Model[] {
  const entries = Object.entries(section(document.value, 'models') ?? {});
  const context: ModelContext = { ...known, document, modelNames: new Set(entries.map(([name]) => name)) };
  const models: Model[] = [];
  for (const [name, value] of entries) {
    const parsed = modelSchema.safeParse(value);
    if (!parsed.success) checkTargets(name, value, context);
    else if (!checkRoute(name, parsed.data, document)) models.push(buildModel(name, parsed.data, context));
  }
  return models;
}

/** Every model that is written, with the policy that it is to be routed by. */
function routesIn(document: ConfigDocument): ReadonlyMap<string, string | undefined> {
  return new Map(
    Object.entries(section(document.value, 'models') ?? {}).map(([name, model]) => {
      const route: unknown = typeof model === 'object' && model !== null ? Reflect.get(model, 'route') : undefined;
      return [name, typeof route === 'string' ? route : undefined];
    }),
  );
}

function checkListen(document: ConfigDocument, overrides: Overrides, auth: FileShape['auth']): void {
  const tenants = section(document.value, 'tenants');
  if (tenants !== undefined && Object.keys(tenants).length === 0)
    document.report(['tenants'], 'is empty; leave it out where nobody is to be asked for a key');
  if (tenants !== undefined && auth === 'none')
    document.report(['auth'], 'with tenants every request needs a key; leave one of the two out');
  const host = section(document.value, 'listen')?.host;
  // An `auth` that is written wrong is a problem already, and tenants that are, too.
  if (document.has(['tenants'])) return;
  if (overrides.host !== undefined || overrides.auth === 'none' || document.has(['auth'])) return;
  if (typeof host !== 'string' || host.trim() === '' || isLoopback(host)) return;
  const shown = document.shown(['listen', 'host'], host);
  document.report(
    ['listen', 'host'],
    `${shown}: is open to other machines; configure tenants, or write "auth: none" at the top level if that is meant`,
  );
}

function checkProviders(
  document: ConfigDocument,
  written: Readonly<Record<string, unknown>>,
  overrides: Overrides,
): void {
  if (Object.keys(written).length === 0)
    document.report(['providers'], 'is empty; leave it out to take providers from the environment');
  if (overrides.passthrough === undefined) return;
  const message = 'is for running without providers in a file; there, write "passthrough: true"';
  document.problems.push({ file: '(command line)', line: 0, column: 0, path: '--passthrough', message });
}

/** A section as it is written, where it is a mapping at all. */
function section(value: unknown, name: string): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const inner: unknown = Reflect.get(value, name);
  return typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    ? Object.fromEntries(Object.entries(inner))
    : undefined;
}
