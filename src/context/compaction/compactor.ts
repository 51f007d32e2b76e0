import type { Clock } from '../../clock.ts';
import type { ContextConfig } from '../../config/context-config.ts';
import type { Conversation } from '../../dialects/conversation/request.ts';
import type { JsonMembers } from '../../dialects/json-members.ts';
import { tokenFactor } from '../token-estimate.ts';
import { compact } from './compact.ts';
import { type CompactionPlan, type ConversationTokens, planCompaction } from './plan-compaction.ts';
import { type CompactionLimits, limitsOf } from './settings.ts';
import {
  nextKey,
  Summaries,
  type SummariesOptions,
  type Summarize,
  type SummaryOrder,
  type SummaryStep,
} from './summaries.ts';
import { SUMMARY_VERSION } from './transcript.ts';
import { turnKey } from './turn-content.ts';
import { TurnTokens, type TurnTokensOptions } from './turn-tokens.ts';
import { writeCompacted } from './write-compacted.ts';

export interface CompactorOptions extends SummariesOptions, TurnTokensOptions {}

/** A request of an agent whose conversations are to be kept short. */
export interface CompactionAsk {
  /** Whose conversation it is (tenant and agent): no summary goes from one to another. */
  readonly scope: string;
  readonly settings: ContextConfig;
  /** The model whose tokens are meant: the first target's, so that a fallback moves no cut. */
  readonly model: string;
  readonly conversation: Conversation;
  /** The request as the client sent it. */
  readonly body: JsonMembers;
  /** Until when a summary is waited for, clock milliseconds. */
  readonly deadline: number;
  readonly summarize: Summarize;
}

export type CompactionResult =
  | {
      readonly kind: 'untouched';
      /**
       * `short`: there is room. `unfit`: too long, and nothing of it may give way. `uncounted`: its tokens are not known in time.
       * `unsummarized`: there is no summary in time, or none that is shorter.
       */
      readonly why: 'short' | 'unfit' | 'uncounted' | 'unsummarized';
      /** Where counted. */
      readonly tokens: number | undefined;
      /** Milliseconds that a summary was waited for. */
      readonly waitedMs: number;
    }
  | {
      readonly kind: 'compacted';
      /** The request in the client's dialect, for targets that speak it. */
      readonly body: Buffer;
      /** The same, for targets that speak another. */
      readonly conversation: Conversation;
      /** Turns that gave way. */
      readonly turns: number;
      readonly tokensBefore: number;
      readonly tokensAfter: number;
      /** Milliseconds that a summary was waited for. */
      readonly waitedMs: number;
    };

/** Keeps conversations within their agents' caps. One for the process. */
export class Compactor {
  readonly summaries: Summaries;
  readonly #clock: Clock;
  readonly #turnTokens: TurnTokens;

  constructor(options: CompactorOptions) {
    this.#clock = options.clock;
    this.#turnTokens = new TurnTokens(options);
    this.summaries = new Summaries(options);
  }

  /** Never fails: whatever goes wrong, the conversation is left as it is. */
  async compact(ask: CompactionAsk): Promise<CompactionResult> {
    const { settings, conversation, body, model } = ask;
    const factor = tokenFactor(model);
    if (isSurelyShort(body, settings, model)) return untouched('short');
    const limits = limitsOf(settings);
    const keys = conversation.turns.map(turnKey);
    const tokens = await this.#turnTokens.of(conversation, keys, factor, ask.deadline);
    if (tokens === undefined) return untouched('uncounted');
    const plan = planCompaction(conversation, tokens, limits);
    const steps = stepsOf(ask, limits, keys, tokens);
    const order = {
      summarize: ask.summarize,
      summaryTokens: Math.floor(limits.summaryTokens / factor),
      mostTokens: settings.maxInputTokens,
      factor,
    };
    const result =
      plan.kind === 'none'
        ? untouched(plan.why, plan.tokens)
        : await this.#apply(ask, plan, { ...order, steps: steps(plan.cuts) }, limits);
    // Not before: it is made of the one that was just waited for.
    if (plan.prepare !== undefined) this.summaries.prepare({ ...order, steps: steps(plan.prepare) });
    return result;
  }

  /** Ends what is made in the background. */
  close(): Promise<void> {
    return this.summaries.close();
  }

  async #apply(
    ask: CompactionAsk,
    plan: CompactionPlan & { kind: 'compact' },
    order: SummaryOrder,
    limits: CompactionLimits,
  ): Promise<CompactionResult> {
    const { steps } = order;
    const before = this.#clock.now();
    const made = await this.summaries.at(order, ask.deadline);
    const waitedMs = this.#clock.now() - before;
    // Without a summary up to here, the one that was sent last time still is: what the provider cached of it stays good.
    const step = made === undefined ? steps.findLast((one) => this.summaries.known(one) !== undefined) : steps.at(-1);
    const summary = made ?? this.summaries.known(step);
    if (step === undefined || summary === undefined) return untouched('unsummarized', plan.tokens, waitedMs);
    const body = writeCompacted(ask.body, ask.conversation, step.to, summary.text);
    if (body === undefined) return untouched('unfit', plan.tokens, waitedMs);
    const between = steps.filter(({ to }) => to > step.to).reduce((sum, one) => sum + one.tokens, 0);
    const tokensAfter = plan.tokensAfter - limits.summaryTokens + summary.tokens + between;
    // Too long a summary for what it saves.
    if (tokensAfter >= plan.tokens) return untouched('unsummarized', plan.tokens, waitedMs);
    return {
      kind: 'compacted',
      body,
      conversation: compact(ask.conversation, step.to, summary.text),
      turns: step.to,
      tokensBefore: plan.tokens,
      tokensAfter,
      waitedMs,
    };
  }
}

/** So short that nothing has to be counted: a token is at least a byte (pictures by address aside). */
export function isSurelyShort(body: JsonMembers, { maxInputTokens }: ContextConfig, model: string): boolean {
  const { length } = body.bytes;
  // No model's tokens are so many more: the names of most need not be looked at.
  return length * MOST_FACTOR <= maxInputTokens || length * tokenFactor(model) <= maxInputTokens;
}

const MOST_FACTOR = 2;

function untouched(
  why: (CompactionResult & { kind: 'untouched' })['why'],
  tokens?: number,
  waitedMs = 0,
): CompactionResult {
  return { kind: 'untouched', why, tokens, waitedMs };
}

/** What is between the cuts of a plan, each named by all that is before it. */
function stepsOf(
  { scope, settings, conversation }: CompactionAsk,
  { summaryTokens }: CompactionLimits,
  keys: readonly string[],
  tokens: ConversationTokens,
): (cuts: readonly number[]) => readonly SummaryStep[] {
  return (cuts) => {
    let from = 0;
    let key = nextKey(`${SUMMARY_VERSION} ${summaryTokens} ${settings.summarizer}`, [scope]);
    return cuts.map((to) => {
      key = nextKey(key, keys.slice(from, to));
      const sum = tokens.turns.slice(from, to).reduce((total, one) => total + one, 0);
      const step = { key, to, turns: conversation.turns.slice(from, to), tokens: sum };
      from = to;
      return step;
    });
  };
}
