import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import type { Answer } from '../conversation/answer.ts';
import { given } from '../conversation/given.ts';
import type { Part } from '../conversation/request.ts';
import { itemsOf, textOf } from '../json-fields.ts';
import { finishOf, type Said } from './finish.ts';
import { readLogprobs } from './logprobs.ts';
import { readReasoning } from './read-reasoning.ts';
import { readResponsesUsage } from './usage.ts';

/** Members of a response that are no news: held elsewhere, or the request's own settings repeated. */
const NO_EXTRAS: ReadonlySet<string> = new Set([
  ...[
    'id',
    'object',
    'created_at',
    'completed_at',
    'status',
    'error',
    'incomplete_details',
    'model',
    'output',
    'output_text',
  ],
  ...[
    'usage',
    'background',
    'conversation',
    'instructions',
    'max_output_tokens',
    'max_tool_calls',
    'metadata',
    'store',
  ],
  ...[
    'parallel_tool_calls',
    'previous_response_id',
    'prompt',
    'prompt_cache_key',
    'prompt_cache_retention',
    'reasoning',
  ],
  ...[
    'safety_identifier',
    'temperature',
    'text',
    'tool_choice',
    'tools',
    'top_logprobs',
    'top_p',
    'truncation',
    'user',
  ],
]);

/** Reads a whole Response. */
export function readAnswer(json: JsonRecord): Answer {
  const logprobs: unknown[] = [];
  const parts = itemsOf(json.output).flatMap((item) => (isRecord(item) ? readOutputItem(item, logprobs) : []));
  return {
    source: 'responses',
    id: textOf(json.id) ?? '',
    model: textOf(json.model) ?? '',
    created: typeof json.created_at === 'number' ? json.created_at : undefined,
    choices: [given({ parts, finish: finishOf(json, saidIn(parts)), logprobs: readLogprobs(logprobs) })],
    usage: readResponsesUsage(json.usage),
    extras: Object.fromEntries(Object.entries(json).filter(([key, value]) => !NO_EXTRAS.has(key) && value !== null)),
  };
}

/** The parts of one item of the output. @param logprobs takes those of its texts */
export function readOutputItem(item: JsonRecord, logprobs: unknown[]): readonly Part[] {
  switch (item.type) {
    case 'message':
      return itemsOf(item.content).flatMap((part) => (isRecord(part) ? readMessagePart(part, logprobs) : []));
    case 'reasoning':
      return [readReasoning(item)];
    case 'function_call':
      return [readCall(item, 'function', item.arguments)];
    case 'custom_tool_call':
      return [readCall(item, 'custom', item.input)];
    default:
      return [{ kind: 'opaque', dialect: 'responses', type: textOf(item.type) ?? '', value: item }];
  }
}

function readMessagePart(part: JsonRecord, logprobs: unknown[]): Part {
  if (part.type === 'refusal') return { kind: 'refusal', text: textOf(part.refusal) ?? '' };
  if (part.type !== 'output_text') {
    return { kind: 'opaque', dialect: 'responses', type: textOf(part.type) ?? '', value: part };
  }
  logprobs.push(...itemsOf(part.logprobs));
  const citations = itemsOf(part.annotations);
  return given({
    kind: 'text' as const,
    text: textOf(part.text) ?? '',
    citations: citations.length > 0 ? citations : undefined,
  });
}

function readCall(item: JsonRecord, type: 'function' | 'custom', text: unknown): Part {
  const itemId = textOf(item.id);
  return given({
    kind: 'tool-call' as const,
    id: textOf(item.call_id) ?? itemId ?? '',
    name: textOf(item.name) ?? '',
    arguments: textOf(text) ?? '',
    type,
    itemId,
  });
}

function saidIn(parts: readonly Part[]): Said {
  return {
    calls: parts.some((part) => part.kind === 'tool-call'),
    text: parts.some((part) => part.kind === 'text' && part.text !== ''),
    refusal: parts.some((part) => part.kind === 'refusal'),
  };
}
