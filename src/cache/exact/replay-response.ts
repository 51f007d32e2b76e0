import { itemsOf, textOf } from '../../dialects/json-fields.ts';
import { isRecord, type JsonRecord } from '../../failures/json-record.ts';

/** Writes the events of one Responses stream, numbered. */
class Events {
  out = '';
  #sequence = 0;

  add(type: string, json: JsonRecord): void {
    const event = { type, ...json, sequence_number: this.#sequence++ };
    this.out += `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
  }
}

/** A completed response as the events of a stream: each text, call and thought in one delta. */
export function replayResponse(response: JsonRecord): string {
  const events = new Events();
  const { usage: _usage, ...head } = response;
  const begun: Record<string, unknown> = { ...head, status: 'in_progress', output: [] };
  if (response.completed_at !== undefined) begun.completed_at = null;
  events.add('response.created', { response: begun });
  events.add('response.in_progress', { response: begun });
  for (const [output_index, item] of itemsOf(response.output).entries())
    if (isRecord(item)) replayItem(events, item, output_index);
  events.add('response.completed', { response });
  return events.out;
}

function replayItem(events: Events, item: JsonRecord, output_index: number): void {
  const begun = item.status === undefined ? item : { ...item, status: 'in_progress' };
  const at = { item_id: textOf(item.id) ?? `item_${output_index}`, output_index };
  switch (item.type) {
    case 'message':
      events.add('response.output_item.added', { output_index, item: { ...begun, content: [] } });
      for (const [content_index, part] of itemsOf(item.content).entries())
        if (isRecord(part)) replayPart(events, part, { ...at, content_index });
      break;
    case 'function_call': {
      events.add('response.output_item.added', { output_index, item: { ...begun, arguments: '' } });
      const text = String(item.arguments ?? '');
      events.add('response.function_call_arguments.delta', { ...at, delta: text });
      events.add('response.function_call_arguments.done', { ...at, name: item.name, arguments: text });
      break;
    }
    case 'custom_tool_call': {
      events.add('response.output_item.added', { output_index, item: { ...begun, input: '' } });
      const text = String(item.input ?? '');
      events.add('response.custom_tool_call_input.delta', { ...at, delta: text });
      events.add('response.custom_tool_call_input.done', { ...at, input: text });
      break;
    }
    case 'reasoning':
      events.add('response.output_item.added', { output_index, item: { ...begun, summary: [] } });
      for (const [summary_index, part] of itemsOf(item.summary).entries())
        if (isRecord(part)) replaySummary(events, part, { ...at, summary_index });
      break;
    default:
      events.add('response.output_item.added', { output_index, item: begun });
  }
  events.add('response.output_item.done', { output_index, item });
}

function replayPart(events: Events, part: JsonRecord, at: JsonRecord): void {
  if (part.type === 'output_text') {
    const text = String(part.text ?? '');
    const logprobs = itemsOf(part.logprobs);
    events.add('response.content_part.added', { ...at, part: { ...part, text: '', annotations: [], logprobs: [] } });
    events.add('response.output_text.delta', { ...at, delta: text, logprobs });
    for (const [annotation_index, annotation] of itemsOf(part.annotations).entries())
      events.add('response.output_text.annotation.added', { ...at, annotation_index, annotation });
    events.add('response.output_text.done', { ...at, text, logprobs });
  } else {
    events.add('response.content_part.added', { ...at, part });
  }
  events.add('response.content_part.done', { ...at, part });
}

function replaySummary(events: Events, part: JsonRecord, at: JsonRecord): void {
  const text = String(part.text ?? '');
  events.add('response.reasoning_summary_part.added', { ...at, part: { ...part, text: '' } });
  events.add('response.reasoning_summary_text.delta', { ...at, delta: text });
  events.add('response.reasoning_summary_text.done', { ...at, text });
  events.add('response.reasoning_summary_part.done', { ...at, part });
}
