import type { Rule } from './rule.ts';

/** Together: `credit_limit` is money under a 402 and a plain rate limit under a 429. */
export const TOGETHER_RULES: readonly Rule[] = [
  { names: ['credit_limit'], statuses: [402], class: 'quota_exhausted' },
  { names: ['credit_limit', 'model_rate_limit'], class: 'rate_limited' },
];

/** Fireworks: a suspended account is a 412. */
export const FIREWORKS_RULES: readonly Rule[] = [
  { names: ['precondition_failed'], statuses: [412], class: 'quota_exhausted' },
  { statuses: [400, 403, 412], says: /account .{0,80}suspended|spending limit/i, class: 'quota_exhausted' },
];

/** DeepSeek: every 400 has the code `invalid_request_error`; words tell a wrong model from a blocked text. */
export const DEEPSEEK_RULES: readonly Rule[] = [
  { statuses: [400], says: /\bmodel not exist\b/i, class: 'model_not_found' },
  { statuses: [400], says: /\bcontent exists risk\b/i, class: 'content_blocked' },
];

/** xAI: `{code: "a sentence", error: "text"}`; a wrong key is a 400, an empty account a 403 or 429. */
export const XAI_RULES: readonly Rule[] = [
  {
    statuses: [403, 429],
    says: /used all available credits|monthly spending limit|doesn't have any credits|run out of credits/i,
    class: 'quota_exhausted',
  },
  { statuses: [400], says: /incorrect api key/i, class: 'upstream_auth' },
  { statuses: [400, 403], says: /usage guidelines|content violates/i, class: 'content_blocked' },
];

/** Cerebras: flat `{message, type, param, code}`. */
export const CEREBRAS_RULES: readonly Rule[] = [
  { names: ['queue_exceeded'], class: 'overloaded' },
  { names: ['request_quota_exceeded', 'token_quota_exceeded'], says: /per day|daily/i, class: 'quota_exhausted' },
  { names: ['request_quota_exceeded', 'token_quota_exceeded', 'too_many_tokens_error'], class: 'rate_limited' },
  { names: ['wrong_api_key'], class: 'upstream_auth' },
];
