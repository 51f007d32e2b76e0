import type { FailureClass } from './failure.ts';

/** What a finish reason says about the answer it ends. */
export type FinishVerdict = 'answer' | 'filtered' | FailureClass;

/**
 * Reasons that mean the answer is not one, though the status was 200. Everything not named here (`stop`, `length`, `tool_calls`,
 * whatever comes next year) ends an answer.
 */
const NOT_AN_ANSWER: ReadonlyMap<string, FailureClass> = new Map<string, FailureClass>([
  // OpenRouter: the provider behind it failed; vLLM: the engine dropped the request.
  ['error', 'invalid_answer'],
  ['abort', 'invalid_answer'],
  ['aborted', 'invalid_answer'],
  // DeepSeek: cut off for want of machines.
  ['insufficient_system_resource', 'overloaded'],
  // Gemini, mostly behind "function_call_filter: "
  ['malformed_function_call', 'invalid_answer'],
  ['unexpected_tool_call', 'invalid_answer'],
  ['too_many_tool_calls', 'invalid_answer'],
  ['missing_thought_signature', 'invalid_answer'],
  ['malformed_response', 'invalid_answer'],
  ['no_image', 'invalid_answer'],
]);

/** Gemini's OpenAI-compatible endpoint passes some of its own names through. */
const FILTERED: ReadonlySet<string> = new Set([
  'content_filter',
  'safety',
  'recitation',
  'blocklist',
  'prohibited_content',
  'spii',
  'image_safety',
  'image_prohibited_content',
  'image_recitation',
  'refusal',
]);

/** Judges a `finish_reason`: an answer, an answer the provider's filter ended, or a failure and its class. */
export function judgeFinish(reason: unknown): FinishVerdict {
  if (typeof reason !== 'string') return 'answer';
  const [head = '', tail] = reason.toLowerCase().split(': ', 2);
  const verdict = NOT_AN_ANSWER.get(tail ?? head) ?? NOT_AN_ANSWER.get(head);
  if (verdict !== undefined) return verdict;
  if (head === 'function_call_filter') return 'invalid_answer';
  return FILTERED.has(head) || (tail !== undefined && FILTERED.has(tail)) ? 'filtered' : 'answer';
}
