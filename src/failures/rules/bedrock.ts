import type { Rule } from './rule.ts';

/** Bedrock: AWS exception names, in the header `x-amzn-errortype` or the body's `__type`; Claude's own words inside them. */
export const BEDROCK_RULES: readonly Rule[] = [
  { names: ['throttlingexception', 'toomanyrequestsexception'], says: /per day/i, class: 'quota_exhausted' },
  { names: ['throttlingexception', 'toomanyrequestsexception'], class: 'rate_limited' },
  { names: ['modelnotreadyexception'], class: 'model_not_ready' },
  { names: ['modeltimeoutexception'], class: 'timeout' },
  { names: ['modelstreamerrorexception', 'modelerrorexception', 'internalserverexception'], class: 'server_error' },
  { names: ['serviceunavailableexception'], class: 'overloaded' },
  { names: ['servicequotaexceededexception'], class: 'quota_exhausted' },
  { names: ['resourcenotfoundexception'], class: 'model_not_found' },
  {
    names: [
      'accessdeniedexception',
      'unrecognizedclientexception',
      'invalidsignatureexception',
      'incompletesignatureexception',
      'expiredtokenexception',
      'missingauthenticationtokenexception',
      'notauthorized',
    ],
    class: 'upstream_auth',
  },
  {
    statuses: [400],
    says: /model identifier is invalid|on-demand throughput isn.?t supported|invocation of model id .{0,200}with on-demand throughput/i,
    class: 'model_not_found',
  },
];
