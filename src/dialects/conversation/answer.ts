import type { ReportedTokens } from '../reported-tokens.ts';
import type { ChatDialect, Part } from './request.ts';

/** Why an answer ended. `other` keeps the source's own word. */
export type Finish =
  | { readonly reason: 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'refusal' | 'pause' }
  | { readonly reason: 'stop-sequence'; readonly sequence: string | undefined }
  | { readonly reason: 'other'; readonly value: string };

/** Token counts. `prompt` includes cached and cache-written tokens, `completion` includes reasoning, whatever the source's habit. */
export interface TokenUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly cacheRead: number;
  readonly cacheWritten: number;
  readonly reasoning: number;
}

export function usageOf(tokens: ReportedTokens): TokenUsage {
  return {
    prompt: tokens.promptTokens,
    completion: tokens.completionTokens,
    cacheRead: tokens.cachedTokens,
    cacheWritten: tokens.cacheWriteTokens,
    reasoning: tokens.reasoningTokens,
  };
}

/** One whole answer, in no dialect's terms. */
export interface Answer {
  readonly source: ChatDialect;
  readonly id: string;
  readonly model: string;
  /** Seconds since the epoch; undefined where the source has none. */
  readonly created: number | undefined;
  /** One for each choice; only chat completions can have several. */
  readonly choices: readonly AnswerChoice[];
  readonly usage: TokenUsage | undefined;
  /** Members of the answer that no other field holds, as they stood in the source's JSON. */
  readonly extras: Readonly<Record<string, unknown>>;
}

export interface AnswerChoice {
  /** Text, reasoning, refusals, tool calls, opaque blocks, in the order the model gave them. */
  readonly parts: readonly Part[];
  readonly finish: Finish;
  /** As the source gave it. */
  readonly logprobs?: unknown;
}

/**
 * A streamed answer, event by event, in no dialect's terms. Blocks are numbered in the order they begin and never interleave but
 * for parallel tool calls, whose deltas name their block.
 */
export type AnswerEvent =
  | {
      readonly kind: 'start';
      readonly id: string;
      readonly model: string;
      readonly created: number | undefined;
      readonly usage: TokenUsage | undefined;
    }
  | { readonly kind: 'block-start'; readonly block: number; readonly part: BlockHead }
  | { readonly kind: 'text'; readonly block: number; readonly text: string; readonly logprobs?: unknown }
  | { readonly kind: 'reasoning'; readonly block: number; readonly text: string }
  | { readonly kind: 'signature'; readonly block: number; readonly signature: string }
  /** A reasoning block's encrypted form, where it comes at the block's end (Responses). */
  | { readonly kind: 'encrypted'; readonly block: number; readonly encrypted: string }
  | { readonly kind: 'refusal'; readonly block: number; readonly text: string }
  | { readonly kind: 'citation'; readonly block: number; readonly citation: unknown }
  /** A piece of a call's arguments; concatenated they are the arguments byte for byte. */
  | { readonly kind: 'arguments'; readonly block: number; readonly text: string }
  | { readonly kind: 'block-end'; readonly block: number }
  | { readonly kind: 'finish'; readonly finish: Finish }
  | { readonly kind: 'usage'; readonly usage: TokenUsage }
  /** The source's proper end (`[DONE]`, `message_stop`, `response.completed`). */
  | { readonly kind: 'end' };

export type BlockHead =
  | { readonly kind: 'text' }
  /** `origin` is the dialect that can take the block back; undefined: the answer's own. */
  | { readonly kind: 'reasoning'; readonly id?: string; readonly encrypted?: string; readonly origin?: ChatDialect }
  | { readonly kind: 'refusal' }
  | {
      readonly kind: 'tool-call';
      readonly id: string;
      readonly name: string;
      readonly type: 'function' | 'custom';
      readonly itemId?: string;
    }
  | { readonly kind: 'opaque'; readonly dialect: ChatDialect; readonly type: string; readonly value: unknown };
