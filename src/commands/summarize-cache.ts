import type { EmbedderConfig, JudgeConfig, RouteCache, SemanticSettings } from '../config/cache-config.ts';
import { calibratedThreshold } from '../config/calibrated-embedders.ts';
import type { Config } from '../config/config.ts';
import { formatDuration } from '../config/units.ts';

const INDEXES = {
  memory: 'in this process',
  'redis-vectorset': 'in vector sets of Redis',
  'redis-search': 'in Redis search',
} as const;

/** What is kept of answers and given again, for `breakwater check`. Nothing, where nothing is kept. */
export function summarizeCache(config: Config): string[] {
  const { cache, models, defaults } = config;
  const routes = [...models.values()].map(({ name, cache: own }) => ({ name, cache: own }));
  const lines: string[] = [];
  for (const route of [...routes, { name: 'every other model', cache: defaults.cache }]) {
    const facts = describeRoute(route.cache, config);
    if (facts.length > 0) lines.push(`  ${route.name}`, ...facts.map((fact) => `    ${fact}`));
  }
  if (cache.idempotency !== undefined)
    lines.push(
      `  requests with an idempotency key are made once; repeats get the answer for ${formatDuration(cache.idempotency.ttl)}`,
    );
  if (lines.length === 0) return [];
  return ['', 'cache', ...lines, `  kept ${describePlace(config)}`];
}

function describeRoute(route: RouteCache, { cache: { embedder }, tenants }: Config): string[] {
  const facts: string[] = [];
  const everybody = tenants.size === 0 ? 'shared by all clients' : 'shared by a tenant’s users';
  const who = route.perUser ? 'each user’s own' : everybody;
  if (route.exact) facts.push(`the same request gets the same answer for ${formatDuration(route.ttl)}, ${who}`);
  if (route.coalesce) facts.push('the same requests under way share one call');
  if (route.staleIfError !== undefined)
    facts.push(`where every target fails, an answer up to ${formatDuration(route.staleIfError)} old stands in`);
  if (route.semantic !== undefined && route.semantic.mode !== 'off' && embedder !== undefined)
    facts.push(...describeSemantic(route.semantic, embedder));
  return facts;
}

function describeSemantic(settings: SemanticSettings, embedder: EmbedderConfig): string[] {
  const { mode, threshold, index, judge, multiTurn } = settings;
  const name = describeEmbedder(embedder);
  const facts = [`near questions: ${describeMode(settings, embedder)}`];
  const measured = mode === 'live' && embedder.kind === 'target' ? calibratedThreshold(embedder.target) : undefined;
  const least = threshold ?? measured;
  const from = least === undefined ? '' : `, from a cosine of ${least} on`;
  facts.push(`  by ${name}, asked for ${formatDuration(embedder.timeout)} at most${from}; vectors ${INDEXES[index]}`);
  if (multiTurn === 'exact-prefix')
    facts.push('  behind earlier turns too, among requests that have the same ones to the byte');
  if (judge !== undefined) facts.push(`  ${describeJudge(judge)}`);
  return facts;
}

function describeEmbedder(embedder: EmbedderConfig): string {
  switch (embedder.kind) {
    case 'target':
      return embedder.target;
    case 'local':
      return 'the local model';
    case 'onnx': {
      const { name, dimensions, pooling, maxTokens } = embedder.model;
      const facts = [dimensions === undefined ? '' : `${dimensions} dimensions`, pooling ?? '', `${maxTokens} tokens`];
      return `the ONNX model ${name} (${facts.filter((fact) => fact !== '').join(', ')})`;
    }
  }
}

function describeMode({ mode, epsilon, checker, judge }: SemanticSettings, embedder: EmbedderConfig): string {
  const wrong = `${Math.round(epsilon * 1e4) / 100}%`;
  const by = checker ?? (judge === undefined ? 'exact' : 'judge');
  if (embedder.kind === 'local') return 'only watched, nothing is given: the local model is too weak';
  switch (mode) {
    case 'live':
      return checker === undefined && judge === undefined
        ? 'given from the start, and never checked'
        : `given from the start; 2% are answered live and compared (${by})`;
    case 'certified':
      return `given once it is shown that at most ${wrong} of the answers are wrong, compared by ${by}`;
    default:
      return `only watched, nothing is given; compared by ${by} against ${wrong} wrong`;
  }
}

function describeJudge({ target, timeout, budget }: JudgeConfig): string {
  const cost =
    budget === undefined
      ? 'no limit on its cost'
      : `at most $${budget.limit / 1e9} every ${formatDuration(budget.periodMs)}`;
  return `doubtful ones are judged by ${target}, within ${formatDuration(timeout)}, ${cost}`;
}

function describePlace({ state, cache }: Config): string {
  const sealed = cache.encryptionKey === undefined ? 'not encrypted' : 'encrypted';
  const limits = `up to ${megabytes(cache.maxBytes)}, ${megabytes(cache.perTenant)} a tenant`;
  switch (state.kind) {
    case 'memory':
      return `in memory until the process ends, ${limits}`;
    case 'sqlite':
      return `in memory and in ${state.dir}, ${limits}, ${sealed}`;
    case 'redis':
      return `in Redis, ${megabytes(cache.perTenant)} a tenant, ${sealed}`;
  }
}

function megabytes(bytes: number): string {
  return `${Math.round((bytes / 2 ** 20) * 10) / 10} MiB`;
}
