import { SAYS_CONTEXT_LENGTH } from './common.ts';
import type { Rule } from './rule.ts';

/** vLLM: `code` repeats the status as an integer, `type` names a Python class; all that matters is in the words. */
export const VLLM_RULES: readonly Rule[] = [
  { statuses: [400, 404], says: /the model .{0,200}does not exist/i, class: 'model_not_found' },
];

/** Ollama: `{error: "text"}`, and context overflow under a 500 as well. */
export const OLLAMA_RULES: readonly Rule[] = [
  { statuses: [500], says: SAYS_CONTEXT_LENGTH, class: 'context_length' },
  { statuses: [400, 404, 500], says: /\bmodel .{0,200}not found\b/i, class: 'model_not_found' },
];

/** LM Studio: `{error: "text"}`; a model that was put away is a 400 or 404. */
export const LMSTUDIO_RULES: readonly Rule[] = [
  { statuses: [500], says: SAYS_CONTEXT_LENGTH, class: 'context_length' },
  {
    statuses: [400],
    says: /tokens to keep from the initial prompt|when context the overflows/i,
    class: 'context_length',
  },
  {
    statuses: [400, 404, 500],
    says: /\bmodel (?:is |has been |was )?unloaded\b|model reloaded/i,
    class: 'model_not_ready',
  },
  { statuses: [400, 500], says: /model (?:has )?crashed|failed to load model/i, class: 'server_error' },
];
