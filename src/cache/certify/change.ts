import { type Audit, type Folded, foldAudit, newAttempt, stop } from './fold-audit.ts';
import { startOf } from './layout.ts';
import type { CertificateRecord } from './record.ts';
import type { CertifySettings } from './settings.ts';
import { nextState } from './state.ts';

/** What has been asked of the cache since the change before. */
export interface Traffic {
  readonly lookups: number;
  /** Would-be hits by the strictest threshold they reach. */
  readonly hits: readonly number[];
  readonly served: number;
}

/**
 * All that happens to a record. Changes are kept until they are stored: when another replica has stored first, they are applied again, to
 * what it has stored.
 */
export type Change =
  | { readonly kind: 'traffic'; readonly traffic: Traffic }
  /** Enough hits have been seen to tell where the first attempt begins. */
  | { readonly kind: 'laid-out' }
  | { readonly kind: 'audit'; readonly audit: Audit }
  | { readonly kind: 'turned-on' | 'turned-off' | 'stopped' };

/** Applies one change. Pure. */
export function applyChange(record: CertificateRecord, change: Change, settings: CertifySettings, now: number): Folded {
  switch (change.kind) {
    case 'traffic':
      return { record: addTraffic(record, change.traffic), events: [] };
    case 'laid-out': {
      const start = record.start ?? startOf(record.hits, record.attempt, null);
      return { record: { ...record, start }, events: [] };
    }
    case 'audit':
      return foldAudit(record, change.audit, settings, now);
    case 'turned-off': {
      const state = nextState(record.state, { kind: 'turned-off' }, now);
      return { record: { ...record, state }, events: [] };
    }
    case 'turned-on': {
      const state = nextState(record.state, { kind: 'turned-on' }, now);
      const on = { ...record, state };
      // Nobody watched while it was off: what was known is not known any more.
      const stale = state !== record.state && record.steps.some((step) => step.audits > 0);
      return stale ? newAttempt(on, -1, settings) : { record: on, events: [] };
    }
    case 'stopped':
      return stop(record, 'operator', settings, now);
  }
}

function addTraffic(record: CertificateRecord, { lookups, hits, served }: Traffic): CertificateRecord {
  return {
    ...record,
    lookups: record.lookups + lookups,
    hits: record.hits.map((count, i) => count + (hits[i] ?? 0)),
    served: record.served + served,
  };
}
