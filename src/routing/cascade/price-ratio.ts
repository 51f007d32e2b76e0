import { NO_TOKENS } from '../../dialects/reported-tokens.ts';
import { costOf } from '../../prices/cost.ts';
import type { Price } from '../../prices/price.ts';

/** Tokens of an answer that an agent reads by program, where nothing caps it lower. */
const USUAL_OUTPUT = 300;
/** Bytes a token, of English in JSON. */
const USUAL_BYTES = 4;

/** A request's size, as far as two prices are compared by it. */
export interface CallSize {
  readonly bytes: number;
  /** The client's cap on the answer's tokens. */
  readonly maxTokens: number | undefined;
}

/** What a call costs at one price over what it costs at the other; infinite where only the other is free. */
export function priceRatio(cheap: Price, strong: Price, { bytes, maxTokens }: CallSize): number {
  const tokens = {
    ...NO_TOKENS,
    promptTokens: Math.ceil(bytes / USUAL_BYTES),
    completionTokens: Math.min(maxTokens ?? USUAL_OUTPUT, USUAL_OUTPUT),
  };
  const dear = costOf(strong, tokens);
  return dear === 0 ? Number.POSITIVE_INFINITY : costOf(cheap, tokens) / dear;
}
