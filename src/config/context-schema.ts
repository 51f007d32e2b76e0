import * as z from 'zod';
import {
  type ContextConfig,
  DEFAULT_KEEP_TURNS,
  DEFAULT_WAIT,
  LEAST_INPUT_TOKENS,
  MOST_INPUT_TOKENS,
  MOST_KEEP_TURNS,
} from './context-config.ts';
import { duration, flag, integer, type Reading, shaped, text } from './schema-types.ts';

const TOKENS_PATTERN = '^\\d+(\\.\\d+)?\\s?[kM]?$';
const TOKENS = /^(\d+(?:\.\d+)?)\s?([kM]?)$/;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1000, M: 1_000_000 };

/** `context` of a tenant, for all its agents, or of one agent. */
export const contextSchema = z
  .strictObject({
    enabled: flag(
      'False: this agent’s conversations are left alone. Default true where options are written.',
    ).optional(),
    maxInputTokens: shaped<number>(
      readTokens,
      {
        anyOf: [
          { type: 'integer', minimum: LEAST_INPUT_TOKENS },
          { type: 'string', pattern: `${TOKENS_PATTERN}|\\$\\{[A-Za-z_]` },
        ],
      },
      'Input tokens above which older turns give way to a summary: 100k.',
    ).optional(),
    keepTurns: integer('The last turns stay as they are. Default 6.', 1, MOST_KEEP_TURNS).optional(),
    summarizer: text(
      'The model that writes the summaries: one of models, or provider/model. A cheap one does.',
    ).optional(),
    wait: duration(
      'How long a request waits for a summary that is not there yet; after that it goes out as it came. Default 30s.',
    ).optional(),
  })
  .meta({ description: 'Keeps long conversations short. Off by default.' });

export type ContextShape = z.output<typeof contextSchema>;

/**
 * What is written, over what is written further up.
 *
 * @param report is told what is missing, with the path below `context`
 * @returns undefined: conversations are left alone
 */
export function buildContext(
  base: ContextConfig | undefined,
  given: ContextShape | undefined,
  report: (path: readonly string[], message: string) => void,
): ContextConfig | undefined {
  if (given === undefined) return base;
  if (given.enabled === false) return undefined;
  const maxInputTokens = given.maxInputTokens ?? base?.maxInputTokens;
  const summarizer = given.summarizer ?? base?.summarizer;
  if (maxInputTokens === undefined) report([], 'needs maxInputTokens: from where on a conversation is too long');
  if (summarizer === undefined) report([], 'needs summarizer: the model that writes the summaries');
  if (maxInputTokens === undefined || summarizer === undefined) return undefined;
  const keepTurns = given.keepTurns ?? base?.keepTurns ?? DEFAULT_KEEP_TURNS;
  return { maxInputTokens, summarizer, keepTurns, wait: given.wait ?? base?.wait ?? DEFAULT_WAIT };
}

function readTokens(input: unknown): Reading<number> {
  const match =
    typeof input === 'number' ? TOKENS.exec(String(input)) : typeof input === 'string' ? TOKENS.exec(input) : null;
  const value = Math.round(Number(match?.[1]) * (FACTORS[match?.[2] ?? ''] ?? 1));
  if (match !== null && value >= LEAST_INPUT_TOKENS && value <= MOST_INPUT_TOKENS) return { ok: true, value };
  return { ok: false, reason: `expected tokens, such as "100k", from ${LEAST_INPUT_TOKENS} on` };
}
