/** An error answer. Without a body it is the dialect's own wording for the status. */
export interface ErrorShape {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface ProviderError extends ErrorShape {
  readonly body: string;
  readonly meaning: string;
}

/** Statuses a plain `sim-<status>` answers with, worded by the dialect. */
export const PLAIN_STATUSES = [400, 401, 403, 404, 408, 409, 413, 422, 424, 429, 498, 500, 502, 503, 504, 529] as const;

function openai(
  status: number,
  type: string,
  code: string | null,
  message: string,
  param: string | null = null,
): ErrorShape {
  return { status, body: JSON.stringify({ error: { message, type, param, code } }) };
}

function anthropic(status: number, type: string, message: string, details: unknown = undefined): ErrorShape {
  const error = details === undefined ? { type, message } : { type, message, details };
  return { status, body: JSON.stringify({ type: 'error', error, request_id: 'req_011CSimulated' }) };
}

function gemini(status: number, code: string, message: string, details: readonly unknown[] = []): ErrorShape {
  return { status, body: JSON.stringify({ error: { code: status, message, status: code, details } }) };
}

function geminiQuota(quotaId: string, retryDelay: string): ErrorShape {
  const type = (name: string) => `type.googleapis.com/google.rpc.${name}`;
  return gemini(
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota, please check your plan and billing details.',
    [
      { '@type': type('QuotaFailure'), violations: [{ quotaMetric: 'generate_content_free_tier_requests', quotaId }] },
      { '@type': type('RetryInfo'), retryDelay },
    ],
  );
}

function raw(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): ErrorShape {
  return { status, body: JSON.stringify(body), headers };
}

function known(meaning: string, shape: ErrorShape): ProviderError {
  return { ...shape, body: shape.body ?? '', meaning };
}

const LONG_PROMPT =
  "This model's maximum context length is 8192 tokens. However, your messages resulted in 9214 tokens. Please reduce the length of the messages.";

/**
 * Errors as providers word them, whatever dialect asked: by name, which is also the grammar's term. Shapes recorded from
 * the providers' documentation and clients' issue trackers.
 */
export const PROVIDER_ERRORS: Readonly<Record<string, ProviderError>> = {
  quota: known(
    'OpenAI 429 `insufficient_quota`',
    openai(
      429,
      'insufficient_quota',
      'insufficient_quota',
      'You exceeded your current quota, please check your plan and billing details.',
    ),
  ),
  'credit-exhausted': known(
    'OpenAI 429 `credit_balance_exhausted`',
    openai(429, 'insufficient_quota', 'credit_balance_exhausted', 'Your credit balance is exhausted.'),
  ),
  'slow-down': known(
    'OpenAI 429 `slow_down`: overload, not a rate',
    openai(429, 'slow_down', 'slow_down', 'Too many requests in a short time. Please slow down.'),
  ),
  overloaded: known(
    'OpenAI 503 `server_is_overloaded`',
    openai(503, 'server_error', 'server_is_overloaded', 'The server is currently overloaded. Please try again later.'),
  ),
  context: known(
    'OpenAI 400 `context_length_exceeded`',
    openai(400, 'invalid_request_error', 'context_length_exceeded', LONG_PROMPT, 'messages'),
  ),
  'policy-violation': known(
    'OpenAI 400 `content_policy_violation`',
    openai(400, 'invalid_request_error', 'content_policy_violation', 'Your request was rejected by our safety system.'),
  ),
  'content-filter': known(
    'Azure 400 `content_filter` with `ResponsibleAIPolicyViolation`',
    raw(400, {
      error: {
        message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { violence: { filtered: true, severity: 'medium' } },
        },
      },
    }),
  ),
  'azure-no-deployment': known(
    'Azure 404 `DeploymentNotFound`',
    raw(404, {
      error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' },
    }),
  ),
  'azure-429': known(
    'Azure 429 with `retry-after-ms: 1500` and `retry-after: 2`',
    raw(
      429,
      { error: { code: '429', message: 'Requests have exceeded the token rate limit of your current pricing tier.' } },
      { 'retry-after-ms': '1500', 'retry-after': '2', 'x-ratelimit-reset-tokens': '2' },
    ),
  ),
  'spend-limit': known(
    'Anthropic 429 `enforced_spend_limit_reached`: money, no retry-after',
    anthropic(429, 'rate_limit_error', 'This workspace has reached its enforced spend limit.', {
      error_code: 'enforced_spend_limit_reached',
    }),
  ),
  'credit-400': known(
    'Anthropic 400 "credit balance is too low"',
    anthropic(
      400,
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
    ),
  ),
  'usage-limit-400': known(
    'Anthropic 400 "reached your specified API usage limits"',
    anthropic(400, 'invalid_request_error', 'You have reached your specified API usage limits.'),
  ),
  'billing-402': known(
    'Anthropic 402 `billing_error`',
    anthropic(402, 'billing_error', 'There is a problem with your payment method.'),
  ),
  'anthropic-context': known(
    'Anthropic 400 "prompt is too long"',
    anthropic(400, 'invalid_request_error', 'prompt is too long: 214356 tokens > 200000 maximum'),
  ),
  'anthropic-429': known(
    'Anthropic 429 `rate_limit_error`',
    anthropic(429, 'rate_limit_error', "This request would exceed your organization's rate limit."),
  ),
  'anthropic-500': known('Anthropic 500 `api_error`', anthropic(500, 'api_error', 'Internal server error')),
  'anthropic-529': known('Anthropic 529 `overloaded_error`', anthropic(529, 'overloaded_error', 'Overloaded')),
  'prefill-400': known(
    'Anthropic 400 "does not support assistant message prefill", always',
    anthropic(
      400,
      'invalid_request_error',
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    ),
  ),
  'gemini-day-quota': known(
    'Gemini 429: a quota per day, with a misleading delay of 22 s',
    geminiQuota('GenerateRequestsPerDayPerProjectPerModel-FreeTier', '22s'),
  ),
  'gemini-minute-quota': known(
    'Gemini 429: a quota per minute, with a true delay of 2 s',
    geminiQuota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier', '2s'),
  ),
  'gemini-503': known(
    'Gemini 503 `UNAVAILABLE`',
    gemini(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
  ),
  'groq-413': known(
    'Groq 413 `rate_limit_exceeded`: larger than the tokens a minute',
    openai(
      413,
      'tokens',
      'rate_limit_exceeded',
      'Request too large for model on tokens per minute (TPM): Limit 6000, Requested 8214.',
    ),
  ),
  'groq-498': known(
    'Groq 498 `capacity_exceeded`',
    openai(498, 'capacity_error', 'capacity_exceeded', 'Flex tier capacity exceeded.'),
  ),
  'mistral-429': known(
    "Mistral's flat 429",
    raw(429, {
      object: 'error',
      message: 'Requests rate limit exceeded',
      type: 'rate_limited',
      param: null,
      code: '1300',
    }),
  ),
  'openrouter-429': known(
    'OpenRouter 429 with a numeric code',
    raw(429, { error: { code: 429, message: 'Provider returned error', metadata: { provider_name: 'Simulated' } } }),
  ),
  'vllm-context': known(
    'vLLM 400 with an integer code, overflow told only by its message',
    raw(400, { object: 'error', message: LONG_PROMPT, type: 'BadRequestError', param: null, code: 400 }),
  ),
  'ollama-503': known(
    'Ollama 503, the error a bare string',
    raw(503, { error: 'server busy, please try again. maximum pending requests exceeded' }),
  ),
  'bedrock-throttling': known(
    'Bedrock 429 `ThrottlingException`',
    raw(
      429,
      { message: 'Too many requests, please wait before trying again.' },
      { 'x-amzn-errortype': 'ThrottlingException' },
    ),
  ),
  'bedrock-not-ready': known(
    'Bedrock 429 `ModelNotReadyException`',
    raw(
      429,
      { message: 'Model is not ready for inference. Wait and try again.' },
      { 'x-amzn-errortype': 'ModelNotReadyException' },
    ),
  ),
};
