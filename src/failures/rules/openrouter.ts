import type { Rule } from './rule.ts';

/** OpenRouter: `code` is a number, the telling name is `metadata.error_type` or `limit_source`. */
export const OPENROUTER_RULES: readonly Rule[] = [
  // A 402 that passes: other requests hold the credit until they settle.
  { names: ['openrouter_in_flight_budget', 'in_flight_budget_exhausted'], class: 'rate_limited' },
  { names: ['openrouter_credits', 'openrouter_key_limit'], class: 'quota_exhausted' },
  { names: ['flagged_input', 'content_policy_violation', 'refusal'], class: 'content_blocked' },
  { names: ['permission_denied'], says: /\b(?:moderation|flagged|guardrail)\b/i, class: 'content_blocked' },
  { names: ['provider_overloaded'], class: 'overloaded' },
  { names: ['provider_unavailable', 'server'], class: 'server_error' },
  { names: ['string_too_long', 'image_too_large'], class: 'payload_too_large' },
  { names: ['token_limit_exceeded'], class: 'quota_exhausted' },
  { names: ['authentication'], class: 'upstream_auth' },
  { names: ['unsupported_image_format'], class: 'capability_unsupported' },
  { names: ['timeout'], class: 'timeout' },
  { statuses: [429], says: /free-models-per-day|daily limit/i, class: 'quota_exhausted' },
  { statuses: [403], says: /\b(?:moderation|flagged|guardrail)\b/i, class: 'content_blocked' },
];
