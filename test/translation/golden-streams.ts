import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages';

const chunk = (delta: string, finish = 'null', rest = '') =>
  `data: {"id":"c1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":${delta},"finish_reason":${finish}}]${rest}}\n\n`;
const USAGE =
  '{"prompt_tokens":30,"completion_tokens":9,"total_tokens":39,"prompt_tokens_details":{"cached_tokens":10},"completion_tokens_details":{"reasoning_tokens":4}}';
const CHAT_END = `data: {"id":"c1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[],"usage":${USAGE}}\n\ndata: [DONE]\n\n`;

const calls = (...pieces: readonly string[]) => chunk(`{"tool_calls":[${pieces.join(',')}]}`);
const begin = (index: number, id: string, name: string, args = '') =>
  `{"index":${index},"id":"${id}","type":"function","function":{"name":"${name}","arguments":${JSON.stringify(args)}}}`;
const piece = (index: number, args: string) => `{"index":${index},"function":{"arguments":${JSON.stringify(args)}}}`;

/** Chat streams as providers send them. */
export const CHAT_STREAMS = {
  text: [
    chunk('{"role":"assistant","content":"","refusal":null}'),
    chunk('{"content":"Grüße "}'),
    chunk('{"content":"\\ud83d\\ude00\\n\\"quoted\\""}'),
    chunk('{}', '"stop"'),
    CHAT_END,
  ].join(''),
  reasoning: [
    chunk('{"role":"assistant","content":null,"reasoning_content":"hm"}'),
    chunk('{"reasoning_content":" so"}'),
    chunk('{"content":"Yes"}'),
    chunk('{}', '"stop"'),
    CHAT_END,
  ].join(''),
  'interleaved calls': [
    chunk('{"role":"assistant","content":"Let me see."}'),
    calls(begin(0, 'call_a', 'f')),
    calls(piece(0, '{"a":')),
    calls(begin(1, 'call_b', 'g', '{'), piece(0, ' 1')),
    calls(piece(1, '"b" : "\u{1F600}"')),
    calls(piece(0, '}')),
    calls(piece(1, '}')),
    chunk('{}', '"tool_calls"'),
    CHAT_END,
  ].join(''),
  'a call without arguments': [
    chunk('{"role":"assistant","content":null}'),
    calls(begin(0, 'call_a', 'f')),
    chunk('{}', '"tool_calls"'),
    CHAT_END,
  ].join(''),
  refusal: [
    chunk('{"role":"assistant","content":null,"refusal":""}'),
    chunk('{"refusal":"I cannot"}'),
    chunk('{}', '"stop"'),
    CHAT_END,
  ].join(''),
  'nothing said': [chunk('{"role":"assistant","content":""}'), chunk('{}', '"stop"'), CHAT_END].join(''),
  'cut at the cap, without [DONE]': [
    chunk('{"role":"assistant","content":"One"}'),
    chunk('{}', '"length"', `,"usage":${USAGE}`),
  ].join(''),
} as const;

const NO_USAGE_MORE = { cache_creation: null, inference_geo: null, service_tier: null, speed: null } as const;
const start: RawMessageStreamEvent = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-opus-4-8',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: 20,
      output_tokens: 1,
      cache_read_input_tokens: 10,
      cache_creation_input_tokens: 5,
      output_tokens_details: null,
      server_tool_use: null,
      ...NO_USAGE_MORE,
    },
  },
};
const delta = (index: number, inner: Extract<RawMessageStreamEvent, { type: 'content_block_delta' }>['delta']) =>
  ({ type: 'content_block_delta', index, delta: inner }) as const;
const stop = (index: number) => ({ type: 'content_block_stop', index }) as const;
const text = (index: number) =>
  ({ type: 'content_block_start', index, content_block: { type: 'text', text: '', citations: null } }) as const;
const use = (index: number, id: string, name: string) =>
  ({
    type: 'content_block_start',
    index,
    content_block: { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } },
  }) as const;
const ends = (
  stop_reason: 'end_turn' | 'tool_use' | 'refusal' | 'stop_sequence',
  more: object = {},
): RawMessageStreamEvent[] => [
  {
    type: 'message_delta',
    delta: { stop_reason, stop_sequence: null, stop_details: null, container: null, ...more },
    usage: {
      input_tokens: 20,
      output_tokens: 9,
      cache_read_input_tokens: 10,
      cache_creation_input_tokens: 5,
      output_tokens_details: { thinking_tokens: 4 },
      server_tool_use: null,
    },
  },
  { type: 'message_stop' },
];

function sse(events: readonly (RawMessageStreamEvent | { type: 'ping' })[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

/** Anthropic's streams as it sends them. */
export const MESSAGES_STREAMS = {
  text: sse([
    start,
    text(0),
    { type: 'ping' },
    delta(0, { type: 'text_delta', text: 'Grüße ' }),
    delta(0, { type: 'text_delta', text: '\u{1F600}\n"quoted"' }),
    stop(0),
    ...ends('end_turn'),
  ]),
  thinking: sse([
    start,
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    delta(0, { type: 'thinking_delta', thinking: 'hm' }),
    delta(0, { type: 'thinking_delta', thinking: ' so' }),
    delta(0, { type: 'signature_delta', signature: 'sig' }),
    stop(0),
    { type: 'content_block_start', index: 1, content_block: { type: 'redacted_thinking', data: 'xx' } },
    stop(1),
    text(2),
    delta(2, { type: 'text_delta', text: 'Yes' }),
    stop(2),
    ...ends('end_turn'),
  ]),
  calls: sse([
    start,
    text(0),
    delta(0, { type: 'text_delta', text: 'Let me see.' }),
    stop(0),
    use(1, 'toolu_a', 'f'),
    delta(1, { type: 'input_json_delta', partial_json: '' }),
    delta(1, { type: 'input_json_delta', partial_json: '{"a":' }),
    delta(1, { type: 'input_json_delta', partial_json: ' 1}' }),
    stop(1),
    use(2, 'toolu_b', 'g'),
    stop(2),
    ...ends('tool_use'),
  ]),
  refusal: sse([
    start,
    text(0),
    delta(0, { type: 'text_delta', text: 'Sure, ' }),
    stop(0),
    ...ends('refusal', { stop_details: { type: 'refusal', category: 'bio', explanation: 'No' } }),
  ]),
  'stop sequence': sse([
    start,
    text(0),
    delta(0, { type: 'text_delta', text: 'a' }),
    stop(0),
    ...ends('stop_sequence', { stop_sequence: 'END' }),
  ]),
  'nothing said': sse([start, ...ends('end_turn')]),
} as const;
