import { makeTarget } from './build-model.ts';
import type { Config, Model, Provider } from './config.ts';
import { didYouMean, nearest } from './suggest.ts';

/** Why a name stands for no model: for a 404 (`unknown`) or a 400 (`ambiguous`) to the client. */
export interface UnresolvedModel {
  readonly error: 'unknown' | 'ambiguous';
  /** Fit for the client: holds no address and no key. */
  readonly message: string;
}

/** Longer than any model's name; what is longer is not looked at further. */
const LONGEST_NAME = 256;
/** Names kept a configuration. Clients choose the names, so this has to be bounded. */
const MEMO_SIZE = 1000;
const NAMES_LISTED = 10;
/** Of a client's name, what an error repeats. */
const LONGEST_SHOWN = 80;

/** By configuration: a reload begins anew, and the old one's memo goes with it. */
const memos = new WeakMap<Config, Map<string, Model>>();

/**
 * The model that a client's `model` stands for: a configured name, else `provider/model` of a configured provider, else a
 * bare upstream name that exactly one configured provider's preset owns, else, where only one provider is configured,
 * whatever that one makes of the name. Never another model than was asked for.
 */
export function resolveModel(config: Config, name: string): Model | UnresolvedModel {
  const configured = config.models.get(name);
  if (configured !== undefined) return configured;
  // A choice among models is none: whoever can choose has looked before.
  if (config.routing.models.has(name)) return routed(name);
  let memo = memos.get(config);
  if (memo === undefined) {
    memo = new Map();
    memos.set(config, memo);
  }
  const known = memo.get(name);
  if (known !== undefined) return known;
  const resolved = resolve(config, name);
  if ('error' in resolved) return resolved;
  if (memo.size >= MEMO_SIZE) memo.clear();
  memo.set(name, resolved);
  return resolved;
}

export function isResolved(resolution: Model | UnresolvedModel): resolution is Model {
  return !('error' in resolution);
}

function resolve(config: Config, name: string): Model | UnresolvedModel {
  if (name === '' || name.length > LONGEST_NAME) return unknown(config, name);
  const slash = name.indexOf('/');
  const prefixed = slash > 0 ? config.providers.get(name.slice(0, slash)) : undefined;
  if (prefixed !== undefined) {
    return slash + 1 < name.length ? plainModel(config, name, prefixed, name.slice(slash + 1)) : unknown(config, name);
  }
  const [owner, ...others] = [...config.providers.values()].filter((provider) =>
    provider.owns.some((pattern) => pattern.test(name)),
  );
  if (owner !== undefined && others.length === 0) return plainModel(config, name, owner, name);
  if (owner !== undefined) return ambiguous(name, [owner, ...others]);
  const [only, ...more] = config.providers.values();
  if (only !== undefined && more.length === 0) return plainModel(config, name, only, name);
  return unknown(config, name);
}

function plainModel(config: Config, name: string, provider: Provider, model: string): Model {
  const target = Object.freeze(makeTarget(provider.name, model, provider.preset));
  return Object.freeze({ name, targets: Object.freeze([target]), fallback: NO_FALLBACK, ...config.defaults });
}

const NO_FALLBACK = Object.freeze({ static: undefined });

function ambiguous(name: string, owners: readonly Provider[]): UnresolvedModel {
  const choices = owners.map((owner) => `"${owner.name}/${name}"`).join(' or ');
  return { error: 'ambiguous', message: `The model ${quote(name)} may be of several providers: ask for ${choices}.` };
}

function routed(name: string): UnresolvedModel {
  return { error: 'unknown', message: `The model ${quote(name)} is chosen for each request, and there is none here.` };
}

function unknown(config: Config, name: string): UnresolvedModel {
  const names = [...config.models.keys(), ...config.routing.models.keys()];
  const slash = name.indexOf('/');
  let hint = didYouMean(name, names);
  const provider = hint === '' && slash > 0 ? nearest(name.slice(0, slash), config.providers.keys()) : undefined;
  if (provider !== undefined) hint = ` Did you mean "${provider}${name.slice(slash, slash + LONGEST_SHOWN)}"?`;
  const listed = names.length > NAMES_LISTED ? `${names.slice(0, NAMES_LISTED).join(', ')}, ...` : names.join(', ');
  const choice = listed === '' ? '' : ` Configured models: ${listed}.`;
  const providers = [...config.providers.keys()].slice(0, NAMES_LISTED).join(', ');
  return {
    error: 'unknown',
    message: `The model ${quote(name)} is not known here.${hint}${choice} Others are asked for as provider/model; providers: ${providers}.`,
  };
}

function quote(name: string): string {
  return JSON.stringify(name.length > LONGEST_SHOWN ? `${name.slice(0, LONGEST_SHOWN)}...` : name);
}
