import type { JsonRecord } from '../../failures/json-record.ts';
import type { WriteOptions, WrittenRequest } from '../conversation/codec.ts';
import { given } from '../conversation/given.ts';
import type { Conversation, ReasoningWish } from '../conversation/request.ts';
import { UntoldNotes } from '../conversation/untold-notes.ts';
import { writeInput } from './write-input.ts';
import { writeFormat, writeToolChoice, writeTools } from './write-tools.ts';

/** Members of chat's requests that mean the same here, under the same name. */
const SHARED_WITH_CHAT: ReadonlySet<string> = new Set([
  'metadata',
  'service_tier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'verbosity',
]);
/** Members of other dialects' requests without which the answer would be to another question. All others are harmless. */
const ESSENTIAL_EXTRAS: ReadonlyMap<string, string> = new Map([
  ['audio', 'Responses answers in text only'],
  ['modalities', 'Responses answers in text only'],
  ['web_search_options', 'the web search of chat completions is not that of Responses'],
  ['container', 'there is no such code execution container'],
  ['mcp_servers', 'MCP servers are named otherwise'],
  ['inference_geo', 'the region of inference cannot be chosen'],
]);
/** What these say is what a target does anyway. */
const SILENT_EXTRAS: ReadonlyMap<string, string> = new Map([
  ['service_tier', '"auto"'],
  ['speed', '"standard"'],
  ['store', 'false'],
  ['modalities', '["text"]'],
]);

const LOGPROBS = 'message.output_text.logprobs';
const LONGEST_USER = 64;

/** Writes a Responses request. It never asks the provider to keep anything the client did not ask to be kept. */
export function writeRequest(conversation: Conversation, options: WriteOptions): WrittenRequest {
  const notes = new UntoldNotes(conversation);
  const { sampling, maxTokens, logprobs, stream } = conversation;
  const { instructions, input } = writeInput(conversation, notes);
  const { verbosity, ...extras } = writeExtras(conversation, notes);
  noteUnsaid(conversation, options, notes);
  const tools = writeTools(conversation, notes);
  const format = writeFormat(conversation.format);
  const included = Array.isArray(extras.include) ? extras.include : [];
  const include = logprobs === undefined ? included : [...included, LOGPROBS];
  const json = given({
    store: false,
    ...extras,
    model: options.model,
    instructions,
    input,
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: tools.length > 0 ? writeToolChoice(conversation, notes) : undefined,
    parallel_tool_calls: tools.length > 0 ? conversation.parallelToolCalls : undefined,
    text: format === undefined && verbosity === undefined ? undefined : given({ format, verbosity }),
    temperature: sampling.temperature,
    top_p: sampling.topP,
    max_output_tokens: maxTokens,
    reasoning: writeReasoning(conversation.reasoning, options, notes),
    top_logprobs: logprobs,
    include: include.length > 0 ? include : undefined,
    user: writeUser(conversation, notes),
    stream: stream ? true : undefined,
  });
  return { json, untold: notes.list };
}

/** What Responses has no word for at all. */
function noteUnsaid(conversation: Conversation, options: WriteOptions, notes: UntoldNotes): void {
  const { sampling, stop, choices, turns, source } = conversation;
  if (stop.length > 0) notes.essential(notes.nameOf('stop'), 'Responses has no stop sequences');
  if (choices > 1) notes.essential(notes.nameOf('choices'), 'Responses gives one answer');
  if (sampling.logitBias !== undefined) notes.essential(notes.nameOf('logitBias'), 'Responses has no logit bias');
  for (const setting of ['topK', 'seed', 'frequencyPenalty', 'presencePenalty'] as const) {
    const value = sampling[setting];
    const isNothing = value === 0 && setting.endsWith('Penalty');
    if (value !== undefined && !isNothing) notes.harmless(notes.nameOf(setting), 'Responses has no such setting');
  }
  const last = turns.at(-1);
  // Anthropic continues a last assistant turn; Responses answers it afresh.
  if (last?.role === 'assistant' && source === 'messages' && options.prefill !== true) {
    notes.essential(notes.placeOf(last), 'the target does not continue an assistant message');
  }
}

function writeExtras(conversation: Conversation, notes: UntoldNotes): JsonRecord {
  const { extras, source } = conversation;
  if (source === 'responses') return extras;
  const kept: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(extras)) {
    if (source === 'chat' && SHARED_WITH_CHAT.has(field)) kept[field] = value;
    else if (SILENT_EXTRAS.get(field) === JSON.stringify(value)) continue;
    else {
      const why = ESSENTIAL_EXTRAS.get(field);
      if (why === undefined) notes.harmless(field, 'Responses has no such field');
      else notes.essential(field, why);
    }
  }
  return kept;
}

/** OpenAI refuses a longer `user`; agents put whole session descriptions there. */
function writeUser({ user }: Conversation, notes: UntoldNotes): string | undefined {
  if (user === undefined || user.length <= LONGEST_USER) return user;
  notes.harmless(notes.nameOf('user'), `Responses takes at most ${LONGEST_USER} characters`);
  return undefined;
}

/** The least budget that is worth each effort, tokens. */
const EFFORT_OF_BUDGET: readonly (readonly [number, string])[] = [
  [16_384, 'high'],
  [8_192, 'medium'],
  [0, 'low'],
];
/** Responses' words for how to show reasoning. */
const DISPLAYS: ReadonlySet<string> = new Set(['auto', 'concise', 'detailed']);

function writeReasoning(
  wish: ReasoningWish | undefined,
  options: WriteOptions,
  notes: UntoldNotes,
): JsonRecord | undefined {
  if (wish === undefined) return undefined;
  const field = notes.nameOf('reasoning');
  const unwanted = wish.mode === 'disabled' || wish.effort === 'none';
  if (options.reasoning === false) {
    if (!unwanted) notes.harmless(field, 'the target does not reason');
    return undefined;
  }
  if (wish.mode === 'disabled' && options.reasoning === undefined) {
    notes.harmless(field, 'whether the target can be kept from reasoning is not known');
    return undefined;
  }
  const { budgetTokens: budget, display } = wish;
  const budgeted = budget === undefined ? undefined : EFFORT_OF_BUDGET.find(([least]) => budget >= least)?.[1];
  const effort = wish.mode === 'disabled' ? 'none' : (wish.effort ?? budgeted);
  const summary = display === 'summarized' ? 'auto' : display;
  const shown = summary !== undefined && DISPLAYS.has(summary) ? summary : undefined;
  return effort === undefined && shown === undefined ? undefined : given({ effort, summary: shown });
}
