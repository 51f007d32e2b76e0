import type { RoutingPolicy } from '../../config/routing-config.ts';
import { complexityOf } from '../features/complexity.ts';
import { tallyOf, toFeatures } from '../features/features.ts';
import type { PromptText } from '../features/prompt-text.ts';
import type { Scorer } from '../score/scorer.ts';
import type { PhraseRules } from './phrases.ts';

/** What a request is taken for, before anybody asks who can serve it. */
export interface Work {
  readonly task: string | undefined;
  /** Index of the tier. */
  readonly tier: number;
  readonly complexity: number | undefined;
  readonly bumped: boolean;
}

/**
 * Task, tier, and one tier more for what is complex, or wants the strong model by a calibrated score.
 *
 * @param rules of the policy, ready to look for
 * @param taskType what the client says it is
 * @param prompt the user's last turn; undefined: none was found
 * @param reasons takes a sentence for each step
 */
export function workOf(
  policy: RoutingPolicy,
  rules: PhraseRules,
  scorer: Scorer | undefined,
  taskType: string | undefined,
  prompt: PromptText | undefined,
  key: string,
  reasons: string[],
): Work {
  const { task, tier } = taskOf(policy, rules, taskType, prompt, reasons);
  if (prompt === undefined) {
    reasons.push('no text of a user was found near the end, so its complexity is not known');
    return { task, tier, complexity: undefined, bumped: false };
  }
  const tally = tallyOf(prompt);
  const complexity = complexityOf(tally, prompt).value;
  const bumped =
    tier + 1 < policy.tiers.length &&
    (wantsStrong(policy, scorer, () => toFeatures(tally, prompt), key, reasons) ??
      isComplex(policy, complexity, reasons));
  return { task, tier: bumped ? tier + 1 : tier, complexity, bumped };
}

function taskOf(
  { tasks, tiers, default: fallback }: RoutingPolicy,
  rules: PhraseRules,
  taskType: string | undefined,
  prompt: PromptText | undefined,
  reasons: string[],
): { task: string | undefined; tier: number } {
  const index = (name: string) => tiers.findIndex((tier) => tier.name === name);
  if (taskType !== undefined) {
    const tier = tasks.get(taskType);
    reasons.push(
      `task ${taskType}, as the client says: ${tier === undefined ? `no tier of its own, so ${fallback}` : `tier ${tier}`}`,
    );
    return { task: taskType, tier: index(tier ?? fallback) };
  }
  const found = prompt && rules.find(prompt.tail === '' ? [prompt.head] : [prompt.head, prompt.tail]);
  if (found === undefined) {
    reasons.push(`no rule fits: tier ${fallback}`);
    return { task: undefined, tier: index(fallback) };
  }
  const tier = tasks.get(found.task) ?? fallback;
  reasons.push(`task ${found.task}, for "${found.phrase}": tier ${tier}`);
  return { task: found.task, tier: index(tier) };
}

/** What the score says; undefined where there is none, or it says nothing of such a request. */
function wantsStrong(
  { score }: RoutingPolicy,
  scorer: Scorer | undefined,
  features: () => Float64Array,
  key: string,
  reasons: string[],
): boolean | undefined {
  if (score === undefined || scorer === undefined) return undefined;
  const { state, rank } = scorer.judge(features(), key);
  if (state === 'observe') {
    reasons.push('the score was not calibrated on requests like this one, so complexity decides');
    return undefined;
  }
  const above = rank > score.strongAbove;
  reasons.push(
    `score at rank ${rank.toFixed(2)}, ${above ? 'above' : 'up to'} ${score.strongAbove}${above ? ': one tier up' : ''}`,
  );
  return above;
}

function isComplex({ bumpAt }: RoutingPolicy, complexity: number, reasons: string[]): boolean {
  const above = complexity > bumpAt;
  if (above) reasons.push(`complexity ${complexity.toFixed(2)} is above ${bumpAt}: one tier up`);
  return above;
}
