import type { EvidenceSettings } from '../../config/routing-config.ts';
import { MeanBound, type TickCounts } from '../../statistics/mean-bound.ts';
import type { Change, Circumstances, ComparisonCost, EvidenceEvent, Traffic } from './change.ts';
import { climb, type Folded, suspend } from './ladder.ts';
import type { EvidenceRecord, Renewal } from './record.ts';
import { MIXTURE_WITHIN, OBSERVED } from './terms.ts';
import { detectorOf } from './watch.ts';

/** Applies one change. Pure. */
export function applyChange(record: EvidenceRecord, change: Change, settings: EvidenceSettings, now: number): Folded {
  switch (change.kind) {
    case 'traffic':
      return climb(observed(addTraffic(record, change.traffic), now), settings, now);
    case 'compared':
      return foldComparison(record, change, settings, now);
    case 'outcome':
      return climb(withOutcome(record, change.side, change.score), settings, now);
    case 'rested': {
      const rests = record.state !== 'suspended' || now < record.until;
      return { record: rests ? record : renewed(record, 'retry', record.known, now), events: [] };
    }
  }
}

function addTraffic(record: EvidenceRecord, { seen, served, failures, failed, saved }: Traffic): EvidenceRecord {
  return {
    ...record,
    seen: record.seen + seen,
    served: record.served + served,
    failures: record.failures + failures,
    trial: record.state === 'canary' ? record.trial + served : record.trial,
    money: { ...record.money, failed: record.money.failed + failed, saved: record.money.saved + saved },
  };
}

function observed(record: EvidenceRecord, now: number): EvidenceRecord {
  return record.state === 'observe' && record.seen >= OBSERVED ? { ...record, state: 'shadow', since: now } : record;
}

function foldComparison(
  before: EvidenceRecord,
  { attempt, result, circumstances, cost }: Extract<Change, { kind: 'compared' }>,
  settings: EvidenceSettings,
  now: number,
): Folded {
  const { record: current, why } = underCircumstances(withCost(before, cost), circumstances, now);
  const events: EvidenceEvent[] = why === undefined ? [] : [{ kind: 'renewed', why }];
  if (result.kind !== 'scores') {
    const results = { ...current.results, [result.kind]: current.results[result.kind] + 1 };
    return { record: { ...current, results }, events };
  }
  const loss = result.strong - result.cheap;
  const name = loss === 0 ? 'same' : loss > 0 ? 'strongBetter' : 'cheapBetter';
  const counted = { ...current, results: { ...current.results, [name]: current.results[name] + 1 } };
  const fresh = why !== undefined || attempt === before.attempt;
  // Nothing is learned of a pair at rest: what was chosen before it was suspended came too late.
  if (!fresh || counted.state === 'suspended' || counted.state === 'observe') return { record: counted, events };
  const detector = counted.baseline === null ? undefined : detectorOf(counted.baseline);
  const sums = detector?.add(counted.sums, loss) ?? counted.sums;
  const seen = { ...counted, losses: added(counted.losses, loss), sums };
  const after =
    detector !== undefined && detector.level(sums) >= 1
      ? suspend(seen, 'regression', settings, now)
      : climb(seen, settings, now);
  return { record: after.record, events: [...events, ...after.events] };
}

function withCost(record: EvidenceRecord, { cheap, strong, shadow, judge }: ComparisonCost): EvidenceRecord {
  const { money } = record;
  const spent = { ...money, shadow: money.shadow + (shadow ?? 0), judge: money.judge + judge };
  const priced = cheap !== undefined && strong !== undefined;
  return {
    ...record,
    money: priced
      ? { ...spent, priced: money.priced + 1, cheap: money.cheap + cheap, strong: money.strong + strong }
      : spent,
  };
}

const ASPECTS = [
  ['cheap', 'model'],
  ['strong', 'model'],
  ['prompt', 'prompt'],
  ['price', 'price'],
] as const;

/** Begins anew where a model, the prompt or a price is another one than those the evidence is about. */
function underCircumstances(
  record: EvidenceRecord,
  seen: Circumstances,
  now: number,
): { readonly record: EvidenceRecord; readonly why: Renewal | undefined } {
  let why: Renewal | undefined;
  const known = { ...record.known };
  for (const [aspect, reason] of ASPECTS) {
    const name = seen[aspect];
    if (name === undefined || known[aspect].includes(name)) continue;
    if (known[aspect].length > 0) why ??= reason;
    // A provider that moves to a new version may answer with either for hours: the mixture is what is judged then.
    const mixture = record.renewed !== null && record.renewed !== 'retry' && now - record.renewedAt < MIXTURE_WITHIN;
    known[aspect] = mixture ? [...known[aspect], name].slice(-8) : [name];
  }
  if (why === undefined) return { record: { ...record, known }, why };
  return { record: renewed(record, why, known, now), why };
}

/** Nothing learned so far counts any more. What was changed is a new question; another try at the same one has its own part of the doubt. */
function renewed(record: EvidenceRecord, why: Renewal, known: EvidenceRecord['known'], now: number): EvidenceRecord {
  return {
    ...record,
    state: record.state === 'observe' ? 'observe' : 'shadow',
    since: now,
    attempt: why === 'retry' ? record.attempt + 1 : 1,
    suspended: null,
    until: 0,
    renewed: why,
    renewedAt: now,
    trial: 0,
    losses: {},
    baseline: null,
    sums: [],
    watchable: null,
    known,
    // What it pays is asked anew as well; what was saved and spent stays told.
    money: { ...record.money, priced: 0, cheap: 0, strong: 0 },
    outcomes: { cheap: {}, strong: {} },
  };
}

function withOutcome(record: EvidenceRecord, side: 'cheap' | 'strong', score: number): EvidenceRecord {
  if (record.state === 'suspended' || record.state === 'observe') return record;
  return { ...record, outcomes: { ...record.outcomes, [side]: added(record.outcomes[side], score) } };
}

function added(counts: TickCounts, value: number): TickCounts {
  const bound = new MeanBound(counts);
  bound.add(value);
  return bound.toJSON();
}
