import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import {
  arrayIn,
  booleanIn,
  noteUnheld,
  recordAt,
  recordIn,
  requiredRecord,
  requiredString,
  stringIn,
  wrongValue,
} from '../conversation/read-fields.ts';
import type { Format, Tool, ToolChoice } from '../conversation/request.ts';
import { itemsOf } from '../json-fields.ts';

const FUNCTION_MEMBERS: ReadonlySet<string> = new Set(['type', 'name', 'description', 'parameters', 'strict']);
const CUSTOM_MEMBERS: ReadonlySet<string> = new Set(['type', 'name', 'description', 'format']);
const WORDS: ReadonlySet<string> = new Set(['auto', 'none', 'required']);

export function readTools(json: JsonRecord, unheld: string[]): readonly Tool[] {
  return (arrayIn(json, 'tools') ?? []).map((tool, index) => {
    const at = `tools[${index}]`;
    return readTool(recordAt(tool, at), at, unheld);
  });
}

function readTool(tool: JsonRecord, at: string, unheld: string[]): Tool {
  const type = requiredString(tool, 'type', at);
  if (type === 'function') {
    noteUnheld(unheld, tool, FUNCTION_MEMBERS, at);
    return {
      kind: 'function',
      name: requiredString(tool, 'name', at),
      description: stringIn(tool, 'description', at),
      parameters: recordIn(tool, 'parameters', at),
      strict: booleanIn(tool, 'strict', at),
    };
  }
  if (type === 'custom') {
    noteUnheld(unheld, tool, CUSTOM_MEMBERS, at);
    const description = stringIn(tool, 'description', at);
    return { kind: 'custom', name: requiredString(tool, 'name', at), description, grammar: readGrammar(tool, at) };
  }
  return { kind: 'opaque', dialect: 'responses', type, value: tool };
}

function readGrammar(tool: JsonRecord, at: string): { syntax: string; definition: string } | undefined {
  const format = recordIn(tool, 'format', at);
  if (format === undefined || format.type !== 'grammar') return undefined;
  const where = `${at}.format`;
  return { syntax: requiredString(format, 'syntax', where), definition: requiredString(format, 'definition', where) };
}

export function readToolChoice(json: JsonRecord): ToolChoice | undefined {
  const choice = json.tool_choice;
  if (choice === undefined || choice === null) return undefined;
  if (typeof choice === 'string') {
    return isWord(choice)
      ? { kind: choice }
      : wrongValue('tool_choice', `'${choice.slice(0, 40)}' is none of auto, none, required.`);
  }
  const value = recordAt(choice, 'tool_choice');
  switch (requiredString(value, 'type', 'tool_choice')) {
    case 'function':
    case 'custom':
      return { kind: 'named', name: requiredString(value, 'name', 'tool_choice') };
    case 'allowed_tools':
      return readAllowed(value);
    default:
      return { kind: 'opaque', dialect: 'responses', value };
  }
}

function isWord(choice: string): choice is 'auto' | 'none' | 'required' {
  return WORDS.has(choice);
}

/** Only where all of them have names: which built-in tools are allowed, only Responses can say. */
function readAllowed(value: JsonRecord): ToolChoice {
  const names = itemsOf(value.tools).map((tool) => {
    return isRecord(tool) && (tool.type === 'function' || tool.type === 'custom') && typeof tool.name === 'string'
      ? tool.name
      : undefined;
  });
  const named = names.filter((name) => name !== undefined);
  if (named.length < names.length || named.length === 0) return { kind: 'opaque', dialect: 'responses', value };
  return { kind: 'allowed', mode: value.mode === 'required' ? 'required' : 'auto', names: named };
}

/** LangChain sends `text: {}`, which asks for nothing. */
export function readFormat(text: JsonRecord): Format | undefined {
  const format = recordIn(text, 'format', 'text');
  if (format === undefined) return undefined;
  const at = 'text.format';
  switch (requiredString(format, 'type', at)) {
    case 'text':
      return undefined;
    case 'json_object':
      return { kind: 'json' };
    case 'json_schema': {
      const description = stringIn(format, 'description', at);
      return {
        kind: 'schema',
        name: requiredString(format, 'name', at),
        ...(description === undefined ? {} : { description }),
        schema: requiredRecord(format, 'schema', at),
        strict: booleanIn(format, 'strict', at),
      };
    }
    default:
      return wrongValue('text.format.type', 'it must be text, json_object or json_schema.');
  }
}
