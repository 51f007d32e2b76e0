import type { RecordedShape } from './shape.ts';

const rpc = (name: string) => `type.googleapis.com/google.rpc.${name}`;
const gemini = (code: number, status: string, message: string, details: readonly unknown[] = []) => ({
  error: { code, message, status, details },
});
const quota = (quotaId: string, retryDelay: string, more: object = {}) => [
  {
    '@type': rpc('QuotaFailure'),
    violations: [
      { quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests', quotaId, ...more },
    ],
  },
  { '@type': rpc('RetryInfo'), retryDelay },
];

export const GEMINI_SHAPES: readonly RecordedShape[] = [
  {
    family: 'gemini',
    what: 'a daily quota that says "22s"',
    status: 429,
    body: gemini(
      429,
      'RESOURCE_EXHAUSTED',
      'You exceeded your current quota. Please retry in 22.48s.',
      quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier', '22s'),
    ),
    class: 'quota_exhausted',
    code: 'RESOURCE_EXHAUSTED',
    retryAfterMs: 'none',
  },
  {
    family: 'gemini',
    what: 'a quota a minute says when',
    status: 429,
    body: gemini(
      429,
      'RESOURCE_EXHAUSTED',
      'You exceeded your current quota.',
      quota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier', '22.5s'),
    ),
    class: 'rate_limited',
    retryAfterMs: 22_500,
  },
  {
    family: 'gemini',
    what: 'a quota of nothing',
    status: 429,
    body: gemini(
      429,
      'RESOURCE_EXHAUSTED',
      'Quota exceeded for metric: generate_content_free_tier_requests, limit: 0',
      quota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier', '5s', { quotaValue: '0' }),
    ),
    class: 'quota_exhausted',
    retryAfterMs: 'none',
  },
  {
    family: 'gemini',
    what: 'the compatible endpoint wraps it in an array',
    status: 429,
    body: [
      {
        error: { code: 429, message: 'Resource has been exhausted (e.g. check quota).', status: 'RESOURCE_EXHAUSTED' },
      },
    ],
    class: 'rate_limited',
  },
  {
    family: 'gemini',
    what: 'an error quoted inside the message of another',
    status: 400,
    body: {
      error: {
        message: JSON.stringify(
          gemini(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
            { '@type': rpc('ErrorInfo'), reason: 'API_KEY_INVALID' },
          ]),
        ),
        code: 400,
        status: 'Bad Request',
      },
    },
    class: 'upstream_auth',
  },
  {
    family: 'gemini',
    what: 'a wrong key is a 400',
    status: 400,
    body: [
      gemini(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
        { '@type': rpc('ErrorInfo'), reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
      ]),
    ],
    class: 'upstream_auth',
  },
  {
    family: 'gemini',
    what: 'a capacity problem dressed as a quota',
    status: 429,
    body: gemini(429, 'RESOURCE_EXHAUSTED', 'No capacity available for model gemini-3.1-flash-lite on the server', [
      { '@type': rpc('ErrorInfo'), reason: 'MODEL_CAPACITY_EXHAUSTED' },
    ]),
    class: 'overloaded',
  },
  {
    family: 'gemini',
    what: '503 UNAVAILABLE',
    status: 503,
    body: gemini(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
    class: 'overloaded',
  },
  {
    family: 'gemini',
    what: '504 DEADLINE_EXCEEDED',
    status: 504,
    body: gemini(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'),
    class: 'timeout',
  },
  {
    family: 'gemini',
    what: '500 INTERNAL',
    status: 500,
    body: gemini(500, 'INTERNAL', 'An internal error has occurred.'),
    class: 'server_error',
  },
  {
    family: 'gemini',
    what: '404 NOT_FOUND',
    status: 404,
    body: gemini(404, 'NOT_FOUND', 'models/gemini-9 is not found for API version v1main.'),
    class: 'model_not_found',
  },
  {
    family: 'gemini',
    what: '403 PERMISSION_DENIED',
    status: 403,
    body: gemini(403, 'PERMISSION_DENIED', "Method doesn't allow unregistered callers."),
    class: 'upstream_auth',
  },
  {
    family: 'gemini',
    what: 'too many input tokens',
    status: 400,
    body: [
      gemini(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      ),
    ],
    class: 'context_length',
  },
  {
    family: 'gemini',
    what: 'a plain bad request',
    status: 400,
    body: gemini(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received. Unknown name "rate_limit".'),
    class: 'invalid_request',
  },
];
