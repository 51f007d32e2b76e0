import { dirname, resolve } from 'node:path';
import type { CacheConfig, EmbedderConfig, JudgeConfig, RouteCache, SemanticSettings } from './cache-config.ts';
import type { CacheShape, EmbedderShape, RouteCacheShape, SemanticShape } from './cache-schema.ts';
import { calibratedThreshold } from './calibrated-embedders.ts';
import { DEFAULT_CACHE, DEFAULT_IDEMPOTENCY_TTL } from './defaults.ts';
import type { ConfigDocument } from './document.ts';
import { OnnxModelError } from './onnx/onnx-model.ts';
import { readOnnxModel } from './onnx/read-onnx-model.ts';
import type { Path } from './path.ts';
import { didYouMean } from './suggest.ts';

/** What the names of providers are checked against. */
export interface CacheContext {
  readonly document: ConfigDocument;
  readonly providerNames: ReadonlySet<string>;
}

/** What the statistics of certificates are made for. */
const MOST_EPSILON = 0.2;
const DEFAULT_EMBEDDER_TIMEOUT = 2_000;

export const DEFAULT_SEMANTIC: SemanticSettings = Object.freeze({
  threshold: undefined,
  mode: 'shadow',
  epsilon: 0.02,
  judge: undefined,
  checker: undefined,
  index: 'memory',
  multiTurn: 'off',
});

/** What all caching shares. Reports what is wrong; the result is then not to be used. */
export function buildCache(given: CacheShape, context: CacheContext): CacheConfig {
  const { document } = context;
  const { exact, idempotency, embedder } = given;
  const maxBytes = exact?.maxBytes ?? DEFAULT_CACHE.maxBytes;
  const perTenant = exact?.perTenant ?? Math.min(DEFAULT_CACHE.perTenant, maxBytes);
  const maxEntry = exact?.maxEntry ?? Math.min(DEFAULT_CACHE.maxEntry, perTenant);
  if (perTenant > maxBytes) document.report(['cache', 'exact', 'perTenant'], 'is above maxBytes');
  if (maxEntry > perTenant) document.report(['cache', 'exact', 'maxEntry'], 'is above perTenant: none would be kept');
  const config: CacheConfig = {
    maxBytes,
    perTenant,
    maxEntry,
    encryptionKey: given.encryptionKey,
    epoch: given.epoch ?? DEFAULT_CACHE.epoch,
    idempotency:
      idempotency === undefined || idempotency.enabled === false
        ? undefined
        : { ttl: idempotency.ttl ?? DEFAULT_IDEMPOTENCY_TTL },
    embedder: embedder === undefined ? undefined : buildEmbedder(embedder, context),
  };
  // Logging or serialising a configuration does not show it.
  return Object.defineProperty(config, 'encryptionKey', { enumerable: false });
}

/** What a route has that says no more. */
export function buildCacheDefaults(base: RouteCache, given: CacheShape): RouteCache {
  const { exact } = given;
  return {
    exact: exact === undefined ? base.exact : exact.enabled !== false,
    ttl: exact?.ttl ?? base.ttl,
    perUser: given.perUser ?? base.perUser,
    coalesce: given.coalesce ?? base.coalesce,
    staleIfError: given.staleIfError ?? base.staleIfError,
    semantic: undefined,
  };
}

/** The caches of one route, over what holds for all. */
export function buildRouteCache(
  base: RouteCache,
  given: {
    readonly cache?: RouteCacheShape | undefined;
    readonly fallback?: { readonly cache?: number | undefined } | undefined;
  },
  path: Path,
  context: CacheContext & {
    readonly semantic: SemanticSettings;
    readonly hasEmbedder: boolean;
    readonly embedder: EmbedderConfig | undefined;
  },
): RouteCache {
  const { cache, fallback } = given;
  if (cache?.staleIfError !== undefined && fallback?.cache !== undefined)
    context.document.report([...path, 'cache', 'staleIfError'], 'is the same as fallback.cache; write one of the two');
  const staleIfError = fallback?.cache ?? cache?.staleIfError ?? base.staleIfError;
  const { exact } = cache ?? {};
  const route: RouteCache = {
    exact: exact === undefined ? base.exact : exact.enabled !== false,
    ttl: exact?.ttl ?? base.ttl,
    perUser: cache?.perUser ?? base.perUser,
    coalesce: cache?.coalesce ?? base.coalesce,
    staleIfError,
    semantic: buildRouteSemantic(cache?.semantic, [...path, 'cache', 'semantic'], context),
  };
  if (fallback?.cache !== undefined && !route.exact)
    context.document.report([...path, 'fallback', 'cache'], 'needs an exact cache: write "cache: {exact: on}"');
  return route;
}

/** `cache.semantic`, or a route's over it. */
export function buildSemantic(
  base: SemanticSettings,
  given: SemanticShape | undefined,
  path: Path,
  context: CacheContext,
): SemanticSettings {
  return {
    threshold: given?.threshold ?? base.threshold,
    mode: given?.mode ?? base.mode,
    epsilon: given?.epsilon ?? base.epsilon,
    judge: given?.judge === undefined ? base.judge : buildJudge(given.judge, [...path, 'judge'], context),
    checker: given?.checker ?? base.checker,
    index: given?.index ?? base.index,
    multiTurn: given?.multiTurn ?? base.multiTurn,
  };
}

function buildRouteSemantic(
  given: NonNullable<RouteCacheShape['semantic']> | undefined,
  path: Path,
  context: CacheContext & {
    readonly semantic: SemanticSettings;
    readonly hasEmbedder: boolean;
    readonly embedder: EmbedderConfig | undefined;
  },
): SemanticSettings | undefined {
  if (given === undefined || given.enabled === false) return undefined;
  const semantic = buildSemantic(context.semantic, given, path, context);
  if (semantic.mode === 'off') return undefined;
  const { document, hasEmbedder, embedder } = context;
  if (!hasEmbedder) document.report(path, 'needs cache.embedder: something must make the vectors');
  if (semantic.mode !== 'live' && semantic.epsilon > MOST_EPSILON)
    document.report(
      path,
      `epsilon is at most ${MOST_EPSILON * 100}% where hits are measured: mode shadow or certified`,
    );
  if (semantic.checker === 'judge' && semantic.judge === undefined)
    document.report(path, 'checker: judge needs a judge');
  if (semantic.mode === 'live' && semantic.threshold === undefined && isUnknown(embedder))
    document.report(path, 'needs a threshold: nobody has measured what the cosines of this embedder mean');
  return semantic;
}

function isUnknown(embedder: EmbedderConfig | undefined): boolean {
  if (embedder?.kind === 'onnx') return true;
  return embedder?.kind === 'target' && calibratedThreshold(embedder.target) === undefined;
}

function buildJudge(given: NonNullable<SemanticShape['judge']>, path: Path, context: CacheContext): JudgeConfig {
  checkTarget(given.target, [...path, 'target'], context);
  return {
    target: given.target,
    band: given.band ?? 0.03,
    timeout: given.timeout ?? DEFAULT_EMBEDDER_TIMEOUT,
    budget: given.budget && { name: path.join('.'), ...given.budget },
  };
}

function buildEmbedder(given: EmbedderShape, context: CacheContext): EmbedderConfig | undefined {
  const { document } = context;
  const path: Path = ['cache', 'embedder'];
  const timeout = given.timeout ?? DEFAULT_EMBEDDER_TIMEOUT;
  const local = given.local === true;
  const named = [given.target !== undefined, local, given.onnx !== undefined].filter(Boolean).length;
  if (named !== 1) {
    document.report(path, 'write one of target, local or onnx');
    return undefined;
  }
  if (given.dimensions !== undefined && given.target === undefined)
    document.report([...path, 'dimensions'], 'needs target: a model file says itself how many it has');
  if (given.onnx === undefined)
    for (const option of ['pooling', 'maxTokens', 'prefix'] as const)
      if (given[option] !== undefined) document.report([...path, option], 'needs onnx: others know it by themselves');
  if (given.target !== undefined) {
    checkTarget(given.target, [...path, 'target'], context);
    return { kind: 'target', target: given.target, dimensions: given.dimensions, timeout };
  }
  if (given.onnx !== undefined) return buildOnnxEmbedder(given, given.onnx, timeout, document);
  return { kind: 'local', timeout };
}

function buildOnnxEmbedder(
  { pooling, maxTokens, prefix }: EmbedderShape,
  written: string,
  timeout: number,
  document: ConfigDocument,
): EmbedderConfig | undefined {
  const path: Path = ['cache', 'embedder', 'onnx'];
  try {
    const model = readOnnxModel(resolve(dirname(document.file), written), { pooling, maxTokens, prefix });
    return { kind: 'onnx', model, timeout };
  } catch (error) {
    if (!(error instanceof OnnxModelError)) throw error;
    if (error.option === 'onnx') document.report(path, `${document.shown(path, written)}: ${error.message}`);
    else document.report([...path.slice(0, -1), error.option], error.message);
    return undefined;
  }
}

function checkTarget(target: string, path: Path, { document, providerNames }: CacheContext): void {
  const slash = target.indexOf('/');
  const provider = target.slice(0, Math.max(slash, 0));
  if (provider === '' || slash + 1 >= target.length)
    document.report(path, `${document.shown(path, target)}: expected provider/model`);
  else if (!providerNames.has(provider))
    document.report(
      path,
      `${document.shown(path, target)}: no such provider is configured.${didYouMean(provider, providerNames)}`,
    );
}
