import type { Rule } from './rule.ts';

/** Groq: a 413 is its tokens-per-minute allowance (common.ts), a 498 its own "no capacity". */
export const GROQ_RULES: readonly Rule[] = [
  // The model wrote a tool call or JSON that Groq could not parse: the answer is bad, not the request.
  { names: ['tool_use_failed', 'json_validate_failed', 'output_parse_failed'], class: 'invalid_answer' },
  // The organization's spend limit is reached.
  { names: ['blocked_api_access'], class: 'quota_exhausted' },
  { names: ['organization_restricted'], class: 'upstream_auth' },
  {
    names: ['model_terms_required', 'model_permission_blocked_org', 'model_permission_blocked_project'],
    class: 'model_not_found',
  },
  { statuses: [498], class: 'overloaded' },
];
