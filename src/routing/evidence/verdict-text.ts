import type { EvidenceSettings } from '../../config/routing-config.ts';
import { MeanBound } from '../../statistics/mean-bound.ts';
import { economyOf } from './economy.ts';
import type { EvidenceRecord } from './record.ts';
import { confidenceOf, LEAST_COMPARED, OBSERVED, TRIAL } from './terms.ts';

/** What the evidence says, in a sentence or two for a person, with the numbers. */
export function verdictText(record: EvidenceRecord, settings: EvidenceSettings): string {
  const { state, seen, trial, attempt } = record;
  const loss = new MeanBound(record.losses);
  const confidence = confidenceOf(attempt);
  const measured = `${loss.n} compared, loss ${points(loss.mean)}, at most ${points(loss.upper(confidence))}`;
  const accepted = `${points(settings.delta)} accepted`;
  switch (state) {
    case 'observe':
      return `Too little traffic to learn from: ${seen} of ${OBSERVED} requests.`;
    case 'shadow':
      return loss.n < LEAST_COMPARED
        ? `Comparing: ${loss.n} of at least ${LEAST_COMPARED}.${unclear(record)}`
        : `Not known to be good enough: ${measured}, ${accepted}.${unclear(record)}`;
    case 'canary':
      if (record.watchable === false)
        return `Not admitted: ${measured}, ${accepted}, but the models differ so often that a drop of ten points would not be noticed in time.`;
      return settings.canary > 0
        ? `On trial with a small share: ${measured}, ${accepted}, ${Math.min(trial, TRIAL)} of ${TRIAL} answers given.`
        : `Nearly good enough: ${measured}, ${accepted}.`;
    case 'admitted':
      return `Good enough: ${measured}, ${accepted}.${pays(record, settings)}`;
    case 'suspended':
      return suspendedText(record, settings, measured, accepted);
  }
}

function suspendedText(record: EvidenceRecord, settings: EvidenceSettings, measured: string, accepted: string): string {
  const again = `To be tried again after ${new Date(record.until).toISOString()}.`;
  switch (record.suspended) {
    case 'cost':
      return `Routing does not pay here:${pays(record, settings)} ${again}`;
    case 'regression':
      return `The cheap model has become worse than it was admitted with: ${measured}. ${again}`;
    case 'outcomes': {
      const cheap = new MeanBound(record.outcomes.cheap);
      const strong = new MeanBound(record.outcomes.strong);
      return `Routing does not pay here: reported outcomes of the cheap model are ${percent(cheap.mean)} (${cheap.n}), of the strong one ${percent(strong.mean)} (${strong.n}). ${again}`;
    }
    default:
      return `Routing does not pay here: ${measured}, ${accepted}. ${again}`;
  }
}

/** What a thousand requests save, and what watching them costs. */
function pays(record: EvidenceRecord, { shadow }: EvidenceSettings): string {
  const economy = economyOf(record, shadow);
  if (economy === undefined) return '';
  const { saving, watching, net } = economy;
  return ` 1,000 requests save ${usd(saving * 1000)} and cost ${usd(watching * 1000)} to watch, ${usd(net * 1000)} net.`;
}

function unclear({ results }: EvidenceRecord): string {
  const { undecided, unavailable } = results;
  const parts = [
    ...(undecided > 0 ? [`${undecided} could not be judged`] : []),
    ...(unavailable > 0 ? [`${unavailable} got no second answer or no judge`] : []),
  ];
  return parts.length === 0 ? '' : ` ${parts.join(', ')}.`;
}

function points(share: number): string {
  return `${(share * 100).toFixed(1)} points`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

function usd(nanos: number): string {
  return `${nanos < 0 ? '-' : ''}$${Math.abs(nanos / 1e9).toFixed(4)}`;
}
