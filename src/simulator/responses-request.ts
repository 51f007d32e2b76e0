import { type Call, InvalidCallError, isObject, type JsonObject, type OfferedTool, textOf } from './call.ts';

/** Items that are the model's own. */
const OWN_ITEMS: ReadonlySet<unknown> = new Set(['reasoning', 'function_call', 'custom_tool_call']);

/** A Responses request as a call. @throws {InvalidCallError} */
export function readResponsesCall(fields: JsonObject, model: string): Call {
  const items = readItems(fields.input);
  const maxTokens = fields.max_output_tokens;
  const last = items.at(-1);
  let characters = typeof fields.instructions === 'string' ? 12 + fields.instructions.length : 0;
  // An item costs about three tokens beside its text.
  for (const item of items) characters += 12 + itemText(item).length;
  const asked = items.findLast((item) => !isOwn(item));
  return {
    model,
    stream: fields.stream === true,
    includeUsage: true,
    choices: 1,
    maxTokens: typeof maxTokens === 'number' ? maxTokens : undefined,
    promptTokens: Math.ceil(characters / 4),
    promptText: asked === undefined ? '' : itemText(asked),
    prefix: last?.role === 'assistant' ? itemText(last) : undefined,
    tools: readTools(fields.tools),
    schema: readSchema(fields.text),
  };
}

function readItems(input: unknown): readonly JsonObject[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  if (!Array.isArray(input) || input.length === 0) {
    throw new InvalidCallError("Missing required parameter: 'input'.", 'input');
  }
  return input.map((item, index) => {
    if (isObject(item)) return item;
    throw new InvalidCallError(`Invalid type for 'input[${index}]': expected an object.`, `input[${index}]`);
  });
}

function isOwn({ role, type }: JsonObject): boolean {
  return role === 'assistant' || OWN_ITEMS.has(type);
}

/** A message's text, or a tool's. */
function itemText({ content, output }: JsonObject): string {
  return textOf(content ?? output);
}

function readTools(tools: unknown): OfferedTool[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool) =>
    isObject(tool) && tool.type === 'function' && typeof tool.name === 'string'
      ? [{ name: tool.name, parameters: tool.parameters ?? {} }]
      : [],
  );
}

function readSchema(text: unknown): unknown {
  const format = isObject(text) ? text.format : undefined;
  if (!isObject(format)) return undefined;
  if (format.type === 'json_schema') return format.schema ?? {};
  return format.type === 'json_object' ? {} : undefined;
}
