import { canonicalArguments } from './canonical-arguments.ts';
import { type GuardedEndpoint, readElement, type ShownCall } from './read-element.ts';

/** A call as it is compared: calls with the same name and arguments are the same. */
export interface ComparedCall {
  readonly id: string | undefined;
  readonly name: string;
  /** One spelling for all ways to write them. */
  readonly arguments: string;
}

export interface CountedCall {
  readonly call: ComparedCall;
  /** Times it was made since the user last said something new. */
  count: number;
}

/** The calls of a conversation since the user last said something new. */
export interface CountedCalls {
  /** The distinct calls of the latest turn. */
  readonly latest: readonly CountedCall[];
  /** All calls together. */
  readonly total: number;
}

/**
 * Counts the calls of a whole conversation.
 *
 * The count begins anew where the user says something new: who asks again wants it done again. Words that were said before do not count
 * as new, or a harness that answers every turn with "Continue." would hide the loop it drives.
 */
export function countCalls(endpoint: GuardedEndpoint, elements: readonly unknown[]): CountedCalls {
  let counts = new Map<string, Map<string, CountedCall>>();
  const said = new Set<string>();
  let latest = new Set<CountedCall>();
  let total = 0;
  let turnOpen = false;
  for (const element of elements) {
    const content = readElement(endpoint, element);
    if (content.kind === 'user' && !said.has(content.text)) {
      said.add(content.text);
      counts = new Map();
      latest = new Set();
      total = 0;
    }
    if (content.kind === 'calls') {
      // Calls that stand next to each other are one turn: the Responses dialect has an element for each of them.
      if (!turnOpen || endpoint !== 'responses') latest = new Set();
      for (const shown of content.calls) latest.add(countOne(counts, compared(shown)));
      total += content.calls.length;
    }
    turnOpen = content.kind === 'calls';
  }
  return { latest: [...latest], total };
}

/** Spells a call's arguments for comparison. */
export function compared({ id, name, arguments: args }: ShownCall): ComparedCall {
  // What cannot be compared is like nothing else: a loop that is missed costs less than one that is made up.
  return { id, name, arguments: canonicalArguments(args) ?? `incomparable ${id ?? String(incomparable++)}` };
}

let incomparable = 0;

function countOne(counts: Map<string, Map<string, CountedCall>>, call: ComparedCall): CountedCall {
  let byArguments = counts.get(call.name);
  if (byArguments === undefined) {
    byArguments = new Map();
    counts.set(call.name, byArguments);
  }
  const known = byArguments.get(call.arguments);
  if (known !== undefined) {
    known.count++;
    return known;
  }
  const counted = { call, count: 1 };
  byArguments.set(call.arguments, counted);
  return counted;
}
