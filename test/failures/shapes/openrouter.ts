import { anthropic } from './bodies.ts';
import { NOW, type RecordedShape } from './shape.ts';

export const OPENROUTER_SHAPES: readonly RecordedShape[] = [
  {
    family: 'openrouter',
    what: 'credit, as a number',
    status: 402,
    body: {
      error: {
        message:
          'This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, but can only afford 2666.',
        code: 402,
        metadata: { provider_name: null },
      },
      user_id: 'user_35tI40u3gKTMEMGS061Ov1xsUTj',
    },
    class: 'quota_exhausted',
  },
  {
    family: 'openrouter',
    what: 'a 402 that passes',
    status: 402,
    headers: { 'retry-after': '3' },
    body: {
      error: {
        message: 'This request would exceed your available credits given your current in-flight requests.',
        code: 402,
        metadata: { reason: 'in_flight_budget_exhausted', limit_source: 'openrouter_in_flight_budget' },
      },
    },
    class: 'rate_limited',
    retryAfterMs: 3_000,
  },
  {
    family: 'openrouter',
    what: 'a rate limit with headers in the body',
    status: 429,
    body: {
      error: {
        message: 'Rate limit exceeded: free-models-per-min.',
        code: 429,
        metadata: {
          headers: {
            'X-RateLimit-Limit': '20',
            'X-RateLimit-Remaining': '0',
            'X-RateLimit-Reset': String(NOW + 12_000),
          },
        },
      },
    },
    class: 'rate_limited',
    retryAfterMs: 12_000,
  },
  {
    family: 'openrouter',
    what: 'free requests of the day',
    status: 429,
    body: {
      error: {
        message: 'Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day',
        code: 429,
      },
    },
    class: 'quota_exhausted',
  },
  {
    family: 'openrouter',
    what: "the provider's own words under `raw`",
    status: 400,
    body: {
      error: {
        message: 'Provider returned error',
        code: 400,
        metadata: {
          raw: JSON.stringify(anthropic('invalid_request_error', 'prompt is too long: 214356 tokens > 200000 maximum')),
          provider_name: 'Anthropic',
        },
      },
    },
    class: 'context_length',
  },
  {
    family: 'openrouter',
    what: 'a flagged input',
    status: 403,
    body: {
      error: {
        code: 403,
        message: 'Your chosen model requires moderation and your input was flagged',
        metadata: { reasons: ['violence'], flagged_input: '...', provider_name: 'OpenAI', model_slug: 'openai/gpt-4o' },
      },
    },
    class: 'content_blocked',
  },
  {
    family: 'openrouter',
    what: 'a key without access',
    status: 403,
    body: { error: { code: 403, message: 'Key not allowed' } },
    class: 'upstream_auth',
  },
  {
    family: 'openrouter',
    what: 'an HTTP 502 that names its kind',
    status: 502,
    body: {
      error: { code: 502, message: 'Network connection lost.', metadata: { error_type: 'provider_unavailable' } },
    },
    class: 'server_error',
    code: 'provider_unavailable',
  },
  {
    family: 'openrouter',
    what: 'no provider with tools',
    status: 404,
    body: { error: { message: 'No endpoints found that support tool use.', code: 404 } },
    class: 'capability_unsupported',
  },
  {
    family: 'openrouter',
    what: 'no such model',
    status: 404,
    body: { error: { message: 'No endpoints found for acme/none.', code: 404 } },
    class: 'model_not_found',
  },
];
