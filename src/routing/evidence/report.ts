import type { EvidenceSettings } from '../../config/routing-config.ts';
import type { ModelPair, Standing } from '../decision.ts';
import { type Economy, economyOf, netSaved } from './economy.ts';
import type { EvidenceKey } from './evidence-key.ts';
import type { EvidenceRecord } from './record.ts';
import { confidenceOf } from './terms.ts';
import type { TrackedPair } from './tracked-pair.ts';
import { verdictText } from './verdict-text.ts';

/** What `GET /admin/routes` tells of one pair on one kind of work. Money in nano-dollars. */
export interface PairReport extends Standing {
  readonly tenant: string;
  readonly policy: string;
  readonly key: string;
  readonly pair: ModelPair;
  readonly delta: number;
  /** Of the bound `upper`. */
  readonly confidence: number;
  readonly attempt: number;
  /** Admitted by its evidence, but no comparison gets a verdict: it serves like a canary until one does. */
  readonly blind: boolean;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Requests, and those of them that the cheap model served. */
  readonly seen: number;
  readonly served: number;
  readonly results: EvidenceRecord['results'];
  readonly outcomes: { readonly cheap: number; readonly strong: number };
  readonly models: { readonly cheap: readonly string[]; readonly strong: readonly string[] };
  readonly saved: number;
  readonly spent: { readonly shadow: number; readonly judge: number };
  /** Saved less spent. */
  readonly net: number;
  /** What is to be expected of a request where it is admitted; undefined: not known yet. */
  readonly economy: Economy | undefined;
  readonly verdict: string;
}

export function reportOf(
  { tenant, key, pair }: EvidenceKey,
  settings: EvidenceSettings,
  tracked: TrackedPair,
): PairReport {
  const { record, standing, blind } = tracked;
  return {
    tenant,
    policy: settings.policy,
    key,
    pair,
    ...standing,
    delta: settings.delta,
    confidence: confidenceOf(record.attempt),
    attempt: record.attempt,
    blind,
    since: record.since,
    seen: record.seen,
    served: record.served,
    results: record.results,
    outcomes: { cheap: total(record.outcomes.cheap), strong: total(record.outcomes.strong) },
    models: { cheap: record.known.cheap, strong: record.known.strong },
    saved: record.money.saved,
    spent: { shadow: record.money.shadow, judge: record.money.judge },
    net: netSaved(record),
    economy: economyOf(record, settings.shadow),
    verdict: verdictText(record, settings),
  };
}

function total(counts: EvidenceRecord['outcomes']['cheap']): number {
  let sum = 0;
  for (const count of Object.values(counts)) sum += count;
  return sum;
}
