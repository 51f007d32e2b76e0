/** Why there are no vectors. Each is counted; none of them ever reaches a client. */
export type EmbedTroubleKind =
  /** Not within the deadline. */
  | 'timeout'
  /** The call failed: no connection, an error status, a refusal. */
  | 'failed'
  /** An answer that is none: too few vectors, NaN in one, not a list of numbers. */
  | 'invalid'
  /** Vectors of another dimension than before, or than configured. */
  | 'dimensions'
  /** A text is longer than what the model reads of one. */
  | 'too-long'
  /** Not asked: it has failed too often lately. */
  | 'paused'
  /** Not asked: too many wait already. */
  | 'overloaded';

export interface EmbedTrouble {
  readonly kind: EmbedTroubleKind;
  readonly embedder: string;
  readonly reason: string;
}

export interface EmbedUsage {
  /** As the provider reported them; undefined where it did not. */
  readonly inputTokens: number | undefined;
}

export interface EmbedOptions {
  /** Clock milliseconds: nobody waits for vectors any longer. */
  readonly deadline: number;
  /** What was asked of a provider for this call, and is to be paid; not called where everything was remembered. */
  readonly onUsage?: (usage: EmbedUsage) => void;
}

/** Makes vectors of texts. */
export interface Embedder {
  /** With everything that changes its vectors: part of every scope and of every index's name. */
  readonly id: string;
  /** Undefined until the first answer, where the configuration does not say. */
  readonly dimensions: number | undefined;
  /** Too weak for answers to depend on it: its hits are only ever logged. */
  readonly shadowOnly: boolean;
  /**
   * A vector a text, in their order; undefined where there are none by the deadline, for whatever reason. Never rejects, and never takes
   * longer: a request is then served as if there were no cache.
   */
  embed(texts: readonly string[], options: EmbedOptions): Promise<readonly Float32Array[] | undefined>;
  close(): void | Promise<void>;
}

/** An embedder that cannot be had on this machine as it is. The message says in one line what to do. */
export class EmbedderUnavailable extends Error {
  override readonly name = 'EmbedderUnavailable';
  readonly code = 'embedder_unavailable';
}
