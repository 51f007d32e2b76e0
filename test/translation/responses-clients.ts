import type { ResponseCreateParams } from 'openai/resources/responses/responses';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PARAMETERS = { type: 'object', properties: { command: { type: 'array', items: { type: 'string' } } } };

/** Fields that the SDK's types do not have but clients send. */
type Sent = Omit<ResponseCreateParams, 'input' | 'include' | 'tools' | 'store' | 'stream'> & Record<string, unknown>;

/** What the clients that speak Responses send, in the middle of a conversation with tools. */
export const CLIENTS = {
  codex: {
    model: 'gpt-5.2-codex',
    instructions: 'You are Codex, a coding agent.',
    input: [
      {
        type: 'message',
        role: 'developer',
        content: [{ type: 'input_text', text: '<permissions instructions>sandbox</permissions instructions>' }],
      },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: '<environment_context/>' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Fix the bug' }] },
      {
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: '**Look**' }],
        content: null,
        encrypted_content: 'gAAA',
      },
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'I look.' }],
        phase: 'commentary',
      },
      { type: 'function_call', name: 'shell', arguments: '{"command":["ls"]}', call_id: 'call_1' },
      {
        type: 'custom_tool_call',
        status: 'completed',
        call_id: 'call_2',
        name: 'apply_patch',
        input: '*** Begin Patch',
      },
      { type: 'function_call_output', call_id: 'call_1', output: 'a.ts\n' },
      { type: 'custom_tool_call_output', call_id: 'call_2', output: 'Done!' },
    ],
    tools: [
      { type: 'function', name: 'shell', description: 'Runs it.', strict: false, parameters: PARAMETERS },
      {
        type: 'custom',
        name: 'apply_patch',
        description: 'Edits files.',
        format: { type: 'grammar', syntax: 'lark', definition: 'start: begin_patch' },
      },
    ],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: { effort: 'medium', summary: 'auto' },
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: '0199c7b2-aaaa',
    text: { verbosity: 'low' },
    client_metadata: { 'x-codex-installation-id': 'abc' },
  },
  agents: {
    model: 'gpt-5.2',
    instructions: 'You are a helpful agent.',
    input: [
      { role: 'user', content: 'What is the weather in Paris and Rome?' },
      {
        type: 'function_call',
        id: 'fc_1',
        call_id: 'call_a',
        name: 'get_weather',
        arguments: '{"city":"Paris"}',
        status: 'completed',
      },
      {
        type: 'function_call',
        id: 'fc_2',
        call_id: 'call_b',
        name: 'get_weather',
        arguments: '{"city":"Rome"}',
        status: 'completed',
      },
      { type: 'function_call_output', call_id: 'call_a', output: 'Sunny', status: 'completed' },
      {
        type: 'function_call_output',
        call_id: 'call_b',
        output: [
          { type: 'input_text', text: 'See:' },
          { type: 'input_image', image_url: `data:image/png;base64,${PIXEL}`, detail: 'low' },
        ],
        status: 'completed',
      },
    ],
    include: [],
    tools: [],
    text: {},
    reasoning: {},
    stream: true,
  },
  aiSdk: {
    model: 'gpt-4o',
    input: [
      { role: 'developer', content: 'Answer in JSON.' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Read these.' },
          { type: 'input_image', image_url: 'https://example.com/a.png' },
          { type: 'input_file', filename: 'part-0.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
          { type: 'input_file', file_url: 'https://example.com/b.pdf' },
        ],
      },
      { role: 'assistant', id: 'msg_1', content: [{ type: 'output_text', text: '{}' }] },
      { role: 'user', content: [{ type: 'input_text', text: 'Again.' }] },
    ],
    text: {
      format: {
        type: 'json_schema',
        strict: true,
        name: 'response',
        schema: { type: 'object', properties: {}, additionalProperties: false },
      },
    },
    tools: [{ type: 'function', name: 'f', description: 'F', parameters: PARAMETERS, strict: false }],
    tool_choice: { type: 'function', name: 'f' },
    store: false,
    max_output_tokens: 300,
    temperature: 0,
    top_logprobs: 2,
    include: ['message.output_text.logprobs'],
  },
  langchain: {
    model: 'gpt-4o-mini',
    input: [
      { type: 'message', role: 'system', content: 'Be brief.' },
      { type: 'message', role: 'user', content: 'Hi' },
    ],
    text: {},
    tools: [],
    stream: false,
    previous_response_id: null,
    temperature: null,
    metadata: { run: '1' },
  },
} as const satisfies Record<string, Sent>;
