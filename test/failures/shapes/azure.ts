import { openai } from './bodies.ts';
import type { RecordedShape } from './shape.ts';

export const AZURE_SHAPES: readonly RecordedShape[] = [
  {
    family: 'azure',
    what: 'the prompt was filtered',
    status: 400,
    body: {
      error: {
        message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { hate: { filtered: true, severity: 'high' } },
        },
      },
    },
    class: 'content_blocked',
    code: 'content_filter',
  },
  {
    family: 'azure',
    what: 'the inner error alone tells it',
    status: 400,
    body: { error: { message: 'filtered', code: null, innererror: { code: 'ResponsibleAIPolicyViolation' } } },
    class: 'content_blocked',
  },
  {
    family: 'azure',
    what: 'no such deployment',
    status: 404,
    body: { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } },
    class: 'model_not_found',
    code: 'DeploymentNotFound',
  },
  {
    family: 'azure',
    what: 'a 429 with retry-after-ms, which is exacter than retry-after',
    status: 429,
    headers: { 'retry-after-ms': '1500', 'retry-after': '2', 'x-ratelimit-reset-tokens': '2' },
    body: {
      error: {
        code: '429',
        message:
          'Requests to the ChatCompletions_Create Operation have exceeded token rate limit of your current pricing tier. Please retry after 2 seconds.',
      },
    },
    class: 'rate_limited',
    retryAfterMs: 1_500,
  },
  {
    family: 'azure',
    what: 'a retry-after-ms of 3.2 days',
    status: 429,
    headers: { 'retry-after-ms': '276480000' },
    body: { error: { code: '429', message: 'Too many.' } },
    class: 'rate_limited',
    retryAfterMs: 3_600_000,
  },
  {
    family: 'azure',
    what: 'a day, in words only',
    status: 429,
    body: {
      error: {
        code: '429',
        message:
          'Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-05-01-preview have exceeded token rate limit. Please retry after 86400 seconds.',
      },
    },
    class: 'rate_limited',
    retryAfterMs: 3_600_000,
  },
  {
    family: 'azure',
    what: 'reset headers with integers, and the other spelling',
    status: 429,
    headers: { 'x-rate-limit-reset-tokens': '55' },
    body: { error: { code: 'RateLimitReached', message: 'Your requests have exceeded the token rate limit.' } },
    class: 'rate_limited',
    retryAfterMs: 55_000,
  },
  {
    family: 'azure',
    what: 'limits of -1 with a reset of 0 say nothing',
    status: 429,
    headers: {
      'x-ratelimit-limit-tokens': '-1',
      'x-ratelimit-remaining-tokens': '-1',
      'x-ratelimit-reset-tokens': '0',
    },
    body: openai('too_many_requests', 'too_many_requests', 'Too Many Requests'),
    class: 'rate_limited',
    retryAfterMs: 'none',
  },
  {
    family: 'azure',
    what: 'the gateway refuses the key',
    status: 401,
    body: { statusCode: 401, message: 'Access denied due to invalid subscription key or wrong API endpoint.' },
    class: 'upstream_auth',
  },
  {
    family: 'azure',
    what: 'a model without chat',
    status: 400,
    body: {
      error: {
        code: 'OperationNotSupported',
        message: 'The chatCompletion operation does not work with the specified model, text-embedding-3-small.',
      },
    },
    class: 'capability_unsupported',
  },
];
