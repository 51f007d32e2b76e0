import type { JsonRecord } from '../../failures/json-record.ts';
import type { WriteOptions, WrittenRequest } from '../conversation/codec.ts';
import { given } from '../conversation/given.ts';
import type { Conversation, ReasoningWish, Tool } from '../conversation/request.ts';
import { UntoldNotes } from '../conversation/untold-notes.ts';
import { fitsStrict } from './strict-schema.ts';
import { ChatMessages } from './write-messages.ts';

/** OpenAI takes at most this many stop sequences. */
const MOST_STOPS = 4;
/** OpenAI refuses a longer `user`; agents put whole session descriptions there. */
const LONGEST_USER = 64;

/** Members of other dialects' requests without which the answer would be to another question. All others are harmless. */
const ESSENTIAL_EXTRAS: ReadonlyMap<string, string> = new Map([
  ['container', 'there is no code execution container'],
  ['mcp_servers', 'the target calls no MCP servers'],
  ['inference_geo', 'the region of inference cannot be chosen'],
  ['previous_response_id', 'earlier answers are not kept; send the whole conversation'],
  ['conversation', 'conversations are not kept; send the whole conversation'],
  ['background', 'answers in the background cannot be asked for'],
  ['prompt', 'stored prompts are not known'],
]);
/** What these say is what a target does anyway. */
const SILENT_EXTRAS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['service_tier', 'auto'],
  ['speed', 'standard'],
  ['background', false],
  ['store', false],
]);

/** OpenAI's models that reason: they refuse any temperature and top-p but 1. */
const REASONERS = /(?:^|\/)(?:o[1-9]|gpt-5(?!.*-chat))/;

/** Writes a chat completions request. */
export function writeChatRequest(conversation: Conversation, options: WriteOptions): WrittenRequest {
  const notes = new UntoldNotes(conversation);
  const { messages } = new ChatMessages(conversation, notes);
  const { sampling, maxTokens } = conversation;
  const fixed = REASONERS.test(options.model);
  notePrefill(conversation, options, notes);
  if (maxTokens !== undefined && maxTokens < 1)
    notes.essential(notes.nameOf('maxTokens'), 'an answer has at least one token');
  if (sampling.topK !== undefined) notes.harmless(notes.nameOf('topK'), 'chat completions has no top-k sampling');
  noteExtras(conversation, notes);
  const tools = conversation.tools
    .map((tool, index) => writeTool(tool, `tools[${index}]`, notes))
    .filter((tool) => tool !== undefined);
  const json = given({
    model: options.model,
    messages,
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: tools.length > 0 ? writeToolChoice(conversation, notes) : undefined,
    parallel_tool_calls: tools.length > 0 ? conversation.parallelToolCalls : undefined,
    response_format: writeFormat(conversation),
    temperature: fixed ? unlessFixed('temperature', sampling.temperature, notes) : sampling.temperature,
    top_p: fixed ? unlessFixed('topP', sampling.topP, notes) : sampling.topP,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    seed: sampling.seed,
    logit_bias: sampling.logitBias,
    [options.maxTokensField ?? 'max_completion_tokens']: maxTokens,
    stop: writeStop(conversation, notes),
    reasoning_effort: writeReasoning(conversation.reasoning, options, notes),
    logprobs: conversation.logprobs === undefined ? undefined : true,
    top_logprobs:
      conversation.logprobs === undefined || conversation.logprobs === 0 ? undefined : conversation.logprobs,
    n: conversation.choices === 1 ? undefined : conversation.choices,
    user: writeUser(conversation, notes),
    stream: conversation.stream ? true : undefined,
    // Asked for always: the other dialects' streams always count.
    stream_options: conversation.stream ? { include_usage: true } : undefined,
  });
  return { json, untold: notes.list };
}

function unlessFixed(setting: 'temperature' | 'topP', value: number | undefined, notes: UntoldNotes): undefined {
  if (value !== undefined && value !== 1)
    notes.harmless(notes.nameOf(setting), 'the model chooses its sampling itself');
}

/** A last assistant turn is the beginning of the answer in Anthropic's dialect; chat completions mostly answers it afresh. */
function notePrefill(conversation: Conversation, options: WriteOptions, notes: UntoldNotes): void {
  const last = conversation.turns.at(-1);
  if (last?.role !== 'assistant' || conversation.source === 'chat') return;
  if (options.prefill === true || (options.prefill === undefined && conversation.source !== 'messages')) return;
  notes.essential(notes.placeOf(last), 'the target does not continue an assistant message');
}

function noteExtras(conversation: Conversation, notes: UntoldNotes): void {
  for (const [field, value] of Object.entries(conversation.extras)) {
    if (SILENT_EXTRAS.has(field) && SILENT_EXTRAS.get(field) === value) continue;
    const why = ESSENTIAL_EXTRAS.get(field);
    if (why === undefined) notes.harmless(field, 'chat completions has no such field');
    else notes.essential(field, why);
  }
}

function writeTool(tool: Tool, at: string, notes: UntoldNotes): JsonRecord | undefined {
  if (tool.kind === 'opaque') {
    if (tool.dialect === 'chat') return tool.value as JsonRecord;
    notes.essential(at, `chat completions has no '${tool.type}' tool`);
    return undefined;
  }
  if (tool.kind === 'custom') {
    const { name, description, grammar } = tool;
    const format = grammar === undefined ? undefined : { type: 'grammar', grammar };
    return { type: 'custom', custom: given({ name, description, format }) };
  }
  const { name, description, parameters, strict, cacheControl } = tool;
  if (cacheControl !== undefined) notes.harmless(`${at}.cache_control`, 'chat completions caches by itself');
  const lax = strict === true && !fitsStrict(parameters);
  if (lax) notes.harmless(`${at}.strict`, 'the schema is not one that chat completions can enforce');
  return { type: 'function', function: given({ name, description, parameters, strict: lax ? undefined : strict }) };
}

function writeToolChoice({ toolChoice, tools }: Conversation, notes: UntoldNotes): unknown {
  if (toolChoice === undefined) return undefined;
  if (toolChoice.kind === 'named') return named(toolChoice.name, tools);
  if (toolChoice.kind === 'allowed') {
    const { mode, names } = toolChoice;
    return { type: 'allowed_tools', allowed_tools: { mode, tools: names.map((name) => named(name, tools)) } };
  }
  if (toolChoice.kind !== 'opaque') return toolChoice.kind;
  if (toolChoice.dialect === 'chat') return toolChoice.value;
  notes.essential(notes.nameOf('toolChoice'), 'chat completions has no such choice');
  return undefined;
}

function named(name: string, tools: readonly Tool[]): JsonRecord {
  const isCustom = tools.some((tool) => tool.kind === 'custom' && tool.name === name);
  return isCustom ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } };
}

function writeFormat({ format, source }: Conversation): unknown {
  if (format === undefined) return undefined;
  if (format.kind === 'json') return { type: 'json_object' };
  const { name, description, schema } = format;
  // Anthropic always enforces its schemas.
  const strict = format.strict ?? (source === 'messages' && fitsStrict(schema) ? true : undefined);
  return { type: 'json_schema', json_schema: given({ name, description, schema, strict }) };
}

function writeStop({ stop }: Conversation, notes: UntoldNotes): readonly string[] | undefined {
  if (stop.length > MOST_STOPS) {
    notes.essential(notes.nameOf('stop'), `chat completions takes at most ${MOST_STOPS} stop sequences`);
  }
  return stop.length === 0 ? undefined : stop;
}

function writeUser({ user }: Conversation, notes: UntoldNotes): string | undefined {
  if (user === undefined || user.length <= LONGEST_USER) return user;
  notes.harmless(notes.nameOf('user'), `chat completions takes at most ${LONGEST_USER} characters`);
  return undefined;
}

/** The least budget that is worth each effort; the inverse of what the Messages writer makes of an effort. */
const EFFORT_OF_BUDGET: readonly (readonly [number, string])[] = [
  [16_384, 'high'],
  [8_192, 'medium'],
  [0, 'low'],
];

function writeReasoning(
  wish: ReasoningWish | undefined,
  options: WriteOptions,
  notes: UntoldNotes,
): string | undefined {
  if (wish === undefined) return undefined;
  const field = notes.nameOf('reasoning');
  if (options.reasoning === false) {
    if (wish.mode !== 'disabled' && wish.effort !== 'none') notes.harmless(field, 'the target does not reason');
    return undefined;
  }
  if (wish.display !== undefined) notes.harmless(`${field}.display`, 'the target shows of its reasoning what it shows');
  if (wish.mode === 'disabled') {
    // Only some know `none`, and a model that does not reason refuses the field.
    if (options.reasoning === true) return 'none';
    notes.harmless(field, 'whether the target can be kept from reasoning is not known');
    return undefined;
  }
  if (wish.effort !== undefined) return wish.effort;
  const budget = wish.budgetTokens;
  // Adaptive without an effort is what a reasoning model does unasked.
  return budget === undefined ? undefined : EFFORT_OF_BUDGET.find(([least]) => budget >= least)?.[1];
}
