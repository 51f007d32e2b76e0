import type { Rule } from './rule.ts';

/** What OpenAI alone says; the rest of its vocabulary is everybody's (common.ts). */
export const OPENAI_RULES: readonly Rule[] = [
  // Reasoning models: "your prompt was flagged as potentially violating our usage policy".
  { names: ['invalid_prompt', 'cyber_policy_violation'], class: 'content_blocked' },
  // Responses: a chat-only or Responses-only model at the other endpoint.
  { statuses: [400, 404], says: /only supported in v1\/|not supported in the v1\//i, class: 'capability_unsupported' },
];
