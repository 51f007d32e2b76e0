/**
 * One answer of `events` text deltas in the words of each provider's API, event by event. The deltas are what models send: a few
 * characters to a few words, with line ends, quotes and code to escape, and now and then a letter that is not ASCII.
 */

/** The events of a stream as text: what comes before the deltas, one for each delta, what comes after. */
export interface OwnWords {
  readonly before: string;
  readonly deltas: readonly string[];
  readonly after: readonly string[];
}

const PIECES = [
  'The',
  ' breakwater',
  ' takes the sea,',
  ' so that',
  ' the harbour behind it',
  ' stays calm',
  ';',
  ' what reaches the quay is what the boats can bear.',
  '\n\n',
  '```ts\n',
  'const swell',
  ' = await gauge.read("north");\n',
  '  if (swell > 2.5)',
  ' return { open: false, why: "swell" };\n',
  '```',
  '\n\nAt the naïve limit',
  ' of 2.5',
  ' m the gate — as the harbour master says —',
  ' closes',
  '.',
] as const;

const PROMPT_TOKENS = 212;
const MODEL = 'bench-2026-11-01';
const CREATED = 1_790_000_000;

/** The text of one delta. */
function piece(index: number): string {
  return PIECES[index % PIECES.length] ?? '';
}

/** The whole text of an answer of this many deltas. */
export function spokenText(events: number): string {
  return Array.from({ length: events }, (_, index) => piece(index)).join('');
}

function pieces(events: number, write: (text: string, index: number) => string): string[] {
  return Array.from({ length: events }, (_, index) => write(piece(index), index));
}

/** Chat completions as OpenAI streams them, about 280 bytes for a delta. */
export function spokenChatEvents(events: number): OwnWords {
  const chunk = (rest: object) =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-BqX4mT2vN8sLcE6rJ0wZyH5kPdA',
      object: 'chat.completion.chunk',
      created: CREATED,
      model: MODEL,
      service_tier: 'default',
      system_fingerprint: 'fp_bench',
      ...rest,
    })}\n\n`;
  const choice = (delta: object, finish_reason: string | null = null) =>
    chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason }], usage: null });
  const usage = { prompt_tokens: PROMPT_TOKENS, completion_tokens: events, total_tokens: PROMPT_TOKENS + events };
  return {
    before: choice({ role: 'assistant', content: '', refusal: null }),
    deltas: pieces(events, (content) => choice({ content })),
    after: [choice({}, 'stop'), chunk({ choices: [], usage }), 'data: [DONE]\n\n'],
  };
}

/** Messages as Anthropic streams them, about 150 bytes for a delta. */
export function messagesEvents(events: number): OwnWords {
  const event = (type: string, rest: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const index = 0;
  const counted = { input_tokens: PROMPT_TOKENS, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const message = {
    id: 'msg_01BqX4mT2vN8sLcE6rJ0wZyH5k',
    type: 'message',
    role: 'assistant',
    model: MODEL,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...counted, output_tokens: 1, service_tier: 'standard' },
  };
  return {
    before:
      event('message_start', { message }) +
      event('content_block_start', { index, content_block: { type: 'text', text: '' } }) +
      event('ping'),
    deltas: pieces(events, (text) => event('content_block_delta', { index, delta: { type: 'text_delta', text } })),
    after: [
      event('content_block_stop', { index }),
      event('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { ...counted, output_tokens: events },
      }),
      event('message_stop'),
    ],
  };
}

/** Responses as OpenAI streams them, about 280 bytes for a delta: each numbered, and the text again whole at the end, four times. */
export function responsesEvents(events: number): OwnWords {
  let sequence_number = 0;
  const event = (type: string, rest: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...rest })}\n\n`;
  const id = 'msg_68bqx4mt2vn8slce6rj0wzyh5kpda';
  const at = { item_id: id, output_index: 0, content_index: 0 };
  const item = (status: string, content: readonly object[]) => ({
    id,
    type: 'message',
    status,
    role: 'assistant',
    content,
  });
  const part = (text: string) => ({ type: 'output_text', annotations: [], logprobs: [], text });
  const begun = responseObject({ status: 'in_progress', output: [], usage: null });
  const text = spokenText(events);
  const whole = item('completed', [part(text)]);
  const usage = {
    input_tokens: PROMPT_TOKENS,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: events,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: PROMPT_TOKENS + events,
  };
  return {
    before:
      event('response.created', { response: begun }) +
      event('response.in_progress', { response: begun }) +
      event('response.output_item.added', { output_index: 0, item: item('in_progress', []) }) +
      event('response.content_part.added', { ...at, part: part('') }),
    deltas: pieces(events, (delta, index) =>
      event('response.output_text.delta', {
        ...at,
        delta,
        logprobs: [],
        // Random letters in the real one, so that the size of an event does not tell its text.
        obfuscation: 'Vq7xLr2nTb9wKd'.slice(0, 6 + (index % 9)),
      }),
    ),
    after: [
      event('response.output_text.done', { ...at, text, logprobs: [] }),
      event('response.content_part.done', { ...at, part: part(text) }),
      event('response.output_item.done', { output_index: 0, item: whole }),
      event('response.completed', { response: responseObject({ status: 'completed', output: [whole], usage }) }),
    ],
  };
}

function responseObject(fields: {
  readonly status: string;
  readonly output: readonly object[];
  readonly usage: object | null;
}) {
  return {
    id: 'resp_68bqx4mt2vn8slce6rj0wzyh5kpda',
    object: 'response',
    created_at: CREATED,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: 1024,
    model: MODEL,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 0.2,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    metadata: {},
    ...fields,
  };
}
