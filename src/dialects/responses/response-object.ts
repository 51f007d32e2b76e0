import type { JsonRecord } from '../../failures/json-record.ts';
import { given } from '../conversation/given.ts';
import type { Conversation } from '../conversation/request.ts';
import { soleInstruction } from './write-input.ts';
import { writeFormat, writeToolChoice, writeTools } from './write-tools.ts';

/** What of an answer is known when it begins. */
export interface ResponseHead {
  readonly id: string;
  readonly model: string;
  /** Seconds since the epoch. */
  readonly created: number;
}

/** What of it is known only at its end. */
export interface ResponseTail {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  readonly incomplete_details: JsonRecord | null;
  readonly error: JsonRecord | null;
  readonly output: readonly JsonRecord[];
  readonly usage: JsonRecord | undefined;
  /** Seconds since the epoch. */
  readonly completed_at: number | null;
}

/** The request's own settings, as the API repeats them in every answer, with its defaults for what was not said. */
export type Echo = JsonRecord;

export function echoOf(conversation: Conversation): Echo {
  const { extras, sampling, reasoning } = conversation;
  const own = conversation.source === 'responses' ? extras : {};
  const instruction = conversation.instructions[0];
  return given({
    background: false,
    instructions: (instruction === undefined ? undefined : soleInstruction(instruction)) ?? null,
    max_output_tokens: conversation.maxTokens ?? null,
    max_tool_calls: own.max_tool_calls ?? null,
    metadata: extras.metadata ?? {},
    parallel_tool_calls: conversation.parallelToolCalls ?? true,
    previous_response_id: null,
    prompt_cache_key: own.prompt_cache_key,
    reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.display ?? null },
    safety_identifier: own.safety_identifier,
    // Nothing is kept here, whatever the API's default.
    store: false,
    temperature: sampling.temperature ?? 1,
    text: given({ format: writeFormat(conversation.format) ?? { type: 'text' }, verbosity: extras.verbosity }),
    tool_choice: writeToolChoice(conversation) ?? 'auto',
    tools: writeTools(conversation).map(withStrict),
    top_logprobs: conversation.logprobs ?? 0,
    top_p: sampling.topP ?? 1,
    truncation: own.truncation ?? 'disabled',
    user: conversation.user,
  });
}

export function responseObject(head: ResponseHead, echo: Echo, tail: ResponseTail): JsonRecord {
  return {
    id: head.id,
    object: 'response',
    created_at: head.created,
    status: tail.status,
    completed_at: tail.completed_at,
    error: tail.error,
    incomplete_details: tail.incomplete_details,
    model: head.model,
    output: tail.output,
    // Not null where it is not known: OpenAI's schema knows no such usage.
    ...(tail.usage === undefined ? {} : { usage: tail.usage }),
    ...echo,
  };
}

/** The API always says whether a function is strict. One that left it open is told the truth: nobody enforces it here. */
function withStrict(tool: unknown): unknown {
  const function_ = tool as JsonRecord;
  return function_.type === 'function' && function_.strict === undefined ? { ...function_, strict: false } : tool;
}
