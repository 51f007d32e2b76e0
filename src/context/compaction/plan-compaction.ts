import type { Conversation } from '../../dialects/conversation/request.ts';
import { cutPoints, obstacleTo } from './boundaries.ts';
import { FRAME_TOKENS, quotedFirst } from './compact.ts';
import type { CompactionLimits } from './settings.ts';

/** What every turn, and what stands before the first, counts. */
export interface ConversationTokens {
  /** Instructions, tools, format. */
  readonly head: number;
  readonly turns: readonly number[];
}

export type CompactionPlan =
  | {
      readonly kind: 'none';
      readonly why: 'short' | 'unfit';
      /** The cut that is near: its summary can be made ahead. */
      readonly prepare: readonly number[] | undefined;
      readonly tokens: number;
    }
  | {
      readonly kind: 'compact';
      /** Turns `[0, to)` give way. */
      readonly replace: readonly [from: 0, to: number];
      /**
       * Every cut so far, rising; the last is `to`. The summary at each is the one before and the turns between them, so none is ever
       * made of the whole past again.
       */
      readonly cuts: readonly number[];
      /** Those cuts and the next, whose summary can be made ahead. */
      readonly prepare: readonly number[] | undefined;
      /** Before; and after, with the summary taken at its full length. */
      readonly tokens: number;
      readonly tokensAfter: number;
    };

/** At this share of the cap the next cut is chosen, so that its summary is there when it is needed. */
const PREPARE_AT = 0.8;
/** What is left then; until the cap is reached a fifth of it is added, so that the cut leaves some 60%. */
const PREPARED_TO = 0.4;
const CUT_TO = 0.6;
/** A cut that wins less is not made: the summary and the provider's cache are worth more. */
const LEAST_STEP = 0.05;
/** A clock in the system prompt must not move the cuts: the head is taken for a multiple of this share of the cap. */
const HEAD_STEP = 0.01;

/**
 * Where a conversation is cut. It replays the conversation from its first turn: the window grows until it passes the cap, is cut to some 60%
 * of it, and grows again. Each cut follows from the turns up to it alone, so all requests of a conversation agree on it without anything
 * being remembered, in any process, and between two cuts what is sent changes only at its end.
 */
export function planCompaction(
  conversation: Conversation,
  tokens: ConversationTokens,
  limits: CompactionLimits,
): CompactionPlan {
  const whole = tokens.turns.reduce((sum, one) => sum + one, tokens.head);
  const none = (why: 'short' | 'unfit', prepare?: readonly number[]): CompactionPlan => {
    return { kind: 'none', why, prepare, tokens: whole };
  };
  const { maxInputTokens } = limits;
  const head = roundedUp(tokens.head, maxInputTokens);
  if (whole - tokens.head + head <= maxInputTokens * PREPARE_AT) return none('short');
  if (obstacleTo(conversation) !== undefined) return none('unfit');
  const replay = new Replay(conversation, { ...tokens, head }, limits);
  replay.run();
  const { cuts, next } = replay;
  const to = cuts.at(-1);
  const prepare = next === undefined ? undefined : [...cuts, next];
  if (to === undefined) return none(whole > maxInputTokens ? 'unfit' : 'short', prepare);
  const tokensAfter = replay.windowAfter(to, conversation.turns.length - 1) - head + tokens.head;
  return { kind: 'compact', replace: [0, to], cuts, prepare, tokens: whole, tokensAfter };
}

class Replay {
  readonly cuts: number[] = [];
  /** The cut that is chosen but not made yet. */
  next: number | undefined;
  readonly #conversation: Conversation;
  readonly #limits: CompactionLimits;
  readonly #head: number;
  /** Where it may be cut, rising. */
  readonly #points: readonly number[];
  /** `[i]`: all turns before `i`. */
  readonly #before: readonly number[];
  /** The same, of those turns that are carried over a cut. */
  readonly #carried: readonly number[];
  readonly #frame: number;
  readonly #leastStep: number;

  constructor(conversation: Conversation, { head, turns }: ConversationTokens, limits: CompactionLimits) {
    this.#conversation = conversation;
    this.#limits = limits;
    this.#head = head;
    this.#points = cutPoints(conversation.turns).flatMap((may, index) => (may && index > 0 ? [index] : []));
    const before = [0];
    const carried = [0];
    for (const [index, tokens] of turns.entries()) {
      before.push((before[index] ?? 0) + tokens);
      carried.push((carried[index] ?? 0) + (isCarried(conversation, index) ? tokens : 0));
    }
    this.#before = before;
    this.#carried = carried;
    const quoted = quotedFirst(conversation.turns) === undefined ? 0 : (turns[0] ?? 0);
    this.#frame = limits.summaryTokens + FRAME_TOKENS + quoted;
    this.#leastStep = Math.max(limits.maxInputTokens * LEAST_STEP, this.#frame);
  }

  run(): void {
    const { turns } = this.#conversation;
    const { maxInputTokens } = this.#limits;
    for (let last = 0; last < turns.length; last++) {
      // A request ends with what the model is to answer.
      if (turns[last]?.role === 'assistant') continue;
      const window = this.windowAfter(this.cuts.at(-1) ?? 0, last);
      if (window > maxInputTokens) this.#cut(last);
      else if (this.next === undefined && window > maxInputTokens * PREPARE_AT)
        this.next = this.#choose(last, maxInputTokens * PREPARED_TO);
    }
  }

  /** Tokens of a request that ends with `last`, where the turns before `cut` gave way. */
  windowAfter(cut: number, last: number): number {
    const turns = (this.#before[last + 1] ?? 0) - (this.#before[cut] ?? 0);
    return this.#head + turns + (cut === 0 ? 0 : this.#frame + (this.#carried[cut] ?? 0));
  }

  #cut(last: number): void {
    const { maxInputTokens } = this.#limits;
    let to = this.next;
    if (to === undefined || this.windowAfter(to, last) > maxInputTokens)
      to = this.#choose(last, maxInputTokens * CUT_TO);
    if (to === undefined) return;
    this.cuts.push(to);
    this.next = undefined;
  }

  /** The first cut that leaves no more than so many tokens, else the last that leaves the turns to be kept. */
  #choose(last: number, target: number): number | undefined {
    const now = this.cuts.at(-1) ?? 0;
    let low = this.#firstPoint((point) => point > now);
    let high = this.#firstPoint((point) => point > last + 1 - this.#limits.keepTurns) - 1;
    if (low > high) return undefined;
    // The later the cut, the less it leaves.
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.windowAfter(this.#points[middle] ?? 0, last) <= target) high = middle;
      else low = middle + 1;
    }
    const to = this.#points[high] ?? 0;
    const gone = (this.#before[to] ?? 0) - (this.#before[now] ?? 0);
    const won = gone - (this.#carried[to] ?? 0) + (this.#carried[now] ?? 0);
    return won >= this.#leastStep ? to : undefined;
  }

  /** Index of the first point for which that is so; it is so for all behind it. */
  #firstPoint(holds: (point: number) => boolean): number {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(this.#points[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function roundedUp(head: number, maxInputTokens: number): number {
  const step = Math.max(1, Math.round(maxInputTokens * HEAD_STEP));
  return Math.ceil(head / step) * step;
}

function isCarried({ turns }: Conversation, index: number): boolean {
  const role = turns[index]?.role;
  return role === 'system' || role === 'developer';
}
