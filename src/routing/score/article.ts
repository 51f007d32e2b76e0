import { type Complexity, complexityOf } from '../features/complexity.ts';
import { tallyOf } from '../features/features.ts';
import type { PromptText } from '../features/prompt-text.ts';

/** A task that a text is taken for where it contains one of the phrases, in small letters. */
export interface TaskRule {
  readonly task: string;
  readonly contains: readonly string[];
}

export const TIERS = ['small', 'medium', 'large'] as const;
export type Tier = (typeof TIERS)[number];

/** Tiers by task, with a bump for complexity, as configuration. */
export interface TaskTiers {
  /** The first that fits counts. */
  readonly rules: readonly TaskRule[];
  readonly tiers: Readonly<Record<string, Tier>>;
  /** Where no rule fits. */
  readonly default: Tier;
  /** Complexity above which a text goes one tier up. */
  readonly bumpAt: number;
}

/**
 * The heuristic of the article that this product grew from: task types by keyword, each with a tier, and one tier more for complex texts.
 * A baseline to be measured against; on public outcomes it is little better than chance (docs/routing.md).
 */
export const ARTICLE: TaskTiers = {
  rules: [
    { task: 'summarization', contains: ['summarize', 'summarise', 'summary of', 'tl;dr', 'condense', 'key points'] },
    { task: 'extraction', contains: ['extract', 'pull out', 'list all', 'find all the', 'identify all'] },
    {
      task: 'classification',
      contains: ['classify', 'categorize', 'categorise', 'label the', 'sentiment', 'true or false'],
    },
    {
      task: 'code_generation',
      contains: [
        '```',
        'write a function',
        'python',
        'javascript',
        'implement',
        'refactor',
        'debug',
        'def ',
        'sql',
        'code',
      ],
    },
    {
      task: 'reasoning',
      contains: [
        'prove',
        'solve',
        'calculate',
        'step by step',
        'explain why',
        'derive',
        'how many',
        'how much',
        'analyze',
      ],
    },
  ],
  tiers: {
    summarization: 'small',
    extraction: 'small',
    classification: 'small',
    code_generation: 'large',
    reasoning: 'large',
  },
  default: 'medium',
  bumpAt: 0.8,
};

/** Where the heuristic sends a text, and why. */
export interface TierChoice {
  readonly tier: Tier;
  /** Undefined where no rule fits. */
  readonly task: string | undefined;
  /** The phrase that decided. */
  readonly phrase: string | undefined;
  readonly complexity: Complexity;
  readonly bumped: boolean;
}

export function chooseTier(prompt: PromptText, config: TaskTiers = ARTICLE): TierChoice {
  const complexity = complexityOf(tallyOf(prompt), prompt);
  const found = findTask(prompt, config.rules);
  const tier = found === undefined ? config.default : (config.tiers[found.task] ?? config.default);
  const bumped = complexity.value > config.bumpAt && tier !== 'large';
  return {
    tier: bumped ? (TIERS[TIERS.indexOf(tier) + 1] ?? tier) : tier,
    task: found?.task,
    phrase: found?.phrase,
    complexity,
    bumped,
  };
}

function findTask(
  { head, tail }: PromptText,
  rules: readonly TaskRule[],
): { task: string; phrase: string } | undefined {
  const text = (tail === '' ? head : `${head}\n${tail}`).toLowerCase();
  for (const { task, contains } of rules) {
    const phrase = contains.find((one) => text.includes(one));
    if (phrase !== undefined) return { task, phrase };
  }
  return undefined;
}
