import type { Rule } from './rule.ts';

/** Mistral: flat `{object: "error", message, type, param, code}` with numbers of its own as codes. */
export const MISTRAL_RULES: readonly Rule[] = [
  { names: ['1300', '3505', 'service_tier_capacity_exceeded'], class: 'rate_limited' },
  { names: ['1500'], class: 'model_not_found' },
];
