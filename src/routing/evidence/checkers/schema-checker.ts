import type { Tool } from '../../../dialects/conversation/request.ts';
import { isRecord, parseJsonText } from '../../../failures/json-record.ts';
import { SchemaCache } from '../../../failures/schema-cache.ts';
import { byWholeness, type Checker, scores, UNDECIDED } from './checker.ts';
import type { AnswerPair, ComparedAnswer, ComparedCall } from './compared-answer.ts';

const SCHEMAS = new SchemaCache(256);

/**
 * For structured output and tool calls: each answer is valid against the request's own schema, or it is not. Says nothing of what stands in the
 * fields. A request that asks for no form at all, and a schema that cannot be used, decide nothing.
 */
export const schemaChecker: Checker = {
  mayDecide: ({ format }, { calls }) => format !== undefined || calls.length > 0,
  compare: (pair) => {
    const whole = byWholeness(pair);
    if (whole !== undefined) return whole;
    const cheap = isValid(pair, pair.cheap);
    const strong = isValid(pair, pair.strong);
    if (cheap === undefined || strong === undefined) return UNDECIDED;
    return scores(cheap ? 1 : 0, strong ? 1 : 0);
  },
};

/** Undefined: it cannot be told. */
function isValid({ request }: AnswerPair, { text, calls }: ComparedAnswer): boolean | undefined {
  if (calls.length > 0) return every(calls.map((call) => isValidCall(request.tools, call)));
  const { format } = request;
  // Words where a call was possible may be as good as the call.
  if (format === undefined) return undefined;
  const json = parseJsonText(text);
  if (format.kind === 'json') return isRecord(json);
  return json === undefined ? false : matches(format.schema, json);
}

function isValidCall(tools: readonly Tool[], { name, arguments: given }: ComparedCall): boolean | undefined {
  const tool = tools.find((one) => one.kind !== 'opaque' && one.name === name);
  if (tool === undefined) return false;
  if (tool.kind !== 'function') return undefined;
  const json = given.trim() === '' ? {} : parseJsonText(given);
  if (!isRecord(json)) return false;
  return tool.parameters === undefined || tool.parameters === null ? true : matches(tool.parameters, json);
}

function matches(schema: unknown, value: unknown): boolean | undefined {
  const { kind } = SCHEMAS.check(schema, value);
  return kind === 'skipped' ? undefined : kind === 'valid';
}

function every(verdicts: readonly (boolean | undefined)[]): boolean | undefined {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}
