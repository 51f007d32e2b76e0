import { readFile } from 'node:fs/promises';
import type { Provider, Target } from '../config/config.ts';
import { LruMap } from '../lru-map.ts';
import { listedModel, listedProvider } from './model-name.ts';
import { CONFIGURED_FREE, type Price } from './price.ts';
import { type ListedModel, listedPrice, readListed } from './price-list.ts';

/** Models remembered, those the list does not know among them: clients choose the names. */
const MODELS_KEPT = 2000;

type PriceList = typeof import('@pydantic/genai-prices');

/**
 * What every model costs: the operator's word first, then the list of `@pydantic/genai-prices`. The list takes 20 MB and 25 ms, so it
 * is loaded by whoever needs it; until then only what is configured has a price. All answers come from memory.
 */
export class PriceBook {
  /** The version of the list, `0.1.8`; undefined until it is loaded. */
  version: string | undefined;
  #list: PriceList | undefined;
  #loading: Promise<void> | undefined;
  readonly #models = new LruMap<string, ListedModel | typeof UNKNOWN>(MODELS_KEPT);
  readonly #providers = new WeakMap<Provider, ProviderEntry>();

  get loaded(): boolean {
    return this.#list !== undefined;
  }

  /** Loads the list, once. Fails where the package is not installed; may then be tried again. */
  load(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  /**
   * The price that holds at a moment: of the target, else of the provider's entry for the model, else the provider is free, else the
   * list's. Undefined: unknown, which is never the same as free.
   *
   * @param at clock milliseconds
   */
  price(
    provider: Provider,
    target: Pick<Target, 'model'> & Partial<Pick<Target, 'price'>>,
    at: number,
  ): Price | undefined {
    if (target.price !== undefined) return target.price;
    const entry = this.#entry(provider);
    const configured = configuredFor(provider, entry, target.model);
    if (configured !== undefined) return configured;
    const listed = this.#listed(entry, target.model);
    return listed === undefined ? undefined : listedPrice(listed, at);
  }

  /** Tokens the model can read and write together, as far as the list knows. */
  contextWindow(provider: Provider, model: string): number | undefined {
    return this.#listed(this.#entry(provider), model)?.contextWindow;
  }

  async #load(): Promise<void> {
    const list = await import('@pydantic/genai-prices');
    this.version = await packageVersion();
    this.#list = list;
  }

  #entry(provider: Provider): ProviderEntry {
    let entry = this.#providers.get(provider);
    if (entry === undefined) {
      const patterns = provider.prices.models.map(([name, price]) => ({ name, matches: matcher(name), price }));
      entry = { listed: listedProvider(provider), patterns };
      this.#providers.set(provider, entry);
    }
    return entry;
  }

  #listed({ listed }: ProviderEntry, model: string): ListedModel | undefined {
    if (listed === undefined || this.#list === undefined) return undefined;
    const key = `${listed}/${model}`;
    let found = this.#models.get(key);
    if (found === undefined) {
      // The search over the list's patterns takes 40 us; the sum for no tokens at all is its only door.
      const entry = this.#list.calcPrice({}, listedModel(listed, model), { providerId: listed });
      found = entry === null ? UNKNOWN : readListed(entry.model);
      this.#models.set(key, found);
    }
    return found === UNKNOWN ? undefined : found;
  }
}

interface ProviderEntry {
  /** The list's name of it. */
  readonly listed: string | undefined;
  readonly patterns: readonly {
    readonly name: string;
    readonly matches: (model: string) => boolean;
    readonly price: Price;
  }[];
}

const UNKNOWN = Symbol('not in the list');

function configuredFor({ prices }: Provider, { patterns }: ProviderEntry, model: string): Price | undefined {
  if (patterns.length > 0) {
    const entry = patterns.find(({ name }) => name === model) ?? patterns.find(({ matches }) => matches(model));
    if (entry !== undefined) return entry.price;
  }
  return prices.free ? CONFIGURED_FREE : undefined;
}

/** `*` stands for anything, all else for itself. */
function matcher(pattern: string): (model: string) => boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return (model) => model === pattern;
  return (model) => {
    if (model.length < head.length + tail.length || !model.startsWith(head) || !model.endsWith(tail)) return false;
    const end = model.length - tail.length;
    let at = head.length;
    for (const part of rest) {
      const found = model.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

async function packageVersion(): Promise<string> {
  const file = new URL('../package.json', import.meta.resolve('@pydantic/genai-prices'));
  const { version }: { version?: unknown } = JSON.parse(await readFile(file, 'utf8'));
  return String(version);
}
