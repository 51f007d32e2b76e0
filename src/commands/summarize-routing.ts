import { formatMoney, PERIOD_MS } from '../config/amounts.ts';
import type { Config } from '../config/config.ts';
import type { EvidenceSettings, RoutingPolicy } from '../config/routing-config.ts';
import { formatDuration } from '../config/units.ts';

/** What the policies do, in sentences, for `breakwater check`. */
export function summarizeRouting({ routing }: Config): string[] {
  if (routing.policies.size === 0) return [];
  const lines = ['', 'routing'];
  for (const policy of routing.policies.values()) {
    const names = [...routing.models].filter(([, { name }]) => name === policy.name).map(([name]) => name);
    lines.push(`  ${policy.name}  ${names.length === 0 ? 'used by no model' : `for model: ${names.join(', ')}`}`);
    lines.push(...describePolicy(policy).map((line) => `    ${line}`));
  }
  return lines;
}

function describePolicy(policy: RoutingPolicy): string[] {
  const { tiers, tasks, rules, evidence, score } = policy;
  const lines = [`tiers, the cheapest first: ${tiers.map(({ name, model }) => `${name} = ${model}`).join(', ')}`];
  for (const [task, tier] of tasks) {
    const phrases = rules.filter((rule) => rule.task === task).flatMap(({ contains }) => contains);
    const by = phrases.length === 0 ? 'x-breakwater-task-type only' : phrases.map((one) => `"${one}"`).join(', ');
    lines.push(`${task} -> ${tier}: by ${by}`);
  }
  lines.push(`everything else -> ${policy.default}`);
  lines.push(
    score === undefined
      ? `one tier up above a complexity of ${policy.bumpAt}`
      : `one tier up above rank ${score.strongAbove} of the score in ${score.file} (${score.policy.rows} rows); above a complexity of ${policy.bumpAt} where the score says nothing`,
  );
  lines.push(evidence === undefined ? 'no evidence asked for: tiers as written' : describeEvidence(evidence));
  if (policy.cascade) {
    const once = evidence === undefined ? '' : 'where evidence lets it serve, ';
    lines.push(`${once}the cheap model is asked first where its answer can be checked`);
  }
  lines.push(
    policy.pin ? 'sessions keep their model inside tool loops' : 'sessions may change their model at any request',
  );
  return lines;
}

function describeEvidence({ reference, delta, shadow, canary, budget, checker, judge }: EvidenceSettings): string {
  const period = Object.entries(PERIOD_MS).find(([, ms]) => ms === budget?.periodMs)?.[0] ?? 'period';
  const cost = budget === undefined ? 'no limit on its cost' : `at most ${formatMoney(budget.limit)} a ${period}`;
  const by = judge === undefined ? checker : `${checker} ${judge.target}, within ${formatDuration(judge.timeout)}`;
  return (
    `anything below ${reference} is served where it is shown to lose at most ${Math.round(delta * 1e4) / 100} points: ` +
    `${percent(shadow)} asked of both, ${percent(canary)} on trial, compared by ${by}, ${cost}`
  );
}

function percent(share: number): string {
  return `${Math.round(share * 1e6) / 1e4}%`;
}
