import type { Conversation, Tool, ToolCallPart, ToolChoice } from '../../dialects/conversation/request.ts';
import { isRecord, parseJsonText } from '../../failures/json-record.ts';
import { SchemaCache } from '../../failures/schema-cache.ts';
import { scrub } from '../../failures/scrub.ts';
import type { Doubt } from './doubt.ts';

const SCHEMAS = new SchemaCache(256);
const NAME_SHOWN = 64;

/** Whether the calls are of declared tools, with arguments that fit, and whether one was demanded. */
export function doubtAboutCalls(asked: Conversation, calls: readonly ToolCallPart[]): Doubt | undefined {
  const { tools, toolChoice } = asked;
  if (calls.length === 0) return demandsCall(toolChoice) ? NO_CALL : undefined;
  for (const call of calls) {
    const doubt = doubtAboutCall(tools, toolChoice, call);
    if (doubt !== undefined) return doubt;
  }
  return undefined;
}

const NO_CALL: Doubt = { code: 'no-tool-call', message: 'The request demands a tool call, and the answer has none.' };

function demandsCall(choice: ToolChoice | undefined): boolean {
  switch (choice?.kind) {
    case 'required':
    case 'named':
      return true;
    case 'allowed':
      return choice.mode === 'required';
    default:
      return false;
  }
}

function doubtAboutCall(tools: readonly Tool[], choice: ToolChoice | undefined, call: ToolCallPart): Doubt | undefined {
  const name = scrub(call.name, NAME_SHOWN);
  const tool = tools.find((one) => one.kind !== 'opaque' && one.name === call.name);
  if (tool === undefined || tool.kind === 'opaque')
    return { code: 'unknown-tool', message: `The answer calls '${name}', which is no declared tool.` };
  if (!mayBeCalled(choice, call.name))
    return { code: 'unknown-tool', message: `The answer calls '${name}', which the request does not allow.` };
  // A custom tool takes free text.
  if (tool.kind === 'custom') return undefined;
  // Some servers write no arguments as nothing rather than as an empty object.
  const value = call.arguments.trim() === '' ? {} : parseJsonText(call.arguments);
  if (!isRecord(value)) return { code: 'tool-arguments', message: `The arguments of '${name}' are no JSON object.` };
  if (tool.parameters === undefined || tool.parameters === null) return undefined;
  // A schema that cannot be used says nothing against the answer.
  return SCHEMAS.check(tool.parameters, value).kind === 'invalid'
    ? { code: 'tool-arguments', message: `The arguments of '${name}' do not match its parameters.` }
    : undefined;
}

function mayBeCalled(choice: ToolChoice | undefined, name: string): boolean {
  switch (choice?.kind) {
    case 'none':
      return false;
    case 'named':
      return choice.name === name;
    case 'allowed':
      return choice.names.includes(name);
    default:
      return true;
  }
}
