import type { Failure } from './failure.ts';
import { isRecord, type JsonRecord, parseJsonText } from './json-record.ts';
import { findLoop } from './repetition.ts';
import { SchemaCache } from './schema-cache.ts';
import { scrub } from './scrub.ts';

/** The checks a route may ask for. */
export type AnswerCheck = 'json-schema' | 'tool-arguments' | 'repetition';

/** Told about a check that could not be made; the answer passes it. */
export type SkipReport = (check: AnswerCheck, reason: string) => void;

type Finding = { readonly code: string; readonly message: string };

const SCHEMAS = new SchemaCache(256);

/**
 * Holds a chat answer against what its request asked for: the schema of `response_format`, the declared tools, and common sense
 * about loops. A schema that cannot be used is skipped and reported, never a failure. An answer that ended for `length` is an
 * answer, and cannot be whole JSON: only the loop check applies to it.
 *
 * @param request the client's parsed chat request
 * @param answer the parsed (or assembled) chat completion
 * @returns an `invalid_answer`, or undefined where nothing is wrong
 */
export function validateAnswer(
  checks: readonly AnswerCheck[],
  request: unknown,
  answer: unknown,
  onSkip?: SkipReport,
): Failure | undefined {
  if (!isRecord(request) || !isRecord(answer) || !Array.isArray(answer.choices)) return undefined;
  for (const choice of answer.choices) {
    if (!isRecord(choice) || !isRecord(choice.message)) continue;
    for (const check of checks) {
      const finding = runCheck(check, request, choice, choice.message, onSkip);
      if (finding !== undefined) return invalid(finding);
    }
  }
  return undefined;
}

function runCheck(
  check: AnswerCheck,
  request: JsonRecord,
  choice: JsonRecord,
  message: JsonRecord,
  onSkip: SkipReport | undefined,
): Finding | undefined {
  if (check === 'repetition') return checkRepetition(message);
  if (choice.finish_reason === 'length') return undefined;
  const skip = (reason: string) => onSkip?.(check, reason);
  return check === 'json-schema'
    ? checkContent(request.response_format, message, skip)
    : checkCalls(request, message, skip);
}

function checkContent(
  format: unknown,
  { content, refusal }: JsonRecord,
  skip: (reason: string) => void,
): Finding | undefined {
  if (!isRecord(format) || (format.type !== 'json_schema' && format.type !== 'json_object')) return undefined;
  // A call or a refusal stands where the JSON would.
  if (typeof content !== 'string' || typeof refusal === 'string') return undefined;
  const value = parseJsonText(content);
  if (value === undefined) return { code: 'not_json', message: 'The answer is not the JSON that was asked for.' };
  if (format.type === 'json_object') {
    return isRecord(value)
      ? undefined
      : { code: 'not_json', message: 'The answer is not the JSON object that was asked for.' };
  }
  const wanted = isRecord(format.json_schema) ? format.json_schema.schema : undefined;
  return against(wanted, value, skip, 'schema_mismatch', 'The answer does not match the schema asked for');
}

function checkCalls(request: JsonRecord, message: JsonRecord, skip: (reason: string) => void): Finding | undefined {
  const calls = listOf(message.tool_calls).map((call) => (isRecord(call.function) ? call.function : call.custom));
  if (isRecord(message.function_call)) calls.push(message.function_call);
  if (calls.length === 0) return undefined;
  const tools = declaredTools(request);
  for (const call of calls) {
    if (!isRecord(call)) return { code: 'undeclared_tool', message: 'The answer holds a tool call without a tool.' };
    const finding = checkCall(call, tools, skip);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

function checkCall(
  call: JsonRecord,
  tools: ReadonlyMap<string, unknown>,
  skip: (reason: string) => void,
): Finding | undefined {
  const name = typeof call.name === 'string' ? call.name : '';
  if (!tools.has(name))
    return { code: 'undeclared_tool', message: `The answer calls '${scrub(name, 64)}', which is no declared tool.` };
  // A custom tool takes free text.
  if (typeof call.input === 'string') return undefined;
  const text = typeof call.arguments === 'string' ? call.arguments : '';
  // Some servers write no arguments as nothing rather than as an empty object.
  const value = text.trim() === '' ? {} : parseJsonText(text);
  if (!isRecord(value))
    return { code: 'invalid_tool_arguments', message: `The arguments of '${scrub(name, 64)}' are no JSON object.` };
  const parameters = tools.get(name);
  if (parameters === undefined || parameters === null) return undefined;
  return against(
    parameters,
    value,
    skip,
    'invalid_tool_arguments',
    `The arguments of '${scrub(name, 64)}' do not match its parameters`,
  );
}

function declaredTools(request: JsonRecord): ReadonlyMap<string, unknown> {
  const tools = new Map<string, unknown>();
  for (const tool of listOf(request.tools)) {
    const declared = isRecord(tool.function) ? tool.function : tool.custom;
    if (isRecord(declared) && typeof declared.name === 'string') tools.set(declared.name, declared.parameters);
  }
  for (const declared of listOf(request.functions)) {
    if (typeof declared.name === 'string') tools.set(declared.name, declared.parameters);
  }
  return tools;
}

function against(
  schema: unknown,
  value: unknown,
  skip: (reason: string) => void,
  code: string,
  what: string,
): Finding | undefined {
  const verdict = SCHEMAS.check(schema, value);
  if (verdict.kind === 'skipped') skip(verdict.reason);
  return verdict.kind === 'invalid' ? { code, message: `${what}: ${scrub(verdict.reason, 300)}.` } : undefined;
}

function checkRepetition({ content }: JsonRecord): Finding | undefined {
  const loop = typeof content === 'string' ? findLoop(content) : undefined;
  if (loop === undefined) return undefined;
  return {
    code: 'repetition_loop',
    message: `The answer ends in a loop: the same ${loop.period} characters ${loop.repeats} times.`,
  };
}

function listOf(value: unknown): JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function invalid({ code, message }: Finding): Failure {
  return { class: 'invalid_answer', origin: 'upstream', message, code, maybeBilled: true };
}
