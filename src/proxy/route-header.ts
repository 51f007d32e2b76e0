import type { RouteDecision } from '../routing/decision.ts';

/**
 * A decision in one header: `policy=by-task;tier=small;task=extraction;model=cheap;key=sys-...;state=admitted;n=214;loss=0.8pt;ucb=2.9pt;saved=0.0031`.
 *
 * @param saved nano-dollars, where it is known
 */
export function routeHeader(decision: RouteDecision, saved: number | undefined): string {
  const { policy, task, tier, model, key, verdict, bumped, pinned, complexity } = decision;
  let text = `policy=${policy};tier=${tier}`;
  if (task !== undefined) text += `;task=${task}`;
  text += `;model=${model}`;
  if (bumped) text += ';bumped';
  if (pinned) text += ';pinned';
  if (complexity !== undefined) text += `;complexity=${complexity.toFixed(2)}`;
  text += `;key=${key}`;
  if (verdict !== undefined) {
    const { state, n, loss, upper } = verdict;
    text += `;state=${state};n=${n}`;
    if (n > 0) text += `;loss=${points(loss)};ucb=${points(upper)}`;
  }
  if (saved !== undefined) text += `;saved=${dollars(saved)}`;
  return text;
}

function points(share: number): string {
  return `${(share * 100).toFixed(1)}pt`;
}

/** Six decimals are a thousandth of a cent and less. */
function dollars(nanos: number): string {
  return String(Number((nanos / 1e9).toFixed(6)));
}
