import type { JsonRecord } from '../../failures/json-record.ts';
import type { WriteOptions, WrittenRequest } from '../conversation/codec.ts';
import { given } from '../conversation/given.ts';
import type { Conversation, Tool } from '../conversation/request.ts';
import { UntoldNotes } from '../conversation/untold-notes.ts';
import { closeSchema } from './close-schema.ts';
import { habitsOf, type ModelHabits } from './model-habits.ts';
import { noteExtras } from './write-extras.ts';
import { writeTurns } from './write-messages.ts';
import { writeThinking } from './write-thinking.ts';

const JSON_ONLY = 'Answer with one JSON object and nothing else: no text around it, no code fence.';

/** Writes a Messages request. */
export function writeMessagesRequest(conversation: Conversation, options: WriteOptions): WrittenRequest {
  const notes = new UntoldNotes(conversation);
  const habits = habitsOf(options.model);
  const { system, messages, prefilled } = writeTurns(conversation, options, habits.systemTurns, notes);
  const tools = writeTools(conversation, notes);
  const toolChoice = tools.length > 0 ? writeToolChoice(conversation, tools, notes) : undefined;
  const forcedTool = toolChoice?.type === 'any' || toolChoice?.type === 'tool';
  const { thinking, effort, maxTokens } = writeThinking(
    conversation,
    options,
    habits,
    { forcedTool, prefilled },
    notes,
  );
  const format = writeFormat(conversation, notes);
  const stops = writeStop(conversation, notes);
  noteAbsent(conversation, notes);
  const { user } = noteExtras(conversation, notes);
  const json = given({
    model: options.model,
    max_tokens: maxTokens,
    system: conversation.format?.kind === 'json' ? withInstruction(system) : system,
    messages,
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: toolChoice,
    thinking,
    output_config: format === undefined && effort === undefined ? undefined : given({ effort, format }),
    ...writeSampling(conversation, habits, thinking !== undefined && thinking.type !== 'disabled', notes),
    stop_sequences: stops.length > 0 ? stops : undefined,
    metadata: user === undefined ? undefined : { user_id: user },
    stream: conversation.stream ? true : undefined,
  });
  return { json, untold: notes.list };
}

function writeTools(conversation: Conversation, notes: UntoldNotes): JsonRecord[] {
  const { toolChoice } = conversation;
  const allowed = toolChoice?.kind === 'allowed' ? new Set(toolChoice.names) : undefined;
  const tools = conversation.tools
    .map((tool, index) => writeTool(tool, `tools[${index}]`, notes))
    .filter((tool) => tool !== undefined && (allowed === undefined || allowed.has(String(tool.name))))
    .filter((tool) => tool !== undefined);
  return tools.length > 0 ? tools : toolsOfHistory(conversation);
}

function writeTool(tool: Tool, at: string, notes: UntoldNotes): JsonRecord | undefined {
  if (tool.kind === 'opaque' && tool.dialect === 'messages') return tool.value as JsonRecord;
  if (tool.kind !== 'function') {
    notes.essential(at, `Messages has no '${tool.kind === 'custom' ? 'custom' : tool.type}' tool`);
    return undefined;
  }
  const { name, description, parameters, strict, cacheControl } = tool;
  const schema = typeof parameters === 'object' && parameters !== null ? parameters : {};
  // A schema without a type is OpenAI's way of saying: no arguments.
  const input_schema = 'type' in schema ? schema : { type: 'object', properties: {}, ...schema };
  return given({ name, description, input_schema, strict: strict || undefined, cache_control: cacheControl });
}

/** A conversation in which tools were called needs their definitions, though none may be called any more. */
function toolsOfHistory(conversation: Conversation): JsonRecord[] {
  const names = new Set<string>();
  for (const { parts } of conversation.turns) {
    for (const part of parts) if (part.kind === 'tool-call') names.add(part.name);
  }
  return [...names].map((name) => ({ name, input_schema: { type: 'object', properties: {} } }));
}

function writeToolChoice(
  conversation: Conversation,
  tools: readonly JsonRecord[],
  notes: UntoldNotes,
): JsonRecord | undefined {
  const { toolChoice, parallelToolCalls } = conversation;
  if (conversation.tools.length === 0) return { type: 'none' };
  const disable = parallelToolCalls === undefined ? undefined : !parallelToolCalls;
  const choice = (type: string, name?: string): JsonRecord => {
    return given({ type, name, disable_parallel_tool_use: disable });
  };
  switch (toolChoice?.kind) {
    case undefined:
      return disable === true ? choice('auto') : undefined;
    case 'none':
      return { type: 'none' };
    case 'auto':
      return choice('auto');
    case 'required':
      return choice('any');
    case 'named':
      return choice('tool', toolChoice.name);
    case 'allowed':
      // The others were left out of the tools.
      return tools.length === 0 ? undefined : choice(toolChoice.mode === 'required' ? 'any' : 'auto');
    case 'opaque':
      if (toolChoice.dialect === 'messages') return toolChoice.value as JsonRecord;
      notes.essential(notes.nameOf('toolChoice'), 'Messages has no such choice');
      return undefined;
  }
}

function writeFormat({ format }: Conversation, notes: UntoldNotes): JsonRecord | undefined {
  if (format === undefined) return undefined;
  const field = notes.nameOf('format');
  if (format.kind === 'json') {
    notes.harmless(field, 'Messages has no JSON mode: JSON was asked for in the system text, and is not enforced');
    return undefined;
  }
  if (format.description !== undefined) notes.harmless(`${field}.description`, 'schemas have no description');
  return { type: 'json_schema', schema: closeSchema(format.schema) };
}

function withInstruction(system: string | readonly JsonRecord[] | undefined): string | readonly JsonRecord[] {
  if (system === undefined) return JSON_ONLY;
  return typeof system === 'string' ? `${system}\n\n${JSON_ONLY}` : [...system, { type: 'text', text: JSON_ONLY }];
}

function writeSampling(
  { sampling }: Conversation,
  habits: ModelHabits,
  thinks: boolean,
  notes: UntoldNotes,
): JsonRecord {
  const { temperature, topP, topK } = sampling;
  const leave = (setting: 'temperature' | 'topP' | 'topK', why: string): void => {
    if (sampling[setting] !== undefined) notes.harmless(notes.nameOf(setting), why);
  };
  if (habits.sampling === 'none' || thinks) {
    const why = thinks ? 'cannot be chosen while the model thinks' : 'the model chooses its sampling itself';
    // One is what they are when nobody says.
    if (temperature !== 1) leave('temperature', why);
    if (topP !== 1) leave('topP', why);
    leave('topK', why);
    return {};
  }
  const hot = temperature !== undefined && temperature > 1;
  if (hot) leave('temperature', 'Messages goes to 1, which was sent');
  const onlyOne = habits.sampling === 'one' && temperature !== undefined;
  if (onlyOne && topP !== 1) leave('topP', 'the model takes the temperature or this, not both');
  return given({
    temperature: hot ? 1 : temperature,
    top_p: onlyOne ? undefined : topP,
    top_k: topK,
  });
}

function writeStop({ stop }: Conversation, notes: UntoldNotes): readonly string[] {
  const blank = stop.find((sequence) => sequence !== '' && sequence.trim() === '');
  if (blank !== undefined) {
    notes.essential(notes.nameOf('stop'), 'Messages takes no stop sequence that is only white space');
  }
  return stop.filter((sequence) => sequence.trim() !== '');
}

/** Settings Messages does not have. */
function noteAbsent({ logprobs, choices, sampling }: Conversation, notes: UntoldNotes): void {
  if (logprobs !== undefined) notes.essential(notes.nameOf('logprobs'), 'Messages gives no log-probabilities');
  if (choices > 1) notes.essential(notes.nameOf('choices'), 'Messages gives one answer');
  if (sampling.logitBias !== undefined && Object.keys(sampling.logitBias).length > 0) {
    notes.essential(notes.nameOf('logitBias'), 'Messages cannot favour or forbid tokens');
  }
  for (const setting of ['frequencyPenalty', 'presencePenalty'] as const) {
    const value = sampling[setting];
    if (value !== undefined && value !== 0) notes.harmless(notes.nameOf(setting), 'Messages has no penalties');
  }
  if (sampling.seed !== undefined)
    notes.harmless(notes.nameOf('seed'), 'Messages has no seed; OpenAI promises nothing by it');
}
