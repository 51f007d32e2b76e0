import type { ChatDialect, Conversation, Placed, Untold } from './request.ts';

/** The settings of a request, by what they mean; each dialect has its own word for them. */
const NAMES = {
  maxTokens: { chat: 'max_completion_tokens', messages: 'max_tokens', responses: 'max_output_tokens' },
  stop: { chat: 'stop', messages: 'stop_sequences', responses: 'stop' },
  format: { chat: 'response_format', messages: 'output_config.format', responses: 'text.format' },
  reasoning: { chat: 'reasoning_effort', messages: 'thinking', responses: 'reasoning' },
  toolChoice: { chat: 'tool_choice', messages: 'tool_choice', responses: 'tool_choice' },
  parallelToolCalls: {
    chat: 'parallel_tool_calls',
    messages: 'tool_choice.disable_parallel_tool_use',
    responses: 'parallel_tool_calls',
  },
  temperature: { chat: 'temperature', messages: 'temperature', responses: 'temperature' },
  topP: { chat: 'top_p', messages: 'top_p', responses: 'top_p' },
  topK: { chat: 'top_k', messages: 'top_k', responses: 'top_k' },
  frequencyPenalty: { chat: 'frequency_penalty', messages: 'frequency_penalty', responses: 'frequency_penalty' },
  presencePenalty: { chat: 'presence_penalty', messages: 'presence_penalty', responses: 'presence_penalty' },
  seed: { chat: 'seed', messages: 'seed', responses: 'seed' },
  logitBias: { chat: 'logit_bias', messages: 'logit_bias', responses: 'logit_bias' },
  logprobs: { chat: 'logprobs', messages: 'logprobs', responses: 'top_logprobs' },
  choices: { chat: 'n', messages: 'n', responses: 'n' },
  user: { chat: 'user', messages: 'metadata.user_id', responses: 'user' },
  turns: { chat: 'messages', messages: 'messages', responses: 'input' },
} as const satisfies Record<string, Record<ChatDialect, string>>;

export type Setting = keyof typeof NAMES;

/** What a writer could not say, collected while it writes. */
export class UntoldNotes {
  readonly list: Untold[] = [];
  readonly #source: ChatDialect;

  constructor(conversation: Conversation) {
    this.#source = conversation.source;
    for (const field of conversation.unheld ?? []) this.harmless(field, 'it has no counterpart');
  }

  harmless(field: string, why: string): void {
    this.list.push({ field, weight: 'harmless', why });
  }

  essential(field: string, why: string): void {
    this.list.push({ field, weight: 'essential', why });
  }

  /** The name the client used for a setting. */
  nameOf(setting: Setting): string {
    return NAMES[setting][this.#source];
  }

  /** Where the client wrote it; the messages as a whole where the reader did not keep the place. */
  placeOf(...placed: readonly (Placed | undefined)[]): string {
    for (const one of placed) if (one?.at !== undefined) return one.at;
    return NAMES.turns[this.#source];
  }
}
