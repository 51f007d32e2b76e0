import { type Call, InvalidCallError, isObject, type JsonObject, type OfferedTool, textOf } from './call.ts';

/** Above this `n` the API refuses too. */
const MAX_CHOICES = 128;

/** A chat request as a call. @throws {InvalidCallError} */
export function readChatCall(fields: JsonObject, model: string): Call {
  const { messages } = fields;
  if (!Array.isArray(messages)) throw new InvalidCallError("Missing required parameter: 'messages'.", 'messages');
  const last = messages.at(-1);
  if (!isObject(last)) throw new InvalidCallError("Invalid 'messages': empty array.", 'messages');
  const prefix = last.role === 'assistant' ? textOf(last.content) : undefined;
  const asked =
    prefix === undefined ? last : messages.findLast((message) => isObject(message) && message.role !== 'assistant');
  return {
    ...readCommon(fields, model),
    promptTokens: countTokens(messages),
    promptText: isObject(asked) ? textOf(asked.content) : '',
    prefix,
    tools: readTools(fields.tools),
    schema: readSchema(fields.response_format),
  };
}

/** A legacy completion request as a call. @throws {InvalidCallError} */
export function readTextCall(fields: JsonObject, model: string): Call {
  const { prompt } = fields;
  const promptText = Array.isArray(prompt) ? prompt.join(' ') : prompt;
  if (typeof promptText !== 'string') throw new InvalidCallError("Missing required parameter: 'prompt'.", 'prompt');
  return {
    ...readCommon(fields, model),
    promptTokens: Math.ceil(promptText.length / 4),
    promptText,
    prefix: undefined,
    tools: [],
    schema: undefined,
  };
}

function readCommon(body: JsonObject, model: string) {
  const { n } = body;
  if (n !== undefined && n !== null && !(Number.isInteger(n) && Number(n) >= 1 && Number(n) <= MAX_CHOICES)) {
    throw new InvalidCallError(`Invalid 'n': expected an integer from 1 to ${MAX_CHOICES}.`, 'n');
  }
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  return {
    model,
    stream: body.stream === true,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    choices: typeof n === 'number' ? n : 1,
    maxTokens: typeof maxTokens === 'number' ? maxTokens : undefined,
  };
}

function countTokens(messages: readonly unknown[]): number {
  let characters = 0;
  for (const message of messages) {
    // A message costs about three tokens beside its text.
    if (isObject(message)) characters += 12 + textOf(message.content).length;
  }
  return Math.ceil(characters / 4);
}

function readTools(tools: unknown): OfferedTool[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool) => {
    const definition = isObject(tool) && isObject(tool.function) ? tool.function : undefined;
    return typeof definition?.name === 'string'
      ? [{ name: definition.name, parameters: definition.parameters ?? {} }]
      : [];
  });
}

function readSchema(format: unknown): unknown {
  if (!isObject(format)) return undefined;
  if (format.type === 'json_schema' && isObject(format.json_schema)) return format.json_schema.schema ?? {};
  return format.type === 'json_object' ? {} : undefined;
}
