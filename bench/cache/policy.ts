import { checkEligibility, comparePair, profileOf, type SemanticQuestion } from '../../src/cache/guards/index.ts';
import type { Pair } from './pairs.ts';

/** Decides whether the stored answer of `a` is served for `b`, given the cosine of their vectors. */
export interface Policy {
  readonly name: string;
  serves(pair: Pair, cosine: number): boolean;
}

/** Nothing but a threshold: what GPTCache-, Bifrost- and LiteLLM-like caches do. */
export function plain(threshold: number): Policy {
  return { name: `plain cosine >= ${threshold.toFixed(2)}`, serves: (_, cosine) => cosine >= threshold };
}

/** A threshold, the pair guards, and what may not be cached at all left out. */
export function guarded(threshold: number): Policy {
  return {
    name: `Breakwater >= ${threshold.toFixed(2)}`,
    serves: (pair, cosine) => cosine >= threshold && isEligible(pair.a) && isEligible(pair.b) && passes(pair),
  };
}

/** The pair guards alone: what protects where a request slips through eligibility. */
export function guardsOnly(threshold: number): Policy {
  return {
    name: `pair guards alone >= ${threshold.toFixed(2)}`,
    serves: (pair, cosine) => cosine >= threshold && passes(pair),
  };
}

export function passes(pair: Pair): boolean {
  return comparePair(profileOf(pair.b), profileOf(pair.a)).ok;
}

/** Whether the guards leave a pair to a judge that they do not let through themselves. */
export function isLeftToJudge(pair: Pair): boolean {
  const verdict = comparePair(profileOf(pair.b), profileOf(pair.a));
  return !verdict.ok && verdict.judgeable;
}

/** A bare chat request with this text: everything but the text is as eligible as can be. */
export function isEligible(text: string): boolean {
  const question: SemanticQuestion = {
    text,
    earlierTurns: 0,
    stored: false,
    tools: false,
    nonText: false,
    choices: 1,
    logprobs: false,
    temperature: 0,
  };
  return checkEligibility(question).ok;
}
