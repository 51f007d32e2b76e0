import type { JsonRecord } from '../../failures/json-record.ts';
import type { RequestMistake } from '../conversation/codec.ts';
import { given } from '../conversation/given.ts';
import {
  arrayIn,
  booleanIn,
  extrasOf,
  missing,
  noteUnheld,
  numberIn,
  orMistake,
  recordAt,
  recordIn,
  requiredRecord,
  requiredString,
  stringIn,
  stringsIn,
  wrongValue,
} from '../conversation/read-fields.ts';
import type { Conversation, Format, Sampling, Tool, ToolChoice } from '../conversation/request.ts';
import { readMessages } from './read-messages.ts';

/** Members with a field of their own in the conversation. */
const HELD = new Set([
  'model',
  'messages',
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'parallel_tool_calls',
  'response_format',
  'temperature',
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'logit_bias',
  'max_completion_tokens',
  'max_tokens',
  'stop',
  'reasoning_effort',
  'logprobs',
  'top_logprobs',
  'n',
  'user',
  'stream',
  'stream_options',
]);
const TOOL_FIELDS = new Set(['type', 'function', 'cache_control']);
const FUNCTION_FIELDS = new Set(['name', 'description', 'parameters', 'strict', 'cache_control']);
const CUSTOM_TOOL_FIELDS = new Set(['type', 'custom']);
const CUSTOM_FIELDS = new Set(['name', 'description', 'format']);
const FORMAT_FIELDS = new Set(['name', 'description', 'schema', 'strict']);
const STREAM_FIELDS = new Set(['include_usage']);

/** Reads a chat completions request. */
export function readChatRequest(json: JsonRecord): Conversation | RequestMistake {
  return orMistake(() => readConversation(json));
}

function readConversation(json: JsonRecord): Conversation {
  const unheld: string[] = [];
  const { instructions, turns } = readMessages(arrayIn(json, 'messages') ?? missing('messages'), unheld);
  const streamOptions = recordIn(json, 'stream_options');
  if (streamOptions !== undefined) noteUnheld(unheld, streamOptions, STREAM_FIELDS, 'stream_options');
  const effort = stringIn(json, 'reasoning_effort');
  const extras = extrasOf(json, HELD);
  const format = readFormat(json, unheld);
  return {
    source: 'chat',
    model: requiredString(json, 'model'),
    instructions,
    turns,
    tools: readTools(json, unheld),
    toolChoice: readToolChoice(json),
    parallelToolCalls: booleanIn(json, 'parallel_tool_calls'),
    format: format !== undefined && 'kind' in format ? format : undefined,
    sampling: readSampling(json),
    maxTokens: numberIn(json, 'max_completion_tokens') ?? numberIn(json, 'max_tokens'),
    stop: typeof json.stop === 'string' ? [json.stop] : (stringsIn(json, 'stop') ?? []),
    reasoning: effort === undefined ? undefined : { effort },
    logprobs: booleanIn(json, 'logprobs') === true ? (numberIn(json, 'top_logprobs') ?? 0) : undefined,
    choices: numberIn(json, 'n') ?? 1,
    user: stringIn(json, 'user'),
    stream: booleanIn(json, 'stream') === true,
    includeUsage: streamOptions !== undefined && booleanIn(streamOptions, 'include_usage', 'stream_options') === true,
    extras: format !== undefined && 'extra' in format ? { ...extras, response_format: format.extra } : extras,
    unheld,
  };
}

function readSampling(json: JsonRecord): Sampling {
  const bias = recordIn(json, 'logit_bias');
  for (const key of Object.keys(bias ?? {})) numberIn(bias ?? {}, key, 'logit_bias');
  return given({
    temperature: numberIn(json, 'temperature'),
    topP: numberIn(json, 'top_p'),
    topK: numberIn(json, 'top_k'),
    frequencyPenalty: numberIn(json, 'frequency_penalty'),
    presencePenalty: numberIn(json, 'presence_penalty'),
    seed: numberIn(json, 'seed'),
    logitBias: bias as Record<string, number> | undefined,
  });
}

function readTools(json: JsonRecord, unheld: string[]): Tool[] {
  const tools = (arrayIn(json, 'tools') ?? []).map((item, index): Tool => {
    const at = `tools[${index}]`;
    const tool = recordAt(item, at);
    const type = stringIn(tool, 'type', at) ?? 'function';
    if (type === 'custom') return readCustom(tool, `${at}.custom`, unheld, at);
    if (type !== 'function') return { kind: 'opaque', dialect: 'chat', type, value: tool };
    noteUnheld(unheld, tool, TOOL_FIELDS, at);
    const callee = requiredRecord(tool, 'function', at);
    return readFunction(callee, `${at}.function`, tool.cache_control ?? callee.cache_control, unheld);
  });
  const functions = (arrayIn(json, 'functions') ?? []).map((item, index) => {
    const at = `functions[${index}]`;
    return readFunction(recordAt(item, at), at, undefined, unheld);
  });
  return functions.length === 0 ? tools : [...tools, ...functions];
}

/** A free-text tool. Its grammar stands one object deeper than in the other dialect that has such tools. */
function readCustom(tool: JsonRecord, at: string, unheld: string[], toolAt: string): Tool {
  noteUnheld(unheld, tool, CUSTOM_TOOL_FIELDS, toolAt);
  const custom = requiredRecord(tool, 'custom', toolAt);
  noteUnheld(unheld, custom, CUSTOM_FIELDS, at);
  const format = recordIn(custom, 'format', at);
  const grammar = format?.type === 'grammar' ? requiredRecord(format, 'grammar', `${at}.format`) : undefined;
  const grammarAt = `${at}.format.grammar`;
  return {
    kind: 'custom',
    name: requiredString(custom, 'name', at),
    description: stringIn(custom, 'description', at),
    grammar: grammar && {
      syntax: requiredString(grammar, 'syntax', grammarAt),
      definition: requiredString(grammar, 'definition', grammarAt),
    },
  };
}

function readFunction(callee: JsonRecord, at: string, cacheControl: unknown, unheld: string[]): Tool {
  noteUnheld(unheld, callee, FUNCTION_FIELDS, at);
  return {
    kind: 'function',
    name: requiredString(callee, 'name', at),
    description: stringIn(callee, 'description', at),
    parameters: recordIn(callee, 'parameters', at),
    strict: booleanIn(callee, 'strict', at),
    ...(cacheControl === undefined || cacheControl === null ? {} : { cacheControl }),
  };
}

const CHOICE_WORDS = new Set(['auto', 'none', 'required']);

function readToolChoice(json: JsonRecord): ToolChoice | undefined {
  const choice = json.tool_choice ?? json.function_call;
  const field = json.tool_choice === undefined || json.tool_choice === null ? 'function_call' : 'tool_choice';
  if (choice === undefined || choice === null) return undefined;
  if (typeof choice === 'string') {
    if (!CHOICE_WORDS.has(choice)) wrongValue(field, `'${choice}' is none of 'auto', 'none' and 'required'.`);
    return { kind: choice as 'auto' | 'none' | 'required' };
  }
  const wish = recordAt(choice, field);
  if (field === 'function_call') return { kind: 'named', name: requiredString(wish, 'name', field) };
  if (wish.type === 'allowed_tools') return readAllowed(requiredRecord(wish, 'allowed_tools', field));
  return wish.type === 'function' || wish.type === 'custom'
    ? { kind: 'named', name: nameIn(wish, field) }
    : { kind: 'opaque', dialect: 'chat', value: wish };
}

function readAllowed(allowed: JsonRecord): ToolChoice {
  const at = 'tool_choice.allowed_tools';
  const mode = stringIn(allowed, 'mode', at) ?? 'auto';
  if (mode !== 'auto' && mode !== 'required') wrongValue(`${at}.mode`, `'${mode}' is neither 'auto' nor 'required'.`);
  const names = (arrayIn(allowed, 'tools', at) ?? missing(`${at}.tools`)).map((tool, index) => {
    const toolAt = `${at}.tools[${index}]`;
    return nameIn(recordAt(tool, toolAt), toolAt);
  });
  return { kind: 'allowed', mode, names };
}

/** The name in a reference to a tool. */
function nameIn(reference: JsonRecord, at: string): string {
  const key = reference.type === 'custom' ? 'custom' : 'function';
  return requiredString(requiredRecord(reference, key, at), 'name', `${at}.${key}`);
}

function readFormat(json: JsonRecord, unheld: string[]): Format | { readonly extra: JsonRecord } | undefined {
  const format = recordIn(json, 'response_format');
  if (format === undefined) return undefined;
  const type = requiredString(format, 'type', 'response_format');
  if (type === 'text') return undefined;
  if (type === 'json_object') return { kind: 'json' };
  if (type !== 'json_schema') return { extra: format };
  const at = 'response_format.json_schema';
  const wanted = requiredRecord(format, 'json_schema', 'response_format');
  noteUnheld(unheld, wanted, FORMAT_FIELDS, at);
  return {
    kind: 'schema',
    name: stringIn(wanted, 'name', at) ?? 'response',
    ...given({ description: stringIn(wanted, 'description', at) }),
    schema: recordIn(wanted, 'schema', at) ?? {},
    strict: booleanIn(wanted, 'strict', at),
  };
}
