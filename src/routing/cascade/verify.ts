import type { AnswerChoice } from '../../dialects/conversation/answer.ts';
import type { Conversation, ToolCallPart } from '../../dialects/conversation/request.ts';
import type { Doubt } from './doubt.ts';
import { doubtAboutCalls } from './verify-calls.ts';
import { doubtAboutCode } from './verify-code.ts';
import { doubtAboutFinish } from './verify-finish.ts';
import { doubtAboutJson } from './verify-json.ts';
import { doubtAboutText } from './verify-text.ts';

/** An answer, as far as it is looked at. */
export interface Said {
  readonly text: string;
  readonly calls: readonly ToolCallPart[];
  readonly refused: boolean;
  /** Parts that only their own dialect understands. */
  readonly opaque: boolean;
}

/** What was asked, as far as answers are held against it. */
export interface Asked {
  readonly conversation: Conversation;
  /** The answer is expected to hold program code. */
  readonly code: boolean;
}

/**
 * Holds a whole answer against its request: how it ended, the tools it calls, the schema it was asked to fit, and common sense. Says
 * nothing of whether it is right.
 *
 * @param choices all that were given: each has to do
 * @returns the first thing wrong; undefined: nothing that could be seen
 */
export function doubtAbout(asked: Asked, choices: readonly AnswerChoice[]): Doubt | undefined {
  if (choices.length === 0) return { code: 'empty', message: 'There is no answer.' };
  for (const choice of choices) {
    const doubt = doubtAboutChoice(asked, choice);
    if (doubt !== undefined) return doubt;
  }
  return undefined;
}

function doubtAboutChoice({ conversation, code }: Asked, choice: AnswerChoice): Doubt | undefined {
  const said = saidBy(choice);
  return (
    doubtAboutFinish(conversation, choice.finish, said) ??
    doubtAboutCalls(conversation, said.calls) ??
    doubtAboutText(conversation, said) ??
    doubtAboutJson(conversation, said) ??
    (code ? doubtAboutCode(said.text) : undefined)
  );
}

function saidBy({ parts }: AnswerChoice): Said {
  let text = '';
  let refused = false;
  let opaque = false;
  const calls: ToolCallPart[] = [];
  for (const part of parts) {
    if (part.kind === 'text') text += part.text;
    else if (part.kind === 'tool-call') calls.push(part);
    else if (part.kind === 'refusal') refused = true;
    else if (part.kind === 'opaque') opaque = true;
  }
  return { text, calls, refused, opaque };
}
