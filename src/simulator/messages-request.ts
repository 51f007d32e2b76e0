import { type Call, InvalidCallError, isObject, type JsonObject, type OfferedTool, textOf } from './call.ts';

/** What of a request decides how long its prompt is. */
interface Prompt {
  readonly messages: readonly unknown[];
  readonly tokens: number;
}

/** A Messages request as a call. @throws {InvalidCallError} */
export function readMessagesCall(fields: JsonObject, model: string): Call {
  const { max_tokens: maxTokens } = fields;
  const { messages, tokens } = readPrompt(fields);
  if (!Number.isInteger(maxTokens) || Number(maxTokens) < 1) {
    throw new InvalidCallError(maxTokens === undefined ? 'Field required' : 'Input should be at least 1', 'max_tokens');
  }
  const last = messages.at(-1);
  const prefix = isObject(last) && last.role === 'assistant' ? textOf(last.content) : undefined;
  const asked = messages.findLast((message) => isObject(message) && message.role !== 'assistant');
  return {
    model,
    stream: fields.stream === true,
    includeUsage: true,
    choices: 1,
    maxTokens: Number(maxTokens),
    promptTokens: tokens,
    promptText: isObject(asked) ? askedText(asked.content) : '',
    prefix,
    tools: readTools(fields.tools),
    schema: readSchema(fields),
  };
}

/** The tokens of a prompt, which `count_tokens` tells too. @throws {InvalidCallError} */
export function countPrompt(fields: JsonObject): number {
  return readPrompt(fields).tokens;
}

function readPrompt({ messages, system }: JsonObject): Prompt {
  if (!Array.isArray(messages)) throw new InvalidCallError('Field required', 'messages');
  if (messages.length === 0) throw new InvalidCallError('at least one message is required', 'messages');
  let characters = system === undefined ? 0 : 12 + textOf(system).length;
  for (const message of messages) {
    if (!isObject(message) || (message.role !== 'user' && message.role !== 'assistant')) {
      throw new InvalidCallError("Input should be 'user' or 'assistant'", 'messages.role');
    }
    // A message costs about three tokens beside its text, a tool's result is a text like any other.
    characters += 12 + textOf(message.content).length + resultsIn(message.content).join('').length;
  }
  return { messages, tokens: Math.ceil(characters / 4) };
}

/** A turn's own text; where it only brings tools' results, the last of them, as in dialects where each is a message. */
function askedText(content: unknown): string {
  const text = textOf(content);
  return text === '' ? (resultsIn(content).at(-1) ?? '') : text;
}

function resultsIn(content: unknown): string[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((block) => (isObject(block) && block.type === 'tool_result' ? [textOf(block.content)] : []));
}

function readTools(tools: unknown): OfferedTool[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool) =>
    isObject(tool) && typeof tool.name === 'string' && tool.input_schema !== undefined
      ? [{ name: tool.name, parameters: tool.input_schema }]
      : [],
  );
}

function readSchema({ output_config: config }: JsonObject): unknown {
  const format = isObject(config) ? config.format : undefined;
  return isObject(format) && format.type === 'json_schema' ? (format.schema ?? {}) : undefined;
}
