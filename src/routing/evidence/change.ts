import type { Renewal } from './record.ts';

/** Which model: the one to be saved with, or the one it is measured against. */
export type Side = 'cheap' | 'strong';

/** What else was seen of a comparison: when any of it is new, what was learned is about something else. */
export interface Circumstances {
  /** The models as their answers named them. */
  readonly cheap: string | undefined;
  readonly strong: string | undefined;
  /** Fingerprint of the instructions and tools. */
  readonly prompt: string | undefined;
  /** Both prices, in one text. */
  readonly price: string | undefined;
}

/** What one comparison cost, nano-dollars; undefined: a price is not known. */
export interface ComparisonCost {
  /** What the two answers cost, whoever served. */
  readonly cheap: number | undefined;
  readonly strong: number | undefined;
  /** Of these the one that no client got. */
  readonly shadow: number | undefined;
  readonly judge: number;
}

/** What came of comparing two answers. */
export type ComparisonResult =
  /** Scores of 0 to 1. */
  | { readonly kind: 'scores'; readonly cheap: number; readonly strong: number }
  /** The checker has nothing to say of such a pair. No evidence. */
  | { readonly kind: 'undecided' }
  /** The other model or the judge is away. No evidence either way. */
  | { readonly kind: 'unavailable' };

/** What has happened since the change before, in numbers. */
export interface Traffic {
  readonly seen: number;
  /** Answers of the cheap model that clients got. */
  readonly served: number;
  /** Requests that a failed try of the cheap model made dearer, and by how much, nano-dollars. */
  readonly failures: number;
  readonly failed: number;
  /** Nano-dollars, may be below 0. */
  readonly saved: number;
}

export const NO_TRAFFIC: Traffic = { seen: 0, served: 0, failures: 0, failed: 0, saved: 0 };

/**
 * All that happens to a record. Changes are kept until they are stored: when another replica has stored first, they are applied again, to
 * what it has stored.
 */
export type Change =
  | { readonly kind: 'traffic'; readonly traffic: Traffic }
  | {
      readonly kind: 'compared';
      /** In which the request was chosen: what was chosen before a suspension is no fresh evidence. */
      readonly attempt: number;
      readonly result: ComparisonResult;
      readonly circumstances: Circumstances;
      readonly cost: ComparisonCost;
    }
  /** A caller said how work went that one model alone had served. 0 to 1. */
  | { readonly kind: 'outcome'; readonly side: Side; readonly score: number }
  /** A suspended pair has rested. */
  | { readonly kind: 'rested' };

/** What a caller of `applyChange` may want to tell. */
export type EvidenceEvent =
  | { readonly kind: 'admitted'; readonly n: number; readonly loss: number; readonly upper: number }
  | { readonly kind: 'suspended'; readonly why: string; readonly text: string }
  | { readonly kind: 'renewed'; readonly why: Renewal };
