import type { JsonRecord } from '../../failures/json-record.ts';
import type { WriteOptions } from '../conversation/codec.ts';
import { given } from '../conversation/given.ts';
import type { Conversation, ReasoningWish } from '../conversation/request.ts';
import type { UntoldNotes } from '../conversation/untold-notes.ts';
import type { ModelHabits } from './model-habits.ts';

/** Tokens to think with for each of OpenAI's efforts, where a model takes a budget instead. */
const BUDGETS: Readonly<Record<string, number>> = {
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 24_576,
  max: 24_576,
};
/** Anthropic's least. */
const LEAST_BUDGET = 1_024;
/** Left for the answer itself beside the thinking, where the client named no cap. */
const ANSWER_ROOM = 4_096;
const EFFORTS = new Set(['low', 'medium', 'high', 'xhigh', 'max']);

export interface WrittenThinking {
  readonly thinking: JsonRecord | undefined;
  readonly effort: string | undefined;
  readonly maxTokens: number;
}

/** What else in the request keeps a model from thinking: Anthropic refuses the two together. */
export interface ThinkingObstacles {
  /** A tool call is demanded. */
  readonly forcedTool: boolean;
  readonly prefilled: boolean;
}

/** How the wish to reason is said to a Claude model. */
export function writeThinking(
  conversation: Conversation,
  options: WriteOptions,
  habits: ModelHabits,
  obstacles: ThinkingObstacles,
  notes: UntoldNotes,
): WrittenThinking {
  const maxTokens = conversation.maxTokens ?? options.defaultMaxTokens;
  const nothing: WrittenThinking = { thinking: undefined, effort: undefined, maxTokens };
  const wish = conversation.reasoning;
  if (wish === undefined) return nothing;
  const field = notes.nameOf('reasoning');
  if (wish.mode === 'disabled' || wish.effort === 'none') {
    return habits.thinking === 'none' ? nothing : { ...nothing, thinking: { type: 'disabled' } };
  }
  if (habits.thinking === 'none' || options.reasoning === false) {
    notes.harmless(field, 'the model does not think');
    return nothing;
  }
  const effort = habits.thinking === 'adaptive' ? adaptiveEffort(wish, habits) : undefined;
  const refused = obstacleTo(conversation, habits, obstacles);
  if (refused !== undefined) {
    notes.harmless(field, refused);
    return { ...nothing, effort };
  }
  const display = displayOf(wish);
  if (habits.thinking === 'adaptive') return { thinking: given({ type: 'adaptive', display }), effort, maxTokens };
  return withBudget(conversation, wish, maxTokens, display, notes);
}

function withBudget(
  conversation: Conversation,
  wish: ReasoningWish,
  maxTokens: number,
  display: string | undefined,
  notes: UntoldNotes,
): WrittenThinking {
  const field = notes.nameOf('reasoning');
  const wanted = wish.budgetTokens ?? BUDGETS[wish.effort ?? 'medium'] ?? LEAST_BUDGET;
  if (conversation.maxTokens === undefined) {
    const cap = Math.max(maxTokens, wanted + ANSWER_ROOM);
    return { thinking: given({ type: 'enabled', budget_tokens: wanted, display }), effort: undefined, maxTokens: cap };
  }
  // The cap holds for thinking and answer together: half of it at most is thought.
  const budget = Math.min(wanted, Math.floor(maxTokens / 2));
  if (budget < LEAST_BUDGET) {
    notes.harmless(field, `the cap of ${maxTokens} tokens leaves no room to think`);
    return { thinking: undefined, effort: undefined, maxTokens };
  }
  return { thinking: given({ type: 'enabled', budget_tokens: budget, display }), effort: undefined, maxTokens };
}

function obstacleTo(
  conversation: Conversation,
  habits: ModelHabits,
  { forcedTool, prefilled }: ThinkingObstacles,
): string | undefined {
  if (forcedTool) return 'the model cannot think where a tool call is demanded';
  if (prefilled) return 'the model cannot think where it continues a message';
  // Models that think to a budget want each turn of a round of calls to begin with its signed thought.
  if (habits.thinking === 'budget' && isAmidCalls(conversation)) {
    return 'the calls being answered were made without a thought this model can check';
  }
  return undefined;
}

/** The last assistant turn called tools, and no signed thought of Claude's stands before the calls. */
function isAmidCalls({ turns }: Conversation): boolean {
  const last = turns.findLast((turn) => turn.role === 'assistant');
  if (last === undefined || !last.parts.some((part) => part.kind === 'tool-call')) return false;
  const asked = turns.findLast((turn) => turn.role === 'user');
  if (asked === undefined || !asked.parts.some((part) => part.kind === 'tool-result')) return false;
  return !last.parts.some((part) => {
    if (part.kind !== 'reasoning' || part.origin !== 'messages') return false;
    return part.signature !== undefined || part.encrypted !== undefined;
  });
}

function adaptiveEffort({ effort, budgetTokens }: ReasoningWish, habits: ModelHabits): string | undefined {
  if (effort === 'xhigh' && !habits.xhigh) return 'high';
  if (effort !== undefined) return EFFORTS.has(effort) ? effort : 'low';
  if (budgetTokens === undefined) return undefined;
  return budgetTokens >= 16_384 ? 'high' : budgetTokens >= 8_192 ? 'medium' : 'low';
}

/** Who asked for a summary of the reasoning gets Claude's. */
function displayOf({ display }: ReasoningWish): string | undefined {
  if (display === undefined || display === 'omitted') return display;
  return display === 'none' ? 'omitted' : 'summarized';
}
