import { OPENAI_RULES } from './openai.ts';
import type { Rule } from './rule.ts';

/** Azure OpenAI: OpenAI's errors, and those of the gateway before it (`{error: {code: "429"}}`, `{statusCode, message}`). */
export const AZURE_RULES: readonly Rule[] = [
  { names: ['deploymentnotfound', 'resourcenotfound'], class: 'model_not_found' },
  { names: ['operationnotsupported'], class: 'capability_unsupported' },
  { names: ['nocapacity', 'serviceunavailable'], class: 'overloaded' },
  { names: ['ratelimitreached'], class: 'rate_limited' },
  { names: ['permissiondenied', 'authenticationtypedisabled', 'invalidauthenticationtoken'], class: 'upstream_auth' },
  { names: ['quotaexceeded'], statuses: [403, 429], class: 'quota_exhausted' },
  ...OPENAI_RULES,
];
