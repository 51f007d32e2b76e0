import type { Provider } from './config.ts';
import { buildContext } from './context-schema.ts';
import type { ConfigDocument } from './document.ts';
import type { Path } from './path.ts';
import { didYouMean } from './suggest.ts';
import type { AgentSettings, GuardConfig, ModelList, Policy } from './tenant-config.ts';
import type { AgentShape } from './tenant-schema.ts';

/** What the names of models are checked against. */
export interface KnownModels {
  readonly document: ConfigDocument;
  readonly modelNames: ReadonlySet<string>;
  /** Those of them that a routing policy chooses for. */
  readonly routedNames: ReadonlySet<string>;
  /** Providers that could be built. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** Every provider that is written, also one with errors of its own. */
  readonly providerNames: ReadonlySet<string>;
}

const DEFAULT_REPEATS = 5;
const DEFAULT_WARN_AT = 0.8;

export const DEFAULT_POLICY: Policy = {
  allow: [],
  over: 'block',
  downgradeTo: undefined,
  clamp: false,
  warnAt: DEFAULT_WARN_AT,
  chain: undefined,
  settings: undefined,
  guard: { repeats: DEFAULT_REPEATS, toolCalls: undefined, action: 'warn' },
  cache: { exact: true, semantic: true, threshold: undefined },
  context: undefined,
};

/** What is written for a tenant or an agent, over what holds for it anyway. An allow-list narrows; all else replaces. */
export function buildPolicy(base: Policy, given: AgentShape, path: Path, known: KnownModels): Policy {
  for (const option of ['downgradeTo', 'chain'] as const) {
    const name = given[option];
    if (name !== undefined) reportUnknown(name, [...path, option], known);
  }
  if (given.downgradeTo !== undefined && known.routedNames.has(given.downgradeTo))
    known.document.report(
      [...path, 'downgradeTo'],
      `${known.document.shown([...path, 'downgradeTo'], given.downgradeTo)}: is routed, and may be served by a dear model; name a cheap one`,
    );
  const summarizer = given.context?.summarizer;
  if (summarizer !== undefined) reportSummarizer(summarizer, [...path, 'context', 'summarizer'], known);
  for (const [index, name] of given.models?.entries() ?? []) reportUnlisted(name, [...path, 'models', index], known);
  const policy: Policy = {
    allow: given.models === undefined ? base.allow : [...base.allow, makeList(given.models)],
    over: given.over ?? base.over,
    downgradeTo: given.downgradeTo ?? base.downgradeTo,
    clamp: given.clamp ?? base.clamp,
    warnAt: given.warnAt ?? base.warnAt,
    chain: given.chain ?? base.chain,
    settings: buildSettings(base.settings, given),
    guard: buildGuard(base.guard, given),
    cache: {
      exact: given.cache?.exact ?? base.cache.exact,
      semantic: given.cache?.semantic ?? base.cache.semantic,
      threshold: given.cache?.threshold ?? base.cache.threshold,
    },
    context: buildContext(base.context, given.context, (at, message) =>
      known.document.report([...path, 'context', ...at], message),
    ),
  };
  if (policy.over === 'downgrade' && policy.downgradeTo === undefined)
    known.document.report([...path, 'over'], 'needs downgradeTo: the model to go down to');
  return policy;
}

function makeList(models: readonly string[]): ModelList {
  const starred = models.filter((name) => name.endsWith('*'));
  return {
    names: models.filter((name) => !name.endsWith('*')),
    prefixes: starred.map((name) => name.slice(0, -1)),
  };
}

function buildSettings(base: AgentSettings | undefined, given: AgentShape): AgentSettings | undefined {
  const { timeouts, retries, stream } = given;
  if (timeouts === undefined && retries === undefined && stream === undefined) return base;
  return {
    timeouts: { ...base?.timeouts, ...written(timeouts) },
    retries: { ...base?.retries, ...written(retries) },
    stream: { ...base?.stream, ...written(stream) },
  };
}

/** Without the options that are not there: they would replace what is. */
function written<T extends object>(given: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value !== undefined) Object.assign(present, { [name]: value });
  }
  return present;
}

function buildGuard(base: GuardConfig, { guard }: AgentShape): GuardConfig {
  const watched = (given: number | 'off' | undefined, before: number | undefined): number | undefined => {
    if (given === undefined) return before;
    return given === 'off' ? undefined : given;
  };
  return {
    repeats: watched(guard?.repeats, base.repeats),
    toolCalls: watched(guard?.toolCalls, base.toolCalls),
    action: guard?.action ?? base.action,
  };
}

function reportUnlisted(name: string, path: Path, known: KnownModels): void {
  const star = name.indexOf('*');
  if (star < 0) reportUnknown(name, path, known);
  else if (star !== name.length - 1)
    known.document.report(path, `${known.document.shown(path, name)}: a star stands at the end only`);
  else if (name.includes('/')) reportProvider(name, path, known);
}

function reportSummarizer(name: string, path: Path, known: KnownModels): void {
  reportUnknown(name, path, known);
  if (known.routedNames.has(name))
    known.document.report(path, `${known.document.shown(path, name)}: is routed; name the model that is to write them`);
}

function reportUnknown(name: string, path: Path, known: KnownModels): void {
  const { document, modelNames, providers, providerNames } = known;
  if (modelNames.has(name)) return;
  if (name.includes('/')) {
    reportProvider(name, path, known);
    return;
  }
  const all = [...providers.values()];
  // A provider with errors of its own may be the one that owns the name; a single provider is asked for any name.
  if (all.length < providerNames.size || all.length === 1) return;
  const owners = all.filter((provider) => provider.owns.some((pattern) => pattern.test(name)));
  if (owners.length === 1) return;
  const reason =
    owners.length > 1
      ? `may be of several providers: write ${owners.map((owner) => `"${owner.name}/${name}"`).join(' or ')}`
      : `no such model.${didYouMean(name, modelNames) || ' Write one of models, or provider/model'}`;
  document.report(path, `${document.shown(path, name)}: ${reason}`);
}

function reportProvider(name: string, path: Path, { document, providerNames }: KnownModels): void {
  const provider = name.slice(0, name.indexOf('/'));
  if (providerNames.has(provider)) return;
  const hint = didYouMean(provider, providerNames);
  document.report(path, `${document.shown(path, name)}: no such provider is configured.${hint}`);
}
