import type { Span } from '../../dialects/json-members.ts';
import { canonicalArguments } from './canonical-arguments.ts';
import type { GuardedEndpoint, ShownCall } from './read-element.ts';

/** What each call of a tool has in a body at least once. `"function_call"` does not match `"function_call_output"`: the quotes count. */
const MARKERS: Readonly<Record<GuardedEndpoint, readonly Buffer[]>> = {
  chat: [Buffer.from('"arguments"'), Buffer.from('"custom"')],
  messages: [Buffer.from('"tool_use"')],
  responses: [Buffer.from('"function_call"'), Buffer.from('"custom_tool_call"')],
};

/** Characters that every writer of JSON spells the same, however often the text is wrapped in JSON again. */
const PLAIN_RUN = /[A-Za-z0-9_.][A-Za-z0-9_. -]{2,62}[A-Za-z0-9_.]/g;

/** Of long arguments the beginning is enough to tell them from others. */
const LOOKED_AT = 2_048;

/** What follows a run that ends a key. */
const IS_KEY = /^\\*" {0,3}:/;

/** Runs of one call that are searched for: a file's name, and the line in it. */
const MOST_RUNS = 3;

/** Calls of one turn that are searched for; a turn with more is suspicious by itself. */
const MOST_SEARCHED = 8;

/** What a conversation has in which tools were called, near its end. */
const TURN: Readonly<Record<GuardedEndpoint, Buffer>> = {
  chat: Buffer.from('"assistant"'),
  messages: Buffer.from('"assistant"'),
  responses: Buffer.from('"call_id"'),
};

/** False only where no tool was called yet. Searched from the end, where an agent's conversation has one at once. */
export function hasTurns(endpoint: GuardedEndpoint, bytes: Buffer, { start, end }: Span): boolean {
  return bytes.lastIndexOf(TURN[endpoint], end) >= start;
}

/** False only where the bytes hold fewer than `least` calls. */
export function hasCalls(endpoint: GuardedEndpoint, bytes: Buffer, { start, end }: Span, least: number): boolean {
  let found = 0;
  for (const marker of MARKERS[endpoint]) {
    found += occurrences(bytes, marker, start, end, least - found);
    if (found >= least) return true;
  }
  return false;
}

/**
 * False where none of the calls can have been made `least` times in the conversation: what is telling of its arguments does not stand in
 * the bytes so often. Searching bytes costs a fraction of parsing them.
 */
export function mayRepeat(calls: readonly ShownCall[], bytes: Buffer, { start, end }: Span, least: number): boolean {
  if (calls.length > MOST_SEARCHED) return true;
  const often = (run: string) => occurrences(bytes, Buffer.from(run), start, end, least) >= least;
  return calls.some((call) => telling(call).every(often));
}

/** The longest plain runs of the arguments, values before keys; of arguments without one, the tool's name as JSON spells it. */
function telling({ name, arguments: args }: ShownCall): readonly string[] {
  const text = (typeof args === 'string' ? args : (canonicalArguments(args) ?? '')).slice(0, LOOKED_AT);
  const values: string[] = [];
  let key = '';
  for (const { 0: run, index } of text.matchAll(PLAIN_RUN)) {
    if (IS_KEY.test(text.slice(index + run.length, index + run.length + 6))) key ||= run;
    else values.push(run);
  }
  if (values.length > 0) return values.sort((a, b) => b.length - a.length).slice(0, MOST_RUNS);
  return [key === '' ? JSON.stringify(name) : key];
}

function occurrences(bytes: Buffer, needle: Buffer, start: number, end: number, most: number): number {
  let found = 0;
  for (let at = bytes.indexOf(needle, start); at >= 0 && at < end && found < most; found++) {
    at = bytes.indexOf(needle, at + needle.length);
  }
  return found;
}
