import { itemsOf } from '../../dialects/json-fields.ts';
import { isRecord, type JsonRecord } from '../../failures/json-record.ts';

/**
 * A chat or text completion as the chunks of a stream: one with all of each choice, one with its end, the usage where it was asked for,
 * `[DONE]`. Id and creation time stay those of the answer.
 */
export function replayChoices(completion: JsonRecord, includeUsage: boolean): string {
  const { object, choices, usage, ...common } = completion;
  const isText = object === 'text_completion';
  const head = { ...common, object: isText ? object : 'chat.completion.chunk' };
  // With usage asked for, every chunk but the last says that it has none.
  const none = includeUsage ? { usage: null } : {};
  let out = '';
  for (const choice of itemsOf(choices)) {
    if (!isRecord(choice)) continue;
    const { message, text, finish_reason, logprobs = null, ...more } = choice;
    const said = isText ? { text } : { delta: deltaOf(isRecord(message) ? message : {}) };
    const end = isText ? { text: '' } : { delta: {} };
    out += chunk({ ...head, choices: [{ ...more, ...said, logprobs, finish_reason: null }], ...none });
    out += chunk({ ...head, choices: [{ ...more, ...end, logprobs: null, finish_reason }], ...none });
  }
  if (includeUsage && isRecord(usage)) out += chunk({ ...head, choices: [], usage });
  return `${out}data: [DONE]\n\n`;
}

/** A whole message as one delta: its calls are numbered, and what it says null of is left out. */
function deltaOf({ tool_calls, ...message }: JsonRecord): JsonRecord {
  const delta: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(message)) if (value !== null) delta[name] = value;
  const calls = itemsOf(tool_calls);
  if (calls.length > 0) delta.tool_calls = calls.map((call, index) => ({ index, ...(isRecord(call) ? call : {}) }));
  return delta;
}

function chunk(json: JsonRecord): string {
  return `data: ${JSON.stringify(json)}\n\n`;
}
