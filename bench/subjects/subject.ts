import type { Pinning } from '../measure/pinning.ts';

/**
 * What the bench can measure, in the order of a round. `spliced` is Breakwater with a model name that it has to change, `before`
 * another build of it.
 */
export const SUBJECT_NAMES = ['direct', 'bare', 'nginx', 'portkey', 'breakwater', 'spliced', 'before'] as const;
export type SubjectName = (typeof SUBJECT_NAMES)[number];

/** One proxy (or none) between the load and the upstream, running. */
export interface Subject {
  readonly name: SubjectName;
  readonly port: number;
  /** Headers it needs besides the SDK's own. */
  readonly headers: Readonly<Record<string, string>>;
  /** The model to ask for. */
  readonly model: string;
  /** Root of its process tree; absent for `direct`. */
  readonly pid?: number;
  /** What exactly runs, for the report. */
  readonly what: string;
  stop(): Promise<void>;
}

/** What a subject is started with. */
export interface Place {
  readonly upstreamPort: number;
  readonly pinning: Pinning;
  /** Breakwater's main script, where another than this checkout's is wanted. */
  readonly entry?: string | undefined;
  /** The main script of the build that is compared with. */
  readonly before?: string | undefined;
  /** An existing folder for its configuration and logs. */
  readonly folder: string;
}

/** A subject that cannot run here, with the reason in words for the report. */
export class CannotStart extends Error {}
