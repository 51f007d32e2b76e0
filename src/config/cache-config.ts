import type { OnnxModel } from './onnx/onnx-model.ts';

/** What all caching shares. What one route does with it is {@link RouteCache}. */
export interface CacheConfig {
  /** All answers kept, bytes. */
  readonly maxBytes: number;
  /** What one tenant may fill of it, bytes. */
  readonly perTenant: number;
  /** The largest answer that is kept, bytes. */
  readonly maxEntry: number;
  /** 64 hex digits: answers on disk and in Redis are encrypted with it. Undefined: they are not. Not enumerable. */
  readonly encryptionKey: string | undefined;
  /** Part of every scope: changing it leaves everything behind that was kept before. */
  readonly epoch: string;
  /** Undefined: idempotency keys are passed on and mean nothing here. */
  readonly idempotency: IdempotencyConfig | undefined;
  /** Undefined: no route has a semantic cache. */
  readonly embedder: EmbedderConfig | undefined;
}

export interface IdempotencyConfig {
  /** How long an answer is kept for repeats, milliseconds. */
  readonly ttl: number;
}

/** What makes vectors of questions. */
export type EmbedderConfig =
  | {
      readonly kind: 'target';
      /** `provider/model` */
      readonly target: string;
      /** Undefined: whatever the first vector has. */
      readonly dimensions: number | undefined;
      /** Milliseconds after which the cache is left out. */
      readonly timeout: number;
    }
  | { readonly kind: 'local'; readonly timeout: number }
  | { readonly kind: 'onnx'; readonly model: OnnxModel; readonly timeout: number };

/** How one route's answers are kept. */
export interface RouteCache {
  readonly exact: boolean;
  /** How long an answer is served, milliseconds from its making. A hit does not prolong it. */
  readonly ttl: number;
  /** Users do not share answers, and a request that names no user gets none. */
  readonly perUser: boolean;
  /** Identical requests under way share one call. */
  readonly coalesce: boolean;
  /** How old an answer may be that stands in when every target failed, milliseconds; undefined: none does. */
  readonly staleIfError: number | undefined;
  /** Undefined: the route has no semantic cache. */
  readonly semantic: SemanticSettings | undefined;
}

export const SEMANTIC_MODES = ['off', 'shadow', 'live', 'certified'] as const;
export type SemanticMode = (typeof SEMANTIC_MODES)[number];

export const VECTOR_INDEXES = ['memory', 'redis-vectorset', 'redis-search'] as const;
export type VectorIndexKind = (typeof VECTOR_INDEXES)[number];

/** `exact-prefix`: a request with earlier turns takes part among those that have the same ones, to the byte. */
export const MULTI_TURN = ['off', 'exact-prefix'] as const;
export type MultiTurn = (typeof MULTI_TURN)[number];

/** What compares a would-be hit with the live answer. */
export const ANSWER_CHECKERS = ['exact', 'embedding', 'judge'] as const;
export type AnswerCheckerKind = (typeof ANSWER_CHECKERS)[number];

export interface SemanticSettings {
  /** Least cosine of a hit; undefined: the embedder's own. */
  readonly threshold: number | undefined;
  readonly mode: SemanticMode;
  /** The share of hits that may be wrong, above 0, below 1. */
  readonly epsilon: number;
  /** Undefined: nobody is asked. */
  readonly judge: JudgeConfig | undefined;
  /** Undefined: the judge where there is one, else `exact`. */
  readonly checker: AnswerCheckerKind | undefined;
  readonly index: VectorIndexKind;
  /** Whether requests with earlier turns take part. */
  readonly multiTurn: MultiTurn;
}

/** A model that is asked whether two near questions have the same answer. */
export interface JudgeConfig {
  /** `provider/model` */
  readonly target: string;
  /** Cosines up to so far above the threshold are judged. */
  readonly band: number;
  /** Milliseconds after which the answer is no. */
  readonly timeout: number;
  /** What judging may cost; undefined: not limited. */
  readonly budget: JudgeBudget | undefined;
}

export interface JudgeBudget {
  /** Where it stands in the configuration: `cache.semantic.judge`. Judges of the same place have one budget. */
  readonly name: string;
  /** Nano-dollars. */
  readonly limit: number;
  /** Milliseconds. */
  readonly periodMs: number;
}

/** What an agent's policy says of the caches of the routes it uses. */
export interface AgentCache {
  readonly exact: boolean;
  readonly semantic: boolean;
  /** In place of the route's; undefined: the route's holds. */
  readonly threshold: number | undefined;
}
