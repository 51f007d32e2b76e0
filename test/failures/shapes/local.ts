import { anthropic, openai } from './bodies.ts';
import type { RecordedShape } from './shape.ts';

const vllm = (message: string, type = 'BadRequestError', code = 400) => ({
  object: 'error',
  message,
  type,
  param: null,
  code,
});

export const LOCAL_SHAPES: readonly RecordedShape[] = [
  {
    family: 'vllm',
    what: 'overflow, the classic wording',
    status: 400,
    body: vllm(
      "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens (112946 in the messages, 10000 in the completion). Please reduce the length of the messages or completion. None",
    ),
    class: 'context_length',
  },
  {
    family: 'vllm',
    what: 'overflow: too long to fit',
    status: 400,
    body: vllm(
      'The prompt (total length 25938) is too long to fit into the model (context length 4096). Make sure that `max_model_len` is no smaller than the number of text tokens plus multimodal tokens.',
    ),
    class: 'context_length',
  },
  {
    family: 'vllm',
    what: 'overflow: the decoder prompt',
    status: 400,
    body: vllm(
      'The decoder prompt (length 10000) is longer than the maximum model length of 8192. Make sure that `max_model_len` is no smaller than the number of text tokens.',
    ),
    class: 'context_length',
  },
  {
    family: 'vllm',
    what: 'overflow: max_tokens too large',
    status: 400,
    body: {
      error: {
        message:
          "'max_tokens' or 'max_completion_tokens' is too large: 2000. This model's maximum context length is 4096 tokens and your request has 2104 input tokens (2000 > 4096 - 2104).",
        type: 'BadRequestError',
        param: null,
        code: 400,
      },
    },
    class: 'context_length',
  },
  {
    family: 'vllm',
    what: 'overflow: what is left is negative',
    status: 400,
    body: vllm('max_tokens must be at least 1, got -3721.'),
    class: 'context_length',
  },
  {
    family: 'vllm',
    what: 'an ordinary bad request with an integer code',
    status: 400,
    body: vllm('top_p must be in (0, 1], got 3.0.'),
    class: 'invalid_request',
  },
  {
    family: 'vllm',
    what: 'no such model',
    status: 404,
    body: vllm('The model `qwen9` does not exist.', 'NotFoundError', 404),
    class: 'model_not_found',
  },
  {
    family: 'vllm',
    what: 'tools not switched on',
    status: 400,
    body: vllm('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
    class: 'capability_unsupported',
  },
  {
    family: 'vllm',
    what: 'SGLang',
    status: 400,
    body: vllm("The input (9211 tokens) is longer than the model's context length (8192 tokens)."),
    class: 'context_length',
  },
  {
    family: 'vllm',
    what: 'an internal error',
    status: 500,
    body: vllm('EngineCore encountered an issue.', 'InternalServerError', 500),
    class: 'server_error',
  },
  {
    family: 'ollama',
    what: 'a full queue',
    status: 503,
    body: { error: 'server busy, please try again.  maximum pending requests exceeded' },
    class: 'overloaded',
  },
  {
    family: 'ollama',
    what: 'no such model, a text',
    status: 404,
    body: { error: "model 'llama9' not found, try pulling it first" },
    class: 'model_not_found',
  },
  {
    family: 'ollama',
    what: 'no such model, the compatible form',
    status: 404,
    body: openai('not_found_error', null, "model 'llama9' not found"),
    class: 'model_not_found',
  },
  {
    family: 'ollama',
    what: 'no tools',
    status: 400,
    body: { error: 'registry.ollama.ai/library/deepseek-r1:7b does not support tools' },
    class: 'capability_unsupported',
  },
  {
    family: 'ollama',
    what: 'overflow under a 500',
    status: 500,
    body: { error: 'the input length exceeds the context length' },
    class: 'context_length',
  },
  {
    family: 'ollama',
    what: 'the runner died',
    status: 500,
    body: openai('api_error', null, 'llama runner process has terminated: exit status 2'),
    class: 'server_error',
  },
  {
    family: 'lmstudio',
    what: 'overflow',
    status: 400,
    body: {
      error:
        'Trying to keep the first 111490 tokens when context the overflows. However, the model is loaded with context length of only 32768 tokens, which is not enough.',
    },
    class: 'context_length',
  },
  {
    family: 'lmstudio',
    what: 'overflow, newer',
    status: 400,
    body: {
      error:
        'The number of tokens to keep from the initial prompt is greater than the context length. Try to load the model with a larger context length, or provide a shorter input',
    },
    class: 'context_length',
  },
  {
    family: 'lmstudio',
    what: 'the model was put away',
    status: 400,
    body: { error: 'Model is unloaded.' },
    class: 'model_not_ready',
  },
  {
    family: 'lmstudio',
    what: 'no models at all',
    status: 404,
    body: openai(
      'invalid_request_error',
      'model_not_found',
      'No models loaded. Please load a model in the developer page or use the `lms load` command.',
      'model',
    ),
    class: 'model_not_found',
  },
  {
    family: 'generic',
    what: 'llama.cpp: overflow by type',
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'request (9211 tokens) exceeds the available context size (8192 tokens), try increasing it',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 9211,
        n_ctx: 8192,
      },
    },
    class: 'context_length',
  },
  {
    family: 'generic',
    what: 'llama.cpp: loading',
    status: 503,
    body: { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
    class: 'model_not_ready',
  },
  {
    family: 'generic',
    what: 'a gateway that passes on Anthropic',
    status: 400,
    body: anthropic('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
    class: 'quota_exhausted',
  },
  {
    family: 'generic',
    what: 'Envoy',
    status: 503,
    headers: { 'content-type': 'text/plain' },
    body: 'upstream connect error or disconnect/reset before headers. reset reason: connection failure',
    class: 'overloaded',
  },
  {
    family: 'generic',
    what: 'FastAPI',
    status: 422,
    body: { detail: [{ loc: ['body', 'messages'], msg: 'field required', type: 'value_error.missing' }] },
    class: 'invalid_request',
  },
  {
    family: 'generic',
    what: 'a 424',
    status: 424,
    body: openai('server_error', 'failed_dependency', 'The model failed.'),
    class: 'server_error',
  },
  { family: 'generic', what: 'a 409', status: 409, body: {}, class: 'server_error' },
  { family: 'generic', what: 'a wrong path', status: 405, body: '', class: 'model_not_found' },
  { family: 'generic', what: 'a status nobody knows', status: 418, body: "I'm a teapot", class: 'invalid_request' },
  { family: 'generic', what: 'a 5xx nobody knows', status: 599, body: '', class: 'server_error' },
];
