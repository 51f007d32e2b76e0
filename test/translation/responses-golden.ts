/** Streams as the Responses API sends them, shortened: each event by name, with its number. */
export type GoldenEvent = Readonly<Record<string, unknown>> & { readonly type: string };

const HEAD = {
  id: 'resp_67c9fdcecf488190bdd9a0409de3a1ec07b8b0ad4e5eb654',
  object: 'response',
  created_at: 1_741_290_958,
  error: null,
  incomplete_details: null,
  instructions: 'You are a helpful assistant.',
  max_output_tokens: null,
  model: 'gpt-5.2-2025-12-11',
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: 'medium', summary: 'auto' },
  store: false,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  metadata: {},
};
const USAGE = {
  input_tokens: 120,
  input_tokens_details: { cached_tokens: 64, cache_write_tokens: 0 },
  output_tokens: 61,
  output_tokens_details: { reasoning_tokens: 32 },
  total_tokens: 181,
};

const REASONING = {
  id: 'rs_67c9fd',
  type: 'reasoning',
  summary: [
    { type: 'summary_text', text: '**Weather**\n\nTwo cities.' },
    { type: 'summary_text', text: 'Call both.' },
  ],
  encrypted_content: 'gAAAAABo_opaque==',
};
const MESSAGE = {
  id: 'msg_67c9fd',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [
    {
      type: 'output_text',
      annotations: [{ type: 'url_citation', url: 'https://example.com/w', title: 'W', start_index: 0, end_index: 5 }],
      logprobs: [],
      text: 'Grüße 🌦️: I look it up.',
    },
  ],
};
const PARIS = {
  id: 'fc_1',
  type: 'function_call',
  status: 'completed',
  arguments: '{"city":"Paris",  "unit":"°C"}',
  call_id: 'call_paris',
  name: 'get_weather',
};
const ROME = { ...PARIS, id: 'fc_2', arguments: '{"city":"Rome"}', call_id: 'call_rome' };
const PATCH = {
  id: 'ctc_1',
  type: 'custom_tool_call',
  status: 'completed',
  call_id: 'call_patch',
  input: '*** Begin Patch\n+ "x"\n*** End Patch',
  name: 'apply_patch',
};
const OUTPUT = [REASONING, MESSAGE, PARIS, ROME, PATCH];

/** Reasoning with two summary parts, a text with a citation, two calls at once, a custom tool's call. */
export const TOOLS: readonly GoldenEvent[] = numbered([
  { type: 'response.created', response: { ...HEAD, status: 'in_progress', output: [], usage: null } },
  { type: 'response.in_progress', response: { ...HEAD, status: 'in_progress', output: [], usage: null } },
  {
    type: 'response.output_item.added',
    output_index: 0,
    item: { ...REASONING, summary: [], encrypted_content: 'gAA' },
  },
  ...REASONING.summary.flatMap((part, summary_index) => {
    const place = { item_id: REASONING.id, output_index: 0, summary_index };
    return [
      { type: 'response.reasoning_summary_part.added', ...place, part: { type: 'summary_text', text: '' } },
      ...slices(part.text).map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...place, delta })),
      { type: 'response.reasoning_summary_text.done', ...place, text: part.text },
      { type: 'response.reasoning_summary_part.done', ...place, part },
    ];
  }),
  { type: 'response.output_item.done', output_index: 0, item: REASONING },
  ...message(1),
  ...calls([PARIS, ROME], 2),
  { type: 'response.output_item.added', output_index: 4, item: { ...PATCH, status: 'in_progress', input: '' } },
  ...slices(PATCH.input).map((delta) => {
    return { type: 'response.custom_tool_call_input.delta', item_id: PATCH.id, output_index: 4, delta };
  }),
  { type: 'response.custom_tool_call_input.done', item_id: PATCH.id, output_index: 4, input: PATCH.input },
  { type: 'response.output_item.done', output_index: 4, item: PATCH },
  { type: 'response.completed', response: { ...HEAD, status: 'completed', output: OUTPUT, usage: USAGE } },
]);

/** The same answer, not streamed. */
export const TOOLS_ANSWER = { ...HEAD, status: 'completed', output: OUTPUT, usage: USAGE };

const REFUSAL = {
  id: 'msg_r',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'refusal', refusal: "I'm sorry, I cannot help with that." }],
};

/** The model refuses. */
export const REFUSED: readonly GoldenEvent[] = numbered([
  { type: 'response.created', response: { ...HEAD, status: 'in_progress', output: [], usage: null } },
  { type: 'response.output_item.added', output_index: 0, item: { ...REFUSAL, status: 'in_progress', content: [] } },
  {
    type: 'response.content_part.added',
    item_id: 'msg_r',
    output_index: 0,
    content_index: 0,
    part: { type: 'refusal', refusal: '' },
  },
  ...slices(REFUSAL.content[0]?.refusal ?? '').map((delta) => {
    return { type: 'response.refusal.delta', item_id: 'msg_r', output_index: 0, content_index: 0, delta };
  }),
  {
    type: 'response.refusal.done',
    item_id: 'msg_r',
    output_index: 0,
    content_index: 0,
    refusal: REFUSAL.content[0]?.refusal,
  },
  { type: 'response.content_part.done', item_id: 'msg_r', output_index: 0, content_index: 0, part: REFUSAL.content[0] },
  { type: 'response.output_item.done', output_index: 0, item: REFUSAL },
  { type: 'response.completed', response: { ...HEAD, status: 'completed', output: [REFUSAL], usage: USAGE } },
]);

/** Cut at the token cap. */
export const CUT: readonly GoldenEvent[] = numbered([
  { type: 'response.created', response: { ...HEAD, status: 'in_progress', output: [], usage: null } },
  ...message(0),
  {
    type: 'response.incomplete',
    response: {
      ...HEAD,
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ ...MESSAGE, status: 'incomplete' }],
      usage: USAGE,
    },
  },
]);

/** A commentary, then the answer: two messages, told apart by their place only. */
export const TWO_MESSAGES: readonly GoldenEvent[] = numbered([
  { type: 'response.created', response: { ...HEAD, status: 'in_progress', output: [], usage: null } },
  ...message(0),
  ...message(1),
  { type: 'response.completed', response: { ...HEAD, status: 'completed', output: [MESSAGE, MESSAGE], usage: USAGE } },
]);

/** Fails after a delta. */
export const FAILED: readonly GoldenEvent[] = numbered([
  { type: 'response.created', response: { ...HEAD, status: 'in_progress', output: [], usage: null } },
  ...message(0).slice(0, 4),
  {
    type: 'response.failed',
    response: { ...HEAD, status: 'failed', error: { code: 'server_error', message: 'The model failed.' }, output: [] },
  },
]);

/** The bytes of a stream, as the API sends them. */
export function bytesOf(events: readonly GoldenEvent[]): Buffer {
  return Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
}

function message(output_index: number): GoldenEvent[] {
  const place = { item_id: MESSAGE.id, output_index, content_index: 0 };
  const [part] = MESSAGE.content;
  const text = part?.text ?? '';
  return [
    { type: 'response.output_item.added', output_index, item: { ...MESSAGE, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...place, part: { ...part, annotations: [], text: '' } },
    ...slices(text).map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
    {
      type: 'response.output_text.annotation.added',
      ...place,
      annotation_index: 0,
      annotation: part?.annotations[0],
    },
    { type: 'response.output_text.done', ...place, text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part },
    { type: 'response.output_item.done', output_index, item: MESSAGE },
  ];
}

/** Calls made at once: their deltas come in turns. */
function calls(items: readonly (typeof PARIS)[], first: number): GoldenEvent[] {
  const pieces = items.map((item) => slices(item.arguments));
  const most = Math.max(...pieces.map((piece) => piece.length));
  return [
    ...items.map((item, index) => ({
      type: 'response.output_item.added',
      output_index: first + index,
      item: { ...item, status: 'in_progress', arguments: '' },
    })),
    ...Array.from({ length: most }, (_, at) => at).flatMap((at) =>
      items.flatMap((item, index) => {
        const delta = pieces[index]?.[at];
        if (delta === undefined) return [];
        const place = { item_id: item.id, output_index: first + index };
        return [{ type: 'response.function_call_arguments.delta', ...place, delta }];
      }),
    ),
    ...items.flatMap((item, index) => [
      {
        type: 'response.function_call_arguments.done',
        item_id: item.id,
        output_index: first + index,
        name: item.name,
        arguments: item.arguments,
      },
      { type: 'response.output_item.done', output_index: first + index, item },
    ]),
  ];
}

function slices(text: string): string[] {
  return text.match(/.{1,4}/gsu) ?? [];
}

function numbered(events: readonly GoldenEvent[]): GoldenEvent[] {
  return events.map((event, sequence_number) => ({ ...event, sequence_number }));
}
