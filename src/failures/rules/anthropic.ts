import type { Rule } from './rule.ts';

/** Anthropic: `type` tells most; a plain 400 may be money, context or capability, and only its words say which. */
export const ANTHROPIC_RULES: readonly Rule[] = [
  { names: ['enforced_spend_limit_reached'], class: 'quota_exhausted' },
  // Subscription tokens: the account's monthly spend limit, told as a rate limit.
  { names: ['rate_limit_error'], says: /\bspend limit\b/i, class: 'quota_exhausted' },
  { names: ['conflict_error'], class: 'server_error' },
  {
    statuses: [400, 403],
    says: /credit balance is too low|reached your specified (?:workspace )?api usage limits|workspace .{0,40}usage limit/i,
    class: 'quota_exhausted',
  },
  { statuses: [400], says: /input length and `?max_tokens`? exceed context limit/i, class: 'context_length' },
  { statuses: [400], says: /output blocked by content filtering policy/i, class: 'content_blocked' },
];
