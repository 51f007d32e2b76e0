import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';

/** The same request in two dialects: either is what the other becomes. */
export interface SharedConversation {
  readonly name: string;
  readonly chat: ChatCompletionCreateParamsNonStreaming;
  readonly messages: MessageCreateParamsNonStreaming;
}

export const CHAT_MODEL = 'gpt-5.2';
export const MESSAGES_MODEL = 'claude-opus-4-8';
export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const PDF = 'JVBERi0xLjQKJeLjz9MK';

const WEATHER = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

type ChatBody = Omit<ChatCompletionCreateParamsNonStreaming, 'model' | 'max_completion_tokens'>;
type MessagesBody = Omit<MessageCreateParamsNonStreaming, 'model' | 'max_tokens'>;

function pair(name: string, chat: ChatBody, messages: MessagesBody): SharedConversation {
  return {
    name,
    chat: { model: CHAT_MODEL, max_completion_tokens: 1000, ...chat },
    messages: { model: MESSAGES_MODEL, max_tokens: 1000, ...messages },
  };
}

const chatTool = {
  type: 'function',
  function: { name: 'weather', description: 'Weather in a city', parameters: { ...WEATHER } },
} as const;
const messagesTool = {
  name: 'weather',
  description: 'Weather in a city',
  input_schema: { ...WEATHER, required: ['city'] as string[] },
};
const chatCall = (id: string, args: string) =>
  ({ id, type: 'function', function: { name: 'weather', arguments: args } }) as const;

export const CONVERSATIONS: readonly SharedConversation[] = [
  pair('plain', { messages: [{ role: 'user', content: 'Hi' }] }, { messages: [{ role: 'user', content: 'Hi' }] }),
  pair(
    'system text',
    {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    },
    { system: 'Be brief.', messages: [{ role: 'user', content: 'Hi' }] },
  ),
  pair(
    'several turns, emoji, right to left and surrogate pairs',
    {
      messages: [
        { role: 'user', content: 'שלום 👩‍👩‍👧' },
        { role: 'assistant', content: 'Grüße \u{1F600}\n\t"\\' },
        { role: 'user', content: '再见' },
      ],
    },
    {
      messages: [
        { role: 'user', content: 'שלום 👩‍👩‍👧' },
        { role: 'assistant', content: 'Grüße \u{1F600}\n\t"\\' },
        { role: 'user', content: '再见' },
      ],
    },
  ),
  pair(
    'images by URL and in base64',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Compare' },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ],
    },
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Compare' },
            { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
          ],
        },
      ],
    },
  ),
  pair(
    'a PDF',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } },
            { type: 'text', text: 'Sum it up' },
          ],
        },
      ],
    },
    {
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'document',
              source: { type: 'base64', media_type: 'application/pdf', data: PDF },
              title: 'a.pdf',
            },
            { type: 'text', text: 'Sum it up' },
          ],
        },
      ],
    },
  ),
  pair(
    'one tool call and its result',
    {
      messages: [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', content: 'Let me see.', tool_calls: [chatCall('call_1', '{"city":"Oslo"}')] },
        { role: 'tool', tool_call_id: 'call_1', content: 'Rain' },
      ],
      tools: [chatTool],
      tool_choice: 'auto',
    },
    {
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Let me see.' },
            { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Oslo' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'Rain' }] },
      ],
      tools: [messagesTool],
      tool_choice: { type: 'auto' },
    },
  ),
  pair(
    'parallel tool calls, results out of order, a question behind them',
    {
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [chatCall('call_1', '{"city":"Oslo"}'), chatCall('call_2', '{"city":"Rome"}')],
        },
        { role: 'tool', tool_call_id: 'call_2', content: 'Sun' },
        { role: 'tool', tool_call_id: 'call_1', content: 'Rain' },
        { role: 'user', content: 'And?' },
      ],
      tools: [chatTool],
      tool_choice: 'required',
      parallel_tool_calls: true,
    },
    {
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Oslo' } },
            { type: 'tool_use', id: 'call_2', name: 'weather', input: { city: 'Rome' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_2', content: 'Sun' },
            { type: 'tool_result', tool_use_id: 'call_1', content: 'Rain' },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
      tools: [messagesTool],
      tool_choice: { type: 'any', disable_parallel_tool_use: false },
    },
  ),
  pair(
    'one named tool, one call at a time',
    {
      messages: [{ role: 'user', content: 'Weather?' }],
      tools: [chatTool],
      tool_choice: { type: 'function', function: { name: 'weather' } },
      parallel_tool_calls: false,
    },
    {
      messages: [{ role: 'user', content: 'Weather?' }],
      tools: [messagesTool],
      tool_choice: { type: 'tool', name: 'weather', disable_parallel_tool_use: true },
    },
  ),
  pair(
    'tools that may not be called',
    { messages: [{ role: 'user', content: 'Hi' }], tools: [chatTool], tool_choice: 'none' },
    { messages: [{ role: 'user', content: 'Hi' }], tools: [messagesTool], tool_choice: { type: 'none' } },
  ),
  pair(
    'a schema for the answer',
    {
      messages: [{ role: 'user', content: 'Weather as JSON' }],
      response_format: { type: 'json_schema', json_schema: { name: 'response', schema: { ...WEATHER }, strict: true } },
    },
    {
      messages: [{ role: 'user', content: 'Weather as JSON' }],
      output_config: { format: { type: 'json_schema', schema: { ...WEATHER } } },
    },
  ),
  pair(
    'stop sequences and a user',
    { messages: [{ role: 'user', content: 'Count' }], stop: ['3', 'END'], user: 'u-1' },
    { messages: [{ role: 'user', content: 'Count' }], stop_sequences: ['3', 'END'], metadata: { user_id: 'u-1' } },
  ),
  pair(
    'system text amid the conversation',
    {
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'system', content: 'Now be brief.' },
        { role: 'assistant', content: 'Ok' },
        { role: 'user', content: 'Bye' },
      ],
    },
    {
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'system', content: 'Now be brief.' },
        { role: 'assistant', content: 'Ok' },
        { role: 'user', content: 'Bye' },
      ],
    },
  ),
];
