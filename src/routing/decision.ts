import type { EvidenceSettings } from '../config/routing-config.ts';

/** Two configured models: the one that is to be saved with, and the one it is measured against. */
export interface ModelPair {
  readonly cheap: string;
  readonly strong: string;
}

/** How far a cheap model has come on one kind of work, from nothing known to served, and out of favour again. */
export const ROUTE_STATES = ['observe', 'shadow', 'canary', 'admitted', 'suspended'] as const;
export type RouteState = (typeof ROUTE_STATES)[number];

/** What is known of a pair on one route key. */
export interface Standing {
  readonly state: RouteState;
  /** Requests on which both were compared. */
  readonly n: number;
  /** Mean loss, strong minus cheap, -1 to 1. */
  readonly loss: number;
  /** Its one-sided 95% upper bound, which holds however often it is looked at. */
  readonly upper: number;
}

/** What that means for one request. */
export interface Verdict extends Standing {
  readonly serve: 'cheap' | 'strong';
  /** Ask the other model too, after the client has its answer, and compare. */
  readonly shadow: boolean;
}

/** Where evidence is kept. Answers from memory, at once. */
export interface EvidenceBook {
  /** For a request that is about to be served. May draw lots: which request is a shadow or a canary. */
  consult(tenant: string, key: string, pair: ModelPair, settings: EvidenceSettings): Verdict;
  /** For whoever only wants to know. Changes nothing. */
  peek(tenant: string, key: string, pair: ModelPair, settings: EvidenceSettings): Standing;
}

/** Where a policy sends one request, and why. */
export interface RouteDecision {
  /** The policy's name. */
  readonly policy: string;
  /** What the request was taken for; undefined: no rule fits. */
  readonly task: string | undefined;
  /** The tier that rules and complexity chose. What is served may be another: see `model`. */
  readonly tier: string;
  /** 0 to 1; undefined: no text of a user was found. */
  readonly complexity: number | undefined;
  /** One tier up, for complexity or by a calibrated score. */
  readonly bumped: boolean;
  /** The kind of work: what evidence is kept by. */
  readonly key: string;
  /** The tier's model and the reference; undefined where there is no evidence to be kept or nothing to be saved. */
  readonly pair: ModelPair | undefined;
  readonly verdict: Verdict | undefined;
  /** The configured model that is served. */
  readonly model: string;
  /** Cheap first, checked, and the strong one where that is not good; undefined: not for this request. */
  readonly cascade: ModelPair | undefined;
  /** The session's model was kept, against what the rules say. */
  readonly pinned: boolean;
  /** What its conversation is remembered by in {@link SessionPins}; undefined: it is not. */
  readonly session: string | undefined;
  /** In sentences, in the order in which they were decided. */
  readonly reasons: readonly string[];
}
