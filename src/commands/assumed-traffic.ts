import type { Config, Model } from '../config/config.ts';
import { NO_TOKENS } from '../dialects/reported-tokens.ts';
import { costOf } from '../prices/cost.ts';
import type { PriceBook } from '../prices/price-book.ts';
import { UsageError } from './arguments.ts';
import type { DailyUse } from './projection.ts';

/** Traffic that somebody expects. */
export interface AssumedTraffic {
  readonly requestsPerDay: number;
  /** Of one request. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** @throws {UsageError} */
export function parseTraffic(requests: string | undefined, tokens: string | undefined): AssumedTraffic | undefined {
  if (requests === undefined && tokens === undefined) return undefined;
  if (requests === undefined || tokens === undefined)
    throw new UsageError('--requests-per-day and --tokens go together: --requests-per-day 1000 --tokens 2000/500.');
  const [, inputTokens, outputTokens] = /^(\d{1,9})\/(\d{1,9})$/.exec(tokens) ?? [];
  if (!/^\d{1,9}$/.test(requests) || Number(requests) === 0)
    throw new UsageError(`--requests-per-day "${requests}": expected a whole number.`);
  if (inputTokens === undefined || outputTokens === undefined)
    throw new UsageError(`--tokens "${tokens}": expected input/output tokens of one request, such as 2000/500.`);
  return {
    requestsPerDay: Number(requests),
    inputTokens: Number(inputTokens),
    outputTokens: Number(outputTokens),
  };
}

/** `10x`, `10`, `0.5x`. @throws {UsageError} */
export function parseFactor(text: string): number {
  const match = /^(\d{1,6}(?:\.\d{1,3})?)x?$/.exec(text);
  const factor = Number(match?.[1]);
  if (!(factor > 0)) throw new UsageError(`--at "${text}": expected a multiple such as 10x.`);
  return factor;
}

/** What one target would cost, were it to answer all of it. */
export interface AssumedCost {
  readonly model: string;
  readonly target: string;
  /** 0: asked first; others are fallbacks. */
  readonly rank: number;
  /** Undefined: the price is not known. */
  readonly perDay: DailyUse | undefined;
}

/** For every target of every model. @param now clock milliseconds, whose prices hold */
export function assumedCosts(config: Config, prices: PriceBook, traffic: AssumedTraffic, now: number): AssumedCost[] {
  const { requestsPerDay: requests, inputTokens, outputTokens } = traffic;
  return [...config.models.values()].flatMap((model: Model) =>
    model.targets.map((target, rank) => {
      const provider = config.providers.get(target.provider);
      const price = provider === undefined ? undefined : prices.price(provider, target, now);
      const one = { ...NO_TOKENS, promptTokens: inputTokens, completionTokens: outputTokens };
      const perDay =
        price === undefined
          ? undefined
          : { requests, tokens: requests * (inputTokens + outputTokens), usd: requests * costOf(price, one) };
      return { model: model.name, target: target.id, rank, perDay };
    }),
  );
}
