import { withoutReminders } from './reminders.ts';

/** Of the user's last turn that is looked at: its beginning and its end. What stands between hardly ever says what is asked. */
export const HEAD_BYTES = 8_192;
export const TAIL_BYTES = 4_096;

/** What a request says besides its text that bears on how hard it is. */
export interface PromptFlags {
  readonly tools: boolean;
  /** A schema or JSON is asked for. */
  readonly structured: boolean;
  readonly images: boolean;
  /** Results of tools follow the turn: the model is at work on it already. */
  readonly inToolLoop: boolean;
}

export const NO_FLAGS: PromptFlags = { tools: false, structured: false, images: false, inToolLoop: false };

/** The text of the user's last turn, as much of it as a decision looks at. */
export interface PromptText {
  /** At most {@link HEAD_BYTES}, or all of it where it is at most both bounds together. */
  readonly head: string;
  /** At most {@link TAIL_BYTES}; empty where the head is all of it. */
  readonly tail: string;
  /** Characters of the whole turn; about so many where the head does not hold all of it. */
  readonly length: number;
  readonly flags: PromptFlags;
}

/** A text at hand, as it is in a log of one's own. Gives the same numbers as the request that carried it. */
export function promptText(text: string, flags: PromptFlags = NO_FLAGS): PromptText {
  const whole = HEAD_BYTES + TAIL_BYTES;
  // A character is at least a byte: the rest of a long text is not even encoded.
  if (text.length <= whole && Buffer.byteLength(text) <= whole) return promptOfParts(text, '', 0, flags);
  const head = Buffer.from(text.slice(0, HEAD_BYTES)).toString('utf8', 0, HEAD_BYTES);
  const end = Buffer.from(text.slice(-TAIL_BYTES));
  const tail = end.toString('utf8', Math.max(0, end.length - TAIL_BYTES));
  return promptOfParts(head, tail, Math.max(0, text.length - head.length - tail.length), flags);
}

/** @param between characters between the two */
export function promptOfParts(head: string, tail: string, between: number, flags: PromptFlags): PromptText {
  const said = withoutReminders(head);
  const end = tail === '' ? '' : withoutReminders(tail);
  return { head: said, tail: end, length: said.length + between + end.length, flags };
}
