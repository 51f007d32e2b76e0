/** What the semantic cache has to know of a request, whatever its dialect. */
export interface SemanticQuestion {
  /** The last user message. */
  readonly text: string;
  /** Messages before it, those of the system at the very beginning apart. */
  readonly earlierTurns: number;
  /** The provider keeps earlier turns for the client, which nobody here has seen. */
  readonly stored: boolean;
  /** Tools are declared, or the provider's own are asked for, or a call or a result is among the messages. */
  readonly tools: boolean;
  /** Anything but text is among the parts of any message. */
  readonly nonText: boolean;
  /** How many answers are asked for (`n`). */
  readonly choices: number;
  readonly logprobs: boolean;
  /** Undefined where the request names none: it did not ask for variety. */
  readonly temperature: number | undefined;
}

export interface EligibilityLimits {
  /** A temperature above it asks for another answer each time. */
  readonly temperature: number;
  /** Characters; above it the difference drowns in the embedding. */
  readonly length: number;
  /** Conversations are let in; the scope then holds their earlier turns to the letter. */
  readonly multiTurn: boolean;
}

export const ELIGIBILITY_DEFAULTS: EligibilityLimits = { temperature: 0.3, length: 2_000, multiTurn: false };
