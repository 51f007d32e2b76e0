import type { JsonRecord } from '../../failures/json-record.ts';
import type { RequestMistake } from '../conversation/codec.ts';
import { given } from '../conversation/given.ts';
import {
  booleanIn,
  contentIn,
  membersBeside,
  missing,
  noteUnheld,
  numberIn,
  orMistake,
  recordIn,
  requiredString,
  stringIn,
  stringsIn,
} from '../conversation/read-fields.ts';
import type { Conversation, ReasoningWish } from '../conversation/request.ts';
import { readInput } from './read-input.ts';
import { readFormat, readToolChoice, readTools } from './read-tools.ts';
import { hasStoredContext } from './stored-state.ts';

const LOGPROBS = 'message.output_text.logprobs';
const NO_MEMBERS: JsonRecord = {};

/** The members with a field of their own in {@link Conversation}; all others are its extras. */
const HELD: ReadonlySet<string> = new Set([
  'model',
  'instructions',
  'input',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'temperature',
  'top_p',
  'max_output_tokens',
  'reasoning',
  'top_logprobs',
  'include',
  'user',
  'stream',
]);
const TEXT_MEMBERS: ReadonlySet<string> = new Set(['format', 'verbosity']);
const REASONING_MEMBERS: ReadonlySet<string> = new Set(['effort', 'summary', 'generate_summary']);

/** Reads the body of `POST /v1/responses`. Never throws for anything a client can send. */
export function readRequest(json: JsonRecord): Conversation | RequestMistake {
  return orMistake(() => readChecked(json));
}

function readChecked(json: JsonRecord): Conversation {
  const unheld: string[] = [];
  const input = contentIn(json, 'input', '') ?? (hasStoredContext(json) ? [] : missing('input'));
  const { instructions, turns } = readInput(input, unheld);
  const said = stringIn(json, 'instructions');
  const text = recordIn(json, 'text') ?? NO_MEMBERS;
  noteUnheld(unheld, text, TEXT_MEMBERS, 'text');
  const include = stringsIn(json, 'include') ?? [];
  const extras = Object.fromEntries(membersBeside(json, HELD).map((key) => [key, json[key]]));
  const included = include.filter((one) => one !== LOGPROBS);
  if (included.length > 0) extras.include = included;
  const verbosity = stringIn(text, 'verbosity', 'text');
  // Chat has the same word at the top.
  if (verbosity !== undefined) extras.verbosity = verbosity;
  const tools = readTools(json, unheld);
  const reasoning = readReasoningWish(json, unheld);
  return {
    source: 'responses',
    model: requiredString(json, 'model'),
    instructions:
      said === undefined
        ? instructions
        : [
            { role: 'system', parts: [{ kind: 'text', text: said, at: 'instructions' }], at: 'instructions' },
            ...instructions,
          ],
    turns,
    tools,
    toolChoice: readToolChoice(json),
    parallelToolCalls: booleanIn(json, 'parallel_tool_calls'),
    format: readFormat(text),
    sampling: given({ temperature: numberIn(json, 'temperature'), topP: numberIn(json, 'top_p') }),
    maxTokens: numberIn(json, 'max_output_tokens'),
    stop: [],
    reasoning,
    logprobs: readLogprobsWish(json, include),
    choices: 1,
    user: stringIn(json, 'user'),
    stream: booleanIn(json, 'stream') ?? false,
    includeUsage: true,
    extras,
    ...(unheld.length === 0 ? {} : { unheld }),
  };
}

/** The Agents SDK writes `reasoning: {}` where nothing is wished. */
function readReasoningWish(json: JsonRecord, unheld: string[]): ReasoningWish | undefined {
  const wish = recordIn(json, 'reasoning');
  if (wish === undefined) return undefined;
  noteUnheld(unheld, wish, REASONING_MEMBERS, 'reasoning');
  const effort = stringIn(wish, 'effort', 'reasoning');
  const display = stringIn(wish, 'summary', 'reasoning') ?? stringIn(wish, 'generate_summary', 'reasoning');
  if (effort === undefined && display === undefined) return undefined;
  return given({ effort, display });
}

/** `top_logprobs: 0` alone asks for nothing; with the `include` it asks for the tokens' own. */
function readLogprobsWish(json: JsonRecord, include: readonly string[]): number | undefined {
  const alternatives = numberIn(json, 'top_logprobs') ?? 0;
  return alternatives > 0 || include.includes(LOGPROBS) ? alternatives : undefined;
}
