import type { RouteDecision } from '../decision.ts';

/** Where one request would go and why, for a person or a program: `POST /v1/route/explain`, `breakwater route explain --json`. */
export interface Explanation {
  /** The model the request names. */
  readonly asked: string;
  /** A policy chooses; false: the named model is what serves. */
  readonly routed: boolean;
  /** The configured model that would serve. */
  readonly model: string;
  /** Its chain, `provider/model`. */
  readonly targets: readonly string[];
  readonly policy?: string;
  readonly task?: string | null;
  readonly tier?: string;
  /** 0 to 1; null: no text of a user was found. */
  readonly complexity?: number | null;
  readonly bumped?: boolean;
  readonly pinned?: boolean;
  readonly key?: string;
  /** What is known of the cheap model on this kind of work; null: the policy asks for no evidence here. */
  readonly evidence?: {
    readonly cheap: string;
    readonly strong: string;
    readonly state: string;
    readonly n: number;
    readonly loss: number;
    readonly upper: number;
  } | null;
  readonly cascade?: { readonly cheap: string; readonly strong: string } | null;
  readonly reasons: readonly string[];
}

export function explainDecision(asked: string, decision: RouteDecision, targets: readonly string[]): Explanation {
  const { pair, verdict, cascade, task, complexity, policy, tier, bumped, pinned, key, model, reasons } = decision;
  const evidence =
    pair === undefined || verdict === undefined
      ? null
      : { ...pair, state: verdict.state, n: verdict.n, loss: verdict.loss, upper: verdict.upper };
  return {
    asked,
    routed: true,
    model,
    targets,
    policy,
    task: task ?? null,
    tier,
    complexity: complexity === undefined ? null : Math.round(complexity * 1e4) / 1e4,
    bumped,
    pinned,
    key,
    evidence,
    cascade: cascade ?? null,
    reasons,
  };
}

/** A request that names its model. */
export function explainNamed(asked: string, model: string, targets: readonly string[]): Explanation {
  return { asked, routed: false, model, targets, reasons: ['the request names its model, and gets it'] };
}
