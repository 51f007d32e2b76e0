import type { OpenAiStreamProgress } from '../dialects/openai-stream-progress.ts';
import type { Usage } from './exchange.ts';

/** The tokens a whole answer says it used; undefined where it does not say. */
export function wholeUsage(json: unknown): Usage | undefined {
  if (typeof json !== 'object' || json === null || !('usage' in json)) return undefined;
  const usage = json.usage;
  if (typeof usage !== 'object' || usage === null) return undefined;
  const prompt = 'prompt_tokens' in usage ? usage.prompt_tokens : undefined;
  const completion = 'completion_tokens' in usage ? usage.completion_tokens : undefined;
  return {
    promptTokens: typeof prompt === 'number' ? prompt : undefined,
    completionTokens: typeof completion === 'number' ? completion : 0,
    estimated: false,
  };
}

/** The tokens of a stream as far as it came, added to those of the streams that broke before it. */
export function seenUsage(progress: OpenAiStreamProgress, before: Usage | undefined): Usage {
  const { usage, deltas } = progress;
  return {
    promptTokens: usage === undefined ? before?.promptTokens : usage.promptTokens + (before?.promptTokens ?? 0),
    completionTokens: (usage?.completionTokens ?? deltas) + (before?.completionTokens ?? 0),
    estimated: usage === undefined || before?.estimated === true,
  };
}
