import type { Finding, PromptReport } from './audit-report.ts';

/** Tokens above which a system prompt is long. */
export const LONG = 500;
/** Answers after which a tool that none of them called counts as unused. */
const ENOUGH_ANSWERS = 20;
/** Below it no provider caches. */
const CACHEABLE = 1024;
const ENOUGH_REQUESTS = 10;
const GROWN = 0.1;

interface FindingContext {
  /** Answers of which it is known what they called. */
  readonly answered: number;
  readonly growth: number | undefined;
  readonly cacheKnown: boolean;
}

export function findingsOf(
  prompt: Omit<PromptReport, 'findings'>,
  { answered, growth, cacheKnown }: FindingContext,
): readonly Finding[] {
  const { tokens, toolTokens, requests, variants, cachedShare, unusedTools, duplicates } = prompt;
  const findings: Finding[] = [];
  const find = (flag: Finding['flag'], suggestion: string): void => {
    findings.push({ flag, suggestion });
  };
  if (tokens > LONG) {
    find(
      'long',
      `The system prompt has ${tokens} tokens in every request. Look for examples, repetition and rules that no longer matter.`,
    );
  }
  if (answered >= ENOUGH_ANSWERS && unusedTools.length > 0) {
    const wasted = unusedTools.reduce((sum, one) => sum + one.tokens, 0);
    const names = unusedTools.slice(0, 3).map(({ name }) => name);
    const more = unusedTools.length > names.length ? ` and ${unusedTools.length - names.length} more` : '';
    find(
      'unused-tools',
      `In ${answered} answers ${names.join(', ')}${more} were never called: ${wasted} tokens a request. Offer them only where they can be needed.`,
    );
  }
  const [nearest] = duplicates;
  if (nearest !== undefined) {
    const share = Math.round(nearest.similarity * 100);
    const whose = nearest.agent === undefined || nearest.agent === prompt.agent ? '' : ` of ${nearest.agent}`;
    find(
      'duplicate',
      `About ${share}% the same as ${nearest.id}${whose}. Keep one text, with the common part first: providers cache what requests begin with.`,
    );
  }
  if (requests >= ENOUGH_REQUESTS && variants * 2 >= requests) {
    find(
      'varying',
      `A number, date or id in it changes from request to request (${variants} spellings in ${requests} requests), so a provider's cache ends there. Move it to the end, or into the user's message.`,
    );
  } else if (cacheKnown && requests >= ENOUGH_REQUESTS && tokens + toolTokens >= CACHEABLE && cachedShare < 0.1) {
    find(
      'uncached',
      `${tokens + toolTokens} tokens are the same each time, and ${Math.round(cachedShare * 100)}% of them came from the provider's cache. Anthropic needs a cache_control mark; others cache what requests begin with.`,
    );
  }
  if (growth !== undefined && growth >= GROWN) {
    find('growing', `The agent's prompts have grown by ${Math.round(growth * 100)}% since the first day seen.`);
  }
  return findings;
}
