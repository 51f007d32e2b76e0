import { z } from 'zod';
import type { CertificateState } from './state.ts';

const count = z.number().int().min(0);
const time = z.number();
const rate = z.number().min(0).max(1);

const stateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('off') }),
  z.object({ kind: z.literal('shadow'), since: time }),
  z.object({ kind: z.literal('certified'), threshold: rate, bound: rate, audits: count, errors: count, since: time }),
  z.object({ kind: z.literal('suspended'), reason: z.enum(['breach', 'operator']), since: time }),
]);

const stepSchema = z.object({
  /** Audits at or above the threshold, in the attempt that tests it or has certified it. */
  audits: count,
  errors: count,
  /** The detector's sums since the threshold was certified. */
  sums: z.array(z.number().min(0)),
  /** Audits since the detector of the threshold in force was last at rest: since the change, if there was one. */
  recentAudits: count,
  recentErrors: count,
});

const recordSchema = z.object({
  format: z.literal(1),
  version: z.string(),
  state: stateSchema,
  /** Counted from 1. Each spends a part of the doubt of its own. */
  attempt: z.number().int().min(1),
  /** Index into the grid of the attempt's first threshold; null until the cosines of the first hits are known. */
  start: count.nullable(),
  /** One a threshold of the grid. */
  steps: z.array(stepSchema),
  /** Semantic lookups since the version began, with a would-be hit or without. */
  lookups: count,
  /** Would-be hits by the strictest threshold they reach, one a threshold of the grid. */
  hits: z.array(count),
  served: count,
  /** Results of all audits of the version. */
  results: z.object({ right: count, wrong: count, unsure: count, unavailable: count }),
  /** How many changes of each process are in it. */
  applied: z.record(z.string(), count).default({}),
});

/** Evidence about one threshold. */
export type StepEvidence = Readonly<z.infer<typeof stepSchema>>;

/** All that is known about one route's hits. Immutable; JSON. */
export interface CertificateRecord extends Readonly<Omit<z.infer<typeof recordSchema>, 'steps' | 'state'>> {
  readonly state: CertificateState;
  readonly steps: readonly StepEvidence[];
}

export const NO_EVIDENCE: StepEvidence = { audits: 0, errors: 0, sums: [], recentAudits: 0, recentErrors: 0 };

export function freshRecord(
  version: string,
  grid: readonly number[],
  start: number | null,
  now: number,
): CertificateRecord {
  return {
    format: 1,
    version,
    state: { kind: 'shadow', since: now },
    attempt: 1,
    start,
    steps: grid.map(() => NO_EVIDENCE),
    lookups: 0,
    hits: grid.map(() => 0),
    served: 0,
    results: { right: 0, wrong: 0, unsure: 0, unavailable: 0 },
    applied: {},
  };
}

/** @returns undefined where the text is no record of this grid */
export function parseRecord(text: string, grid: readonly number[]): CertificateRecord | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = recordSchema.safeParse(json);
  if (!parsed.success) return undefined;
  const record = parsed.data;
  return record.steps.length === grid.length && record.hits.length === grid.length ? record : undefined;
}
