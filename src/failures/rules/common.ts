import type { Rule } from './rule.ts';

/** Statuses under which an overlong prompt has been reported. */
export const PROMPT_STATUSES = [400, 413, 422];

/**
 * How servers say that a prompt does not fit. vLLM, SGLang, llama.cpp, TGI, LM Studio, Ollama, Bedrock and several hosts give
 * nothing but words, and the words change with each release.
 */
export const SAYS_CONTEXT_LENGTH = new RegExp(
  [
    'context_length_exceeded',
    'maximum context length',
    'prompt is too long',
    'input is too long for (?:the )?requested model',
    "longer than the (?:maximum model length|model'?s context length)",
    'too long to fit into the model',
    "(?:exceeds?|exceeding|greater than|larger than|over) (?:the )?(?:model'?s )?(?:available |maximum |max )?context (?:length|window|size)",
    'context (?:length|window|size) (?:has been )?exceeded',
    'loaded with context length of only',
    'maximum prompt length is \\d',
    'input token count.{0,40}exceeds the maximum',
    'exceeds the maximum number of tokens allowed',
    'reduce the length of the (?:messages|prompt|input)',
    '`?inputs`? tokens \\+ `?max_new_tokens`? must be <=',
    'too large for model with \\d+ maximum context',
    'too many input tokens',
    // vLLM's arithmetic when the prompt alone fills the window
    'max_tokens must be at least 1, got -',
  ].join('|'),
  'i',
);

/** How servers say that this model cannot do what another may. */
export const SAYS_UNSUPPORTED = new RegExp(
  [
    'does not support (?:assistant message )?prefill',
    "does(?: not|n't) support (?:tools?|tool[ _]choice|function|image|images|vision|audio|video|chat|thinking|reasoning|json|structured|response_format|system|streaming|embeddings?|logprobs|parallel)",
    "\\bmodels?\\b[^.]{0,80} does(?: not|n't) support\\b",
    'not supported (?:with|by|for|on|in) (?:this|the) model',
    'only supported by certain models',
    'is not a multimodal model',
    'no endpoints found that support',
    'requires --enable-auto-tool-choice',
  ].join('|'),
  'i',
);

/** What everybody's errors have in common: OpenAI's vocabulary, which all compatible servers copy, and HTTP's own. */
export const COMMON_RULES: readonly Rule[] = [
  {
    names: [
      'insufficient_quota',
      'credit_balance_exhausted',
      'organization_spend_limit_exceeded',
      'project_spend_limit_exceeded',
      'organization_usage_limit_exceeded',
      'billing_hard_limit_reached',
      'billing_not_active',
      'billing_error',
      'insufficient_balance',
      'insufficient_credits',
      'payment_required',
    ],
    class: 'quota_exhausted',
  },
  // The request alone is more than a whole minute's allowance: waiting never helps, another target may.
  { names: ['rate_limit_exceeded', 'tokens'], statuses: [413], class: 'request_over_tpm' },
  { names: ['rate_limit_exceeded', 'rate_limit_error'], says: /^request too large for/i, class: 'request_over_tpm' },
  {
    names: ['rate_limit_exceeded', 'rate_limit_error', 'rate_limited', 'too_many_requests', 'too_many_requests_error'],
    class: 'rate_limited',
  },
  {
    names: [
      'slow_down',
      'server_is_overloaded',
      'overloaded_error',
      'engine_overloaded',
      'model_overloaded',
      'service_overloaded',
      'service_unavailable',
      'service_unavailable_error',
      'capacity_exceeded',
    ],
    class: 'overloaded',
  },
  {
    names: [
      'invalid_api_key',
      'authentication_error',
      'invalid_authentication',
      'permission_error',
      'permission_denied',
      'unauthorized',
      'access_denied',
      'account_deactivated',
      'organization_deactivated',
      'invalid_organization',
      'mismatched_organization',
      'missing_scope',
      'ip_not_authorized',
      'unsupported_country_region_territory',
    ],
    class: 'upstream_auth',
  },
  {
    names: [
      'model_not_found',
      'not_found_error',
      'notfounderror',
      'invalid_model',
      'model_not_available',
      'model_decommissioned',
    ],
    class: 'model_not_found',
  },
  {
    names: [
      'context_length_exceeded',
      'context_window_exceeded',
      'model_context_window_exceeded',
      'exceed_context_size_error',
    ],
    class: 'context_length',
  },
  { names: ['request_too_large', 'payload_too_large', 'string_above_max_length'], class: 'payload_too_large' },
  {
    names: ['content_filter', 'content_policy_violation', 'responsibleaipolicyviolation', 'moderation_blocked'],
    class: 'content_blocked',
  },
  { names: ['unsupported_parameter', 'unsupported_value', 'unsupported_model'], class: 'capability_unsupported' },
  { names: ['timeout_error', 'request_timeout', 'deadline_exceeded'], class: 'timeout' },
  { names: ['model_not_ready', 'model_loading'], class: 'model_not_ready' },

  { statuses: PROMPT_STATUSES, says: SAYS_CONTEXT_LENGTH, class: 'context_length' },
  { statuses: [400, 404, 422], says: SAYS_UNSUPPORTED, class: 'capability_unsupported' },
  // llama.cpp and text-generation-inference while the weights are being read
  { statuses: [503], says: /\b(?:loading model|model is (?:currently |still )?loading)\b/i, class: 'model_not_ready' },

  { statuses: [401, 403, 407], class: 'upstream_auth' },
  { statuses: [402], class: 'quota_exhausted' },
  // 405 and 410: the base URL or the endpoint is wrong, which is the operator's to mend, as with a wrong model name.
  { statuses: [404, 405, 410], class: 'model_not_found' },
  // 524: Cloudflare's own wait for the origin ran out. All three have had their time: asking again takes as long again.
  { statuses: [408, 504, 524], class: 'timeout' },
  // The SDKs repeat a 409 (a lock was not had in time) as they do a 500.
  { statuses: [409, 421, 423, 424, 425, 499], class: 'server_error' },
  { statuses: [413], class: 'payload_too_large' },
  { statuses: [429], class: 'rate_limited' },
  { statuses: [451, 501], class: 'capability_unsupported' },
  { statuses: [503, 529], class: 'overloaded' },
];

/**
 * Names that say no more than a status does. They decide only where there is no status: in an error inside a stream or inside
 * an HTTP 200. (Ollama's `api_error` comes with a 400 as well.)
 */
export const STATUS_OF_NAME: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['invalid_request', 400],
  ['badrequesterror', 400],
  ['bad_request', 400],
  ['invalid_argument', 400],
  ['failed_precondition', 400],
  ['validationexception', 400],
  ['unprocessableentityerror', 422],
  ['unauthenticated', 401],
  ['not_found', 404],
  ['resource_exhausted', 429],
  ['api_error', 500],
  ['server_error', 500],
  ['internal', 500],
  ['internal_error', 500],
  ['internal_server_error', 500],
  ['internalservererror', 500],
  ['unavailable', 503],
]);
