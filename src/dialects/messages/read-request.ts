import type { JsonRecord } from '../../failures/json-record.ts';
import type { RequestMistake } from '../conversation/codec.ts';
import { given } from '../conversation/given.ts';
import {
  arrayIn,
  booleanIn,
  contentIn,
  extrasOf,
  missing,
  noteUnheld,
  numberIn,
  orMistake,
  pathTo,
  recordAt,
  recordIn,
  requiredRecord,
  requiredString,
  stringIn,
  stringsIn,
  wrongValue,
} from '../conversation/read-fields.ts';
import type {
  Conversation,
  Format,
  Instruction,
  ReasoningWish,
  Tool,
  ToolChoice,
  Turn,
} from '../conversation/request.ts';
import { readBlocks, readContent } from './read-blocks.ts';

const HELD = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'temperature',
  'top_p',
  'top_k',
  'max_tokens',
  'stop_sequences',
  'thinking',
  'output_config',
  'metadata',
  'stream',
]);
const MESSAGE_FIELDS = new Set(['role', 'content']);
const TOOL_FIELDS = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control']);
const OUTPUT_FIELDS = new Set(['effort', 'format']);
const METADATA_FIELDS = new Set(['user_id']);

/** Reads a Messages request. */
export function readMessagesRequest(json: JsonRecord): Conversation | RequestMistake {
  return orMistake(() => readConversation(json));
}

function readConversation(json: JsonRecord): Conversation {
  const unheld: string[] = [];
  const metadata = recordIn(json, 'metadata');
  if (metadata !== undefined) noteUnheld(unheld, metadata, METADATA_FIELDS, 'metadata');
  const output = recordIn(json, 'output_config');
  if (output !== undefined) noteUnheld(unheld, output, OUTPUT_FIELDS, 'output_config');
  const choice = recordIn(json, 'tool_choice');
  const notParallel = choice && booleanIn(choice, 'disable_parallel_tool_use', 'tool_choice');
  const stream = booleanIn(json, 'stream') === true;
  return {
    source: 'messages',
    model: requiredString(json, 'model'),
    instructions: readSystem(json, unheld),
    turns: (arrayIn(json, 'messages') ?? missing('messages')).map((item, index) => {
      return readTurn(recordAt(item, `messages[${index}]`), `messages[${index}]`, unheld);
    }),
    tools: readTools(json, unheld),
    toolChoice: choice && readToolChoice(choice),
    parallelToolCalls: notParallel === undefined ? undefined : !notParallel,
    format: output && readFormat(output),
    sampling: given({
      temperature: numberIn(json, 'temperature'),
      topP: numberIn(json, 'top_p'),
      topK: numberIn(json, 'top_k'),
    }),
    maxTokens: numberIn(json, 'max_tokens') ?? missing('max_tokens'),
    stop: stringsIn(json, 'stop_sequences') ?? [],
    reasoning: readReasoning(json, output, unheld),
    logprobs: undefined,
    choices: 1,
    user: metadata && stringIn(metadata, 'user_id', 'metadata'),
    stream,
    // Anthropic's streams always count.
    includeUsage: stream,
    extras: extrasOf(json, HELD),
    unheld,
  };
}

function readSystem(json: JsonRecord, unheld: string[]): Instruction[] {
  const system = contentIn(json, 'system', '');
  if (system === undefined || system.length === 0) return [];
  if (typeof system === 'string') {
    return [{ role: 'system', parts: [{ kind: 'text', text: system, at: 'system' }], at: 'system' }];
  }
  return [{ role: 'system', parts: readBlocks(system, 'system', unheld), at: 'system' }];
}

function readTurn(message: JsonRecord, at: string, unheld: string[]): Turn {
  const role = requiredString(message, 'role', at);
  noteUnheld(unheld, message, MESSAGE_FIELDS, at);
  if (message.content === undefined || message.content === null) missing(pathTo(at, 'content'));
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    wrongValue(pathTo(at, 'role'), `'${role}' is none of 'user', 'assistant' and 'system'.`);
  }
  return { role, parts: readContent(message, at, unheld), at };
}

function readTools(json: JsonRecord, unheld: string[]): Tool[] {
  return (arrayIn(json, 'tools') ?? []).map((item, index): Tool => {
    const at = `tools[${index}]`;
    const tool = recordAt(item, at);
    const type = stringIn(tool, 'type', at) ?? 'custom';
    // `custom` is Anthropic's word for a tool with a schema; every other type is one it brings itself.
    if (type !== 'custom') return { kind: 'opaque', dialect: 'messages', type, value: tool };
    noteUnheld(unheld, tool, TOOL_FIELDS, at);
    const cacheControl = tool.cache_control ?? undefined;
    return {
      kind: 'function',
      name: requiredString(tool, 'name', at),
      description: stringIn(tool, 'description', at),
      parameters: requiredRecord(tool, 'input_schema', at),
      strict: booleanIn(tool, 'strict', at),
      ...(cacheControl === undefined ? {} : { cacheControl }),
    };
  });
}

function readToolChoice(choice: JsonRecord): ToolChoice {
  const type = requiredString(choice, 'type', 'tool_choice');
  switch (type) {
    case 'auto':
    case 'none':
      return { kind: type };
    case 'any':
      return { kind: 'required' };
    case 'tool':
      return { kind: 'named', name: requiredString(choice, 'name', 'tool_choice') };
    default:
      return { kind: 'opaque', dialect: 'messages', value: choice };
  }
}

/** Anthropic's schemas have no name; OpenAI's must. */
function readFormat(output: JsonRecord): Format | undefined {
  const format = recordIn(output, 'format', 'output_config');
  if (format === undefined) return undefined;
  const at = 'output_config.format';
  const type = requiredString(format, 'type', at);
  if (type !== 'json_schema') wrongValue(`${at}.type`, `'${type}' is not 'json_schema'.`);
  return { kind: 'schema', name: 'response', schema: requiredRecord(format, 'schema', at), strict: undefined };
}

function readReasoning(json: JsonRecord, output: JsonRecord | undefined, unheld: string[]): ReasoningWish | undefined {
  const thinking = recordIn(json, 'thinking');
  const effort = output && stringIn(output, 'effort', 'output_config');
  if (thinking === undefined) return effort === undefined ? undefined : { effort };
  const mode = requiredString(thinking, 'type', 'thinking');
  if (mode !== 'enabled' && mode !== 'disabled' && mode !== 'adaptive') {
    unheld.push('thinking');
    return effort === undefined ? undefined : { effort };
  }
  return given({
    mode,
    effort,
    budgetTokens: numberIn(thinking, 'budget_tokens', 'thinking'),
    display: stringIn(thinking, 'display', 'thinking'),
  } as const);
}
