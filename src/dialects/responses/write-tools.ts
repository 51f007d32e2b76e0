import type { JsonRecord } from '../../failures/json-record.ts';
import { given } from '../conversation/given.ts';
import type { Conversation, Format, Tool, ToolChoice } from '../conversation/request.ts';
import type { UntoldNotes } from '../conversation/untold-notes.ts';

const NO_PARAMETERS: JsonRecord = { type: 'object', properties: {} };

/** @param notes takes what cannot be said; absent where the tools are only echoed */
export function writeTools(conversation: Conversation, notes?: UntoldNotes): unknown[] {
  const { source, tools } = conversation;
  return tools.flatMap((tool, index) => {
    const written = writeTool(tool, source !== 'responses', `tools[${index}]`, notes);
    return written === undefined ? [] : [written];
  });
}

/** @param lax not to be strict is the source's default; the default here is to be strict, which refuses schemas that were fine there */
function writeTool(tool: Tool, lax: boolean, at: string, notes: UntoldNotes | undefined): unknown {
  if (tool.kind === 'opaque') {
    if (tool.dialect === 'responses') return tool.value;
    notes?.essential(at, `Responses has no '${tool.type}' tool`);
    return undefined;
  }
  const { name, description } = tool;
  if (tool.kind === 'custom') {
    const format = tool.grammar === undefined ? undefined : { type: 'grammar', ...tool.grammar };
    return given({ type: 'custom', name, description, format });
  }
  if (tool.cacheControl !== undefined) notes?.harmless(`${at}.cache_control`, 'the target caches by itself');
  const strict = tool.strict ?? (lax ? false : undefined);
  return given({ type: 'function', name, description, parameters: tool.parameters ?? NO_PARAMETERS, strict });
}

export function writeToolChoice(conversation: Conversation, notes?: UntoldNotes): unknown {
  const { toolChoice, tools } = conversation;
  if (toolChoice === undefined) return undefined;
  switch (toolChoice.kind) {
    case 'named':
      return referTo(tools, toolChoice.name);
    case 'allowed':
      return allowed(toolChoice, tools);
    case 'opaque':
      if (toolChoice.dialect === 'responses') return toolChoice.value;
      notes?.essential(notes.nameOf('toolChoice'), 'Responses has no such choice');
      return undefined;
    default:
      return toolChoice.kind;
  }
}

function allowed(choice: ToolChoice & { kind: 'allowed' }, tools: readonly Tool[]): JsonRecord {
  return { type: 'allowed_tools', mode: choice.mode, tools: choice.names.map((name) => referTo(tools, name)) };
}

function referTo(tools: readonly Tool[], name: string): JsonRecord {
  const isCustom = tools.some((tool) => tool.kind === 'custom' && tool.name === name);
  return { type: isCustom ? 'custom' : 'function', name };
}

/** The `text.format` that asks for this. */
export function writeFormat(format: Format | undefined): JsonRecord | undefined {
  if (format === undefined) return undefined;
  if (format.kind === 'json') return { type: 'json_object' };
  const { name, description, schema, strict } = format;
  return given({ type: 'json_schema', name, description, schema, strict });
}
