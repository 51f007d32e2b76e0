import type { Answer, AnswerChoice } from '../../../dialects/conversation/answer.ts';
import type { Conversation, Part, ToolCallPart } from '../../../dialects/conversation/request.ts';

/** What of an answer can be compared. */
export interface ComparedAnswer {
  readonly text: string;
  readonly calls: readonly ComparedCall[];
  /** Ended by itself: not cut at a cap, filtered or refused. */
  readonly finished: boolean;
}

export interface ComparedCall {
  readonly name: string;
  /** As the model wrote them. */
  readonly arguments: string;
}

/** One request, and what both models said to it. */
export interface AnswerPair {
  readonly request: Conversation;
  readonly cheap: ComparedAnswer;
  readonly strong: ComparedAnswer;
}

const ENDS: ReadonlySet<string> = new Set(['stop', 'tool-calls', 'stop-sequence']);

/** Undefined: it holds what no checker can compare (several choices, pictures, a provider's own blocks), or nothing. */
export function comparable({ choices }: Answer): ComparedAnswer | undefined {
  const [choice, ...others] = choices;
  if (choice === undefined || others.length > 0) return undefined;
  let text = '';
  const calls: ComparedCall[] = [];
  let refused = false;
  for (const part of choice.parts) {
    switch (part.kind) {
      case 'reasoning':
        break;
      case 'text':
        text += part.text;
        break;
      case 'tool-call':
        calls.push(callOf(part));
        break;
      case 'refusal':
        refused = true;
        break;
      default:
        return undefined;
    }
  }
  return { text, calls, finished: !refused && isWhole(choice, text, calls) };
}

function isWhole({ finish }: AnswerChoice, text: string, calls: readonly ComparedCall[]): boolean {
  return ENDS.has(finish.reason) && (text.trim() !== '' || calls.length > 0);
}

function callOf(part: ToolCallPart): ComparedCall {
  return { name: part.name, arguments: part.arguments };
}

/** The words of the last turn that a user wrote; undefined: there are none. */
export function lastQuestion({ turns }: Conversation): string | undefined {
  const turn = turns.findLast(({ role, parts }) => role === 'user' && parts.some(isText));
  if (turn === undefined) return undefined;
  return textOf(turn.parts);
}

/** All text of some parts. */
export function textOf(parts: readonly Part[]): string {
  return parts
    .filter(isText)
    .map(({ text }) => text)
    .join('\n');
}

function isText(part: Part): part is Extract<Part, { kind: 'text' }> {
  return part.kind === 'text';
}
