import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { featuresOf } from '../../src/routing/features/features.ts';
import { type PromptText, promptText } from '../../src/routing/features/prompt-text.ts';

/** Read at run time and never kept: neither the rows nor anything that holds their text may be committed. */
export const DATA = fileURLToPath(new URL('../../../shared/data/routing/llmrouter-train.jsonl.gz', import.meta.url));

/** One prompt with what each model scored on it. */
export interface OutcomeRow {
  readonly prompt: string;
  readonly task: string;
  readonly scores: Readonly<Record<string, number>>;
}

/** A cheap and a strong model. */
export interface Pair {
  readonly cheap: string;
  readonly strong: string;
  readonly name: string;
}

const STRONG = 'llama-3.1-nemotron-51b-instruct';

export const PAIRS: readonly Pair[] = [
  { cheap: 'mistral-7b-instruct-v0.3', strong: STRONG, name: 'mistral-7b to nemotron-51b' },
  { cheap: 'llama-3.1-8b-instruct', strong: STRONG, name: 'llama-3.1-8b to nemotron-51b' },
];

/** One prompt under one pair of models. */
export interface Case {
  readonly text: PromptText;
  readonly features: Float64Array;
  /** Characters of the prompt. */
  readonly length: number;
  readonly key: string;
  readonly cheap: number;
  readonly strong: number;
  readonly uplift: number;
  /** Tokens of prompt and answer, about: what a call costs, in the unit of its model's price. */
  readonly tokens: number;
}

/** Undefined where the file is not there. */
export function readOutcomes(file: string): OutcomeRow[] | undefined {
  if (!existsSync(file)) return undefined;
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line): OutcomeRow => JSON.parse(line));
}

/** Four characters a token, and an answer of 200. */
const CHARACTERS_A_TOKEN = 4;
const ANSWER_TOKENS = 200;

export function casesOf(rows: readonly OutcomeRow[], { cheap, strong }: Pair): Case[] {
  return rows.map(({ prompt, task, scores }) => {
    const text = promptText(prompt);
    const low = scores[cheap] ?? Number.NaN;
    const high = scores[strong] ?? Number.NaN;
    return {
      text,
      features: featuresOf(text),
      length: prompt.length,
      key: task,
      cheap: low,
      strong: high,
      uplift: high - low,
      tokens: prompt.length / CHARACTERS_A_TOKEN + ANSWER_TOKENS,
    };
  });
}
