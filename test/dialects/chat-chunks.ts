import type { ChunkKind } from '../../src/dialects/openai-chat-stream.ts';

const chunk = (choices: string, rest = ''): string =>
  `{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[${choices}]${rest}}`;

const delta = (content: string, finish = 'null'): string =>
  chunk(`{"index":0,"delta":${content},"finish_reason":${finish}}`);

const USAGE = '{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}';

/** Event data as providers send it, with what it is. */
export const CHUNKS: readonly (readonly [string, ChunkKind, string])[] = [
  ['text', 'delta', delta('{"content":"a"}')],
  ['text that is white space', 'delta', delta('{"content":"\\n"}')],
  [
    'text with null fields (vLLM)',
    'delta',
    delta('{"role":"assistant","content":"a","reasoning_content":null,"tool_calls":[]}'),
  ],
  ['text in parts (Mistral)', 'delta', delta('{"content":[{"type":"text","text":"a"}]}')],
  ['reasoning (DeepSeek, vLLM)', 'delta', delta('{"reasoning_content":"hm","content":null}')],
  ['reasoning (OpenRouter, Groq)', 'delta', delta('{"reasoning":"hm","content":""}')],
  [
    'reasoning details without text (OpenRouter)',
    'delta',
    delta('{"content":"","reasoning_details":[{"type":"reasoning.encrypted"}]}'),
  ],
  [
    'a tool call',
    'delta',
    delta('{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":""}}]}'),
  ],
  ['a function call of old', 'delta', delta('{"function_call":{"name":"f","arguments":""}}')],
  ['a refusal', 'delta', delta('{"refusal":"No"}')],
  ['audio', 'delta', delta('{"audio":{"id":"a","data":"AAAA"}}')],
  ['a second choice', 'delta', chunk('{"index":1,"delta":{"content":"b"},"finish_reason":null}')],
  [
    'a whole message in place of deltas',
    'delta',
    chunk('{"index":0,"message":{"content":"all"},"finish_reason":null}'),
  ],
  [
    'text of a text completion',
    'delta',
    '{"object":"text_completion","choices":[{"text":"a","index":0,"logprobs":null,"finish_reason":null}]}',
  ],
  [
    'text with usage so far (xAI, vLLM)',
    'delta',
    chunk('{"index":0,"delta":{"content":"a"},"finish_reason":null}', `,"usage":${USAGE}`),
  ],
  ['text that looks like an error', 'delta', delta('{"content":"{\\"error\\":{\\"finish_reason\\":\\"stop\\"}}"}')],
  ['a role', 'quiet', delta('{"role":"assistant","content":"","refusal":null}')],
  ['an empty delta', 'quiet', delta('{}')],
  ['an empty finish reason', 'quiet', delta('{"content":""}', '""')],
  ['no finish reason at all', 'quiet', chunk('{"index":0,"delta":{"content":""}}')],
  ['an empty tool call list', 'quiet', delta('{"content":"","tool_calls":[]}')],
  ['usage null', 'quiet', chunk('', ',"usage":null')],
  [
    'prompt filter results (Azure)',
    'quiet',
    '{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0}]}',
  ],
  ['an empty object', 'quiet', '{}'],
  ['an error that is null', 'quiet', chunk('', ',"error":null')],
  ['an error that is empty', 'quiet', chunk('', ',"error":""')],
  ['a finish', 'finish', delta('{}', '"stop"')],
  ['a finish as Python writes it', 'finish', '{"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]}'],
  ['a finish in indented JSON', 'finish', '{\n "choices" : [\n {"index": 0, "finish_reason"\t: \r\n "stop"} ]}'],
  ['a finish with text', 'finish', delta('{"content":"end"}', '"stop"')],
  [
    'a finish with usage (Mistral)',
    'finish',
    chunk('{"index":0,"delta":{},"finish_reason":"stop"}', `,"usage":${USAGE}`),
  ],
  [
    'a finish with usage elsewhere (Groq)',
    'finish',
    chunk('{"index":0,"delta":{},"finish_reason":"stop"}', `,"x_groq":{"id":"r","usage":${USAGE}}`),
  ],
  ['a finish under an escaped key', 'finish', chunk('{"index":0,"delta":{},"finish\\u005freason":"stop"}')],
  ['usage', 'usage', chunk('', `,"usage":${USAGE}`)],
  [
    'usage with an empty delta',
    'usage',
    chunk('{"index":0,"delta":{"content":""},"finish_reason":null}', `,"usage": ${USAGE}`),
  ],
  ['an error', 'error', '{"error":{"message":"boom","type":"server_error","code":null}}'],
  ['an error as Python writes it', 'error', '{"error": {"message": "boom"}}'],
  ['an error that is a text (Ollama)', 'error', '{"error":"boom"}'],
  [
    'an error beside choices (OpenRouter)',
    'error',
    chunk('{"index":0,"delta":{"content":""},"finish_reason":"error"}', ',"error":{"code":502,"message":"boom"}'),
  ],
  [
    'an error inside a choice (OpenRouter)',
    'error',
    chunk('{"index":0,"delta":{},"error":{"code":502,"message":"boom"},"finish_reason":"error"}'),
  ],
  [
    'a flat error (Mistral, vLLM)',
    'error',
    '{"object":"error","message":"boom","type":"invalid_request_error","code":400}',
  ],
  ['a detail (FastAPI)', 'error', '{"detail":"boom"}'],
  ['the end', 'done', '[DONE]'],
  ['the end with a space', 'done', ' [DONE] '],
  ['half an object', 'malformed', '{"choices":[{"delta":{"content":"a"}'],
  ['a bad number', 'malformed', '{"a":01}'],
  ['text', 'malformed', 'keep-alive'],
  ['nothing', 'malformed', ''],
  ['an array', 'malformed', '[{"choices":[]}]'],
  ['a number', 'malformed', '1'],
  ['null', 'malformed', 'null'],
  ['half an end', 'malformed', '[DON'],
];
