import type { ScorePolicy } from '../routing/score/score-policy.ts';

/** Policies that send a request to one of several configured models. */
export interface RoutingConfig {
  readonly policies: ReadonlyMap<string, RoutingPolicy>;
  /** The names that clients ask for and that stand for no chain of their own, with the policy that chooses. None of them is in `models`. */
  readonly models: ReadonlyMap<string, RoutingPolicy>;
}

export interface RoutingPolicy {
  readonly name: string;
  /** What a text is taken for: the first that fits. */
  readonly rules: readonly TaskRule[];
  /** Names of tiers by task. */
  readonly tasks: ReadonlyMap<string, string>;
  /** Cheapest first; never empty. */
  readonly tiers: readonly PolicyTier[];
  /** The tier of what no rule fits. */
  readonly default: string;
  /** Complexity above which a request goes one tier up, 0 to 1. */
  readonly bumpAt: number;
  /** A calibrated score, which bumps in the place of complexity. */
  readonly score: PolicyScore | undefined;
  /** Undefined: tiers are applied as written. */
  readonly evidence: EvidenceSettings | undefined;
  /** Ask the cheap model first where its answer can be checked. */
  readonly cascade: boolean;
  /** Sessions stay with their model inside tool loops. */
  readonly pin: boolean;
}

export interface TaskRule {
  readonly task: string;
  /** Phrases in small letters; one of them is enough. */
  readonly contains: readonly string[];
}

export interface PolicyTier {
  readonly name: string;
  /** A configured model that is not routed itself. */
  readonly model: string;
}

export interface PolicyScore {
  /** Absolute path of what `breakwater route calibrate` wrote. */
  readonly file: string;
  readonly policy: ScorePolicy;
  /** Rank of the score above which a request goes one tier up, 0 to 1. */
  readonly strongAbove: number;
}

export const EVIDENCE_CHECKERS = ['exact', 'schema', 'code', 'judge'] as const;
export type EvidenceChecker = (typeof EVIDENCE_CHECKERS)[number];

/** When a cheaper model may be served: not before it is shown to lose little. */
export interface EvidenceSettings {
  /** The policy's name. */
  readonly policy: string;
  /** The tier that others are measured against. */
  readonly reference: string;
  /** Its configured model. */
  readonly strong: string;
  /** What the configured models are, by name: `modelDefinitions`. */
  readonly definitions: Readonly<Record<string, string>>;
  /** The loss that is accepted, above 0, at most 1: 0.05 is five points of a hundred. */
  readonly delta: number;
  /** Share of the requests that both models are asked, 0 to 1. */
  readonly shadow: number;
  /** Share of the requests that the cheap model serves before it is admitted, 0 to 1. */
  readonly canary: number;
  /** What shadow calls and judging may cost; undefined: not limited. */
  readonly budget: EvidenceBudget | undefined;
  /** What compares two answers. */
  readonly checker: EvidenceChecker;
  /** Never undefined where the checker is `judge`. */
  readonly judge: EvidenceJudge | undefined;
}

export interface EvidenceBudget {
  /** Nano-dollars. */
  readonly limit: number;
  /** Milliseconds. */
  readonly periodMs: number;
}

export interface EvidenceJudge {
  /** `provider/model` */
  readonly target: string;
  /** Milliseconds after which nothing is learned. */
  readonly timeout: number;
}
