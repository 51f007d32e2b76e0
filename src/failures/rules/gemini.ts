import type { Rule } from './rule.ts';

/** Gemini: google.rpc status names, with `details` that know better (a bad key is a 400, a daily quota says "retry in 22 s"). */
export const GEMINI_RULES: readonly Rule[] = [
  { names: ['per_day_quota', 'zero_quota'], class: 'quota_exhausted' },
  { names: ['model_capacity_exhausted'], class: 'overloaded' },
  {
    names: ['api_key_invalid', 'api_key_service_blocked', 'service_disabled', 'consumer_invalid'],
    class: 'upstream_auth',
  },
  { names: ['billing_disabled'], class: 'quota_exhausted' },
  // Without details the metric's name in the message is all there is.
  { names: ['resource_exhausted'], says: /per[_ ]?day\b/i, class: 'quota_exhausted' },
  { names: ['resource_exhausted'], says: /limit: 0\b/, class: 'quota_exhausted' },
  { names: ['resource_exhausted'], says: /prepayment credits are depleted|spending cap/i, class: 'quota_exhausted' },
  { names: ['resource_exhausted'], class: 'rate_limited' },
  { names: ['unavailable'], class: 'overloaded' },
  { names: ['unimplemented'], class: 'capability_unsupported' },
  { names: ['cancelled', 'aborted'], class: 'server_error' },
  { statuses: [400], says: /api key (?:not valid|not found|expired)/i, class: 'upstream_auth' },
  { statuses: [400], says: /user location is not supported/i, class: 'upstream_auth' },
  { statuses: [400], says: /enable billing/i, class: 'quota_exhausted' },
];
