import { spokenText } from '../upstream/spoken.ts';
import type { Dialect } from '../upstream/stream-script.ts';
import { type Check, WRONG_TEXT } from './verify.ts';

/** What a client of a dialect made of a stream. */
interface Heard {
  text: string;
  /** Events that brought text. */
  deltas: number;
  /** All that the dialect's SDK wants to see before it takes the answer for whole. */
  whole: boolean;
}

/**
 * Reads a streamed answer as a client of the dialect would: its text to the last character, its proper end, and one event for
 * each delta that was sent, for the bench divides by them. The reply must carry its body.
 */
export function spokenCheck(dialect: Dialect, events: number): Check {
  const expected = spokenText(events);
  return (reply) => {
    if (reply.status !== 200) return `status ${reply.status}`;
    const heard = HEAR[dialect](eventsOf(reply.body));
    if (!heard.whole) return 'not a whole answer';
    if (heard.text !== expected) return WRONG_TEXT;
    return heard.deltas === events ? undefined : `${heard.deltas} deltas of ${events}`;
  };
}

interface Choice {
  readonly delta?: { readonly content?: string };
  readonly finish_reason?: string | null;
}

const HEAR: Readonly<Record<Dialect, (events: readonly Heardable[]) => Heard>> = {
  chat(events) {
    const heard = nothing();
    let finished = false;
    for (const { data, json } of events) {
      if (data === '[DONE]') heard.whole = finished;
      const [choice] = (json.choices ?? []) as readonly Choice[];
      hear(heard, choice?.delta?.content);
      finished ||= choice?.finish_reason === 'stop';
    }
    return heard;
  },
  messages(events) {
    const heard = nothing();
    let stopped = false;
    for (const { name, json } of events) {
      const delta = json.delta as { readonly text?: string; readonly stop_reason?: string } | undefined;
      if (name === 'content_block_delta') hear(heard, delta?.text);
      stopped ||= name === 'message_delta' && delta?.stop_reason === 'end_turn';
      if (name === 'message_stop') heard.whole = stopped;
    }
    return heard;
  },
  responses(events) {
    const heard = nothing();
    for (const [index, { name, json }] of events.entries()) {
      // A gap in the numbers is an event that was lost.
      if (json.sequence_number !== index) return heard;
      if (name === 'response.output_text.delta') hear(heard, json.delta as string);
      if (name !== 'response.completed') continue;
      const { output = [] } = json.response as { readonly output?: readonly { readonly content: readonly Part[] }[] };
      heard.whole = output.flatMap((item) => item.content.map((part) => part.text)).join('') === heard.text;
    }
    return heard;
  },
};

interface Part {
  readonly text: string;
}

interface Heardable {
  readonly name: string;
  readonly data: string;
  readonly json: Readonly<Record<string, unknown>>;
}

function nothing(): Heard {
  return { text: '', deltas: 0, whole: false };
}

function hear(heard: Heard, text: string | undefined): void {
  if (text === undefined || text === '') return;
  heard.text += text;
  heard.deltas++;
}

function eventsOf(body: string): Heardable[] {
  const events: Heardable[] = [];
  for (const block of body.split('\n\n')) {
    const lines = block.split('\n');
    const field = (name: string) =>
      lines
        .find((line) => line.startsWith(`${name}:`))
        ?.slice(name.length + 1)
        .trim();
    const data = field('data');
    if (data === undefined) continue;
    events.push({ name: field('event') ?? '', data, json: data.startsWith('{') ? JSON.parse(data) : {} });
  }
  return events;
}
