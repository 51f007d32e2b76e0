import { hash } from 'node:crypto';
import type { ComparedCall, CountedCalls } from './count-calls.ts';

/** A call that repeats. */
export interface RepeatedCall {
  readonly name: string;
  /** 16 hexadecimal digits of SHA-256: tells calls apart where the arguments may not be shown (logs, events). */
  readonly argumentsHash: string;
  /** At most 120 characters. They may hold anything the agent handles: for the client's eyes alone. */
  readonly shownArguments: string;
  readonly count: number;
}

export type LoopVerdict =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'loop';
      /** `repeats`: a call came too often. `tool-calls`: there were too many calls in all. */
      readonly cause: 'repeats' | 'tool-calls';
      /** Those that repeat, the most frequent first; those of the latest turn where only their number is too high. */
      readonly calls: readonly RepeatedCall[];
      /** All calls counted. */
      readonly total: number;
      /** For the client: names the calls, with shortened arguments. Not for logs. */
      readonly message: string;
    };

/** What is watched; see `GuardConfig`. */
export interface LoopLimits {
  readonly repeats: number | undefined;
  readonly toolCalls: number | undefined;
}

export const OK: LoopVerdict = { kind: 'ok' };

const LONGEST_SHOWN = 120;
const LONGEST_NAME = 64;
/** Calls named in a verdict. */
const MOST_NAMED = 5;

/** Judges what was counted. */
export function judge({ latest, total }: CountedCalls, { repeats, toolCalls }: LoopLimits): LoopVerdict {
  const repeated = repeats === undefined ? [] : latest.filter(({ count }) => count >= repeats);
  if (repeated.length > 0) {
    const calls = named(repeated);
    const list = calls.map((call) => `${shown(call)} ${call.count} times`).join(', ');
    const message = `The agent is in a loop: it called ${list} with the same arguments, and nothing new was asked in between (limit: ${repeats}).`;
    return { kind: 'loop', cause: 'repeats', calls, total, message };
  }
  if (toolCalls !== undefined && total > toolCalls) {
    const calls = named(latest);
    const message = `The agent made ${total} tool calls in one task (limit: ${toolCalls}), the last of them ${calls.map(shown).join(', ')}.`;
    return { kind: 'loop', cause: 'tool-calls', calls, total, message };
  }
  return OK;
}

/** The verdict with more in it, where two ways of counting saw different parts. */
export function worse(one: LoopVerdict, other: LoopVerdict): LoopVerdict {
  if (one.kind === 'ok') return other;
  return other.kind === 'loop' && (other.calls[0]?.count ?? 0) > (one.calls[0]?.count ?? 0) ? other : one;
}

function named(counted: CountedCalls['latest']): RepeatedCall[] {
  return [...counted]
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_NAMED)
    .map(({ call, count }) => ({
      name: printable(call.name, LONGEST_NAME),
      argumentsHash: argumentsHash(call),
      shownArguments: printable(call.arguments, LONGEST_SHOWN),
      count,
    }));
}

function argumentsHash(call: ComparedCall): string {
  return hash('sha256', call.arguments).slice(0, 16);
}

function shown({ name, shownArguments }: RepeatedCall): string {
  return `${name}(${shownArguments})`;
}

/** One line, shortened: what a model wrote may hold line ends and control characters. */
function printable(text: string, most: number): string {
  // Cut first: the whole may be megabytes.
  const line = text.slice(0, most + 1).replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ');
  return text.length > most ? `${line.slice(0, most - 1)}…` : line;
}
