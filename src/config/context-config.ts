/** How one agent's conversations are kept short. */
export interface ContextConfig {
  /** Input tokens above which older turns give way to a summary, as the model asked for counts them. */
  readonly maxInputTokens: number;
  /** The last turns (messages; results of one round of calls are one) are never touched. */
  readonly keepTurns: number;
  /** The model that writes the summaries: a configured name, or provider/model. */
  readonly summarizer: string;
  /** How long a request waits for a summary that is not there yet, milliseconds. */
  readonly wait: number;
}

export const DEFAULT_KEEP_TURNS = 6;
export const DEFAULT_WAIT = 30_000;
/** Below it there is no room for a summary beside the turns that stay. */
export const LEAST_INPUT_TOKENS = 2000;
/** Above it there is no context window. */
export const MOST_INPUT_TOKENS = 100_000_000;
export const MOST_KEEP_TURNS = 1000;
