import { hashText, mix } from '../../../src/simulator/words.ts';
import type { Kind, Question } from '../traffic/request.ts';

/** Nano-dollars a token. Assumed: of the order of what providers charge for a small, a middling and a large model. */
export interface Prices {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

export const PRICES = {
  small: { input: 150, cached: 75, output: 600 },
  mid: { input: 800, cached: 80, output: 4_000 },
  strong: { input: 3_000, cached: 300, output: 15_000 },
  embed: { input: 20, cached: 20, output: 0 },
} as const satisfies Record<string, Prices>;

export type ModelName = keyof typeof PRICES;
export type ChatModel = Exclude<ModelName, 'embed'>;

/**
 * How often a model is right, by kind of work. Assumed, and what the savings of routing rest upon: that on easy work the small model
 * is as good as nothing can tell, and on hard work it is not.
 */
export const QUALITY: Readonly<Record<Kind, Readonly<Record<ChatModel, number>>>> = {
  faq: { small: 0.98, mid: 0.99, strong: 0.99 },
  poll: { small: 0.995, mid: 0.995, strong: 0.995 },
  classify: { small: 0.985, mid: 0.985, strong: 0.985 },
  extract: { small: 0.98, mid: 0.98, strong: 0.98 },
  contract: { small: 0.78, mid: 0.93, strong: 0.965 },
  research: { small: 0.92, mid: 0.96, strong: 0.965 },
  reasoning: { small: 0.45, mid: 0.7, strong: 0.92 },
  coding: { small: 0.5, mid: 0.78, strong: 0.93 },
};

/** What is hard for one model is mostly hard for the others: so often the same dice decide for all of them. */
const SAME_DICE = 0.8;

/** Whether a model knows the answer. The same question has the same outcome each time, as at a temperature near 0. */
export function isRight(question: Question, model: ChatModel, seed: number): boolean {
  const own = roll(`${question.id} ${model}`, seed);
  const dice = roll(`${question.id} shared?`, seed) < SAME_DICE ? roll(question.id, seed) : own;
  return dice < QUALITY[question.kind][model];
}

/** The share of what must be kept that a summary by this model keeps. Assumed. */
export const KEPT_BY_SUMMARY: Readonly<Record<ChatModel, number>> = { small: 0.97, mid: 0.985, strong: 0.995 };

/** How often a model that is asked whether two questions are the same says so wrongly. Assumed. */
export const JUDGE_ERROR: Readonly<Record<ChatModel, number>> = { small: 0.05, mid: 0.02, strong: 0.01 };

/** In [0, 1), the same for the same text. */
export function roll(text: string, seed: number): number {
  return mix(hashText(text), seed) / 2 ** 32;
}
