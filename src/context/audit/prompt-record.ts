import type { ReportedTokens } from '../../dialects/reported-tokens.ts';
import { NO_TOKENS } from '../../dialects/reported-tokens.ts';
import { costOf } from '../../prices/cost.ts';
import type { Price } from '../../prices/price.ts';
import { tokenFactor } from '../token-estimate.ts';
import type { PromptSketch } from './sketch.ts';

/** Whose a prompt is. */
export interface PromptOwner {
  readonly tenant: string | undefined;
  readonly agent: string | undefined;
}

/** What one try used, and its price; undefined: not known. */
export interface PromptUse {
  readonly tokens: ReportedTokens;
  readonly price: Price | undefined;
}

/** Sums over one day, or all days. Money in nano-dollars. */
export interface PromptSums {
  requests: number;
  /** Tokens of system prompt and tools, as the model counts them. */
  fixedTokens: number;
  /** Of those, what the provider read from its cache. */
  cachedTokens: number;
  /** What they cost. */
  fixedCost: number;
  /** What the requests cost with everything. */
  cost: number;
}

export const noSums = (): PromptSums => ({ requests: 0, fixedTokens: 0, cachedTokens: 0, fixedCost: 0, cost: 0 });

export function addSums(to: PromptSums, from: PromptSums): void {
  to.requests += from.requests;
  to.fixedTokens += from.fixedTokens;
  to.cachedTokens += from.cachedTokens;
  to.fixedCost += from.fixedCost;
  to.cost += from.cost;
}

const MODELS_KEPT = 8;
const TOOLS_KEPT = 512;
/** What is not counted yet is taken for so many bytes a token. */
const BYTES_A_TOKEN = 4;

/** All that is known of one prompt of one agent. */
export class PromptRecord {
  /** Names it in reports. */
  readonly id: string;
  readonly owner: PromptOwner;
  readonly systemBytes: number;
  readonly toolBytes: number;
  readonly sums = noSums();
  readonly models = new Set<string>();
  /** Requests of which it is known what the model called, and how often it called what. */
  answered = 0;
  readonly calls = new Map<string, number>();
  /** Spellings that differ only in numbers, dates and ids. */
  variants = 1;
  sketch: PromptSketch | undefined;
  /** Kept only where that is asked for. */
  text: string | undefined;
  firstAt: number;
  lastAt: number;
  /** There was no more room for it. */
  dropped = false;
  /** Requests since their past was last looked at for calls. */
  unheard = 0;

  constructor(
    id: string,
    owner: PromptOwner,
    size: { readonly systemBytes: number; readonly toolBytes: number },
    at: number,
  ) {
    this.id = id;
    this.owner = owner;
    this.systemBytes = size.systemBytes;
    this.toolBytes = size.toolBytes;
    this.firstAt = at;
    this.lastAt = at;
  }

  /** In o200k_base, or by the bytes until they are counted. */
  get systemTokens(): number {
    return this.sketch?.tokens ?? Math.ceil(this.systemBytes / BYTES_A_TOKEN);
  }

  get toolTokens(): number {
    if (this.sketch === undefined) return Math.ceil(this.toolBytes / BYTES_A_TOKEN);
    return this.sketch.tools.reduce((sum, { tokens }) => sum + tokens, 0);
  }

  /** Adds a request, and tells what it added. */
  add(model: string, uses: readonly PromptUse[], called: readonly string[] | undefined, at: number): PromptSums {
    const sums = noSums();
    sums.requests = 1;
    const fixed = Math.ceil((this.systemTokens + this.toolTokens) * tokenFactor(model));
    sums.fixedTokens = fixed;
    for (const { tokens, price } of uses) {
      const part = partOf(tokens, fixed);
      sums.cachedTokens += part.cachedTokens;
      if (price === undefined) continue;
      sums.cost += costOf(price, tokens);
      sums.fixedCost += costOf(price, part);
    }
    addSums(this.sums, sums);
    if (this.models.size < MODELS_KEPT) this.models.add(model);
    if (called !== undefined) this.heard(called, 1);
    this.lastAt = Math.max(this.lastAt, at);
    return sums;
  }

  /** So many answers called these tools and no others. */
  heard(called: readonly string[], answers: number): void {
    this.answered += answers;
    for (const name of called)
      if (this.calls.size < TOOLS_KEPT || this.calls.has(name)) this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
  }

  /** It turned out to be the same prompt. */
  take(other: PromptRecord): void {
    addSums(this.sums, other.sums);
    for (const model of other.models) if (this.models.size < MODELS_KEPT) this.models.add(model);
    this.answered += other.answered;
    for (const [name, calls] of other.calls) this.calls.set(name, (this.calls.get(name) ?? 0) + calls);
    this.variants += other.variants;
    this.firstAt = Math.min(this.firstAt, other.firstAt);
    this.lastAt = Math.max(this.lastAt, other.lastAt);
  }
}

/** The first so many input tokens of a call: what a provider has cached, it has cached from the beginning. */
function partOf(tokens: ReportedTokens, fixed: number): ReportedTokens {
  const promptTokens = Math.min(fixed, tokens.promptTokens);
  const cachedTokens = Math.min(promptTokens, tokens.cachedTokens);
  const cacheWriteTokens = Math.min(promptTokens - cachedTokens, tokens.cacheWriteTokens);
  const cacheWrite1hTokens = Math.min(cacheWriteTokens, tokens.cacheWrite1hTokens);
  return { ...NO_TOKENS, promptTokens, cachedTokens, cacheWriteTokens, cacheWrite1hTokens };
}
