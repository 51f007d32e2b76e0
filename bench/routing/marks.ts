import { digits } from '../measure/statistics.ts';
import type { Comparison } from './compare.ts';
import { type Abstention, DELTA, type GateResult } from './gate.ts';
import { OURS } from './routers.ts';
import type { Timing } from './timing.ts';

/** Everything one pair of models gave. */
export interface PairResults {
  readonly pair: string;
  readonly inDistribution: Comparison;
  readonly unseen: Comparison;
  readonly gate: GateResult;
  readonly known: Abstention;
  readonly unknown: Abstention;
}

/** A number to hold, and whether it is held. */
export interface Verdict {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  readonly verdict: 'held' | 'MISSED';
}

type Bound = 'above' | 'at least' | 'at most' | 'below';

function verdict(what: string, bound: Bound, limit: number, value: number, unit = ''): Verdict {
  const held =
    (bound === 'above' && value > limit) ||
    (bound === 'at least' && value >= limit) ||
    (bound === 'at most' && value <= limit) ||
    (bound === 'below' && value < limit);
  const show = (one: number) => `${unit === '' ? one.toFixed(3) : digits(one)}${unit === '' ? '' : ` ${unit}`}`;
  return { what, limit: `${bound} ${show(limit)}`, measured: show(value), verdict: held ? 'held' : 'MISSED' };
}

export function pairMarks({ pair, inDistribution, unseen, gate, unknown }: PairResults): Verdict[] {
  const ours = inDistribution.lines.find(({ router }) => router === OURS.name);
  const abroad = unseen.lines.find(({ router }) => router === OURS.name);
  const named = (what: string) => `${what}; ${pair}`;
  return [
    verdict(named('APGR over random, lower end of 95%'), 'above', 0, (ours?.low ?? Number.NaN) - 0.5),
    ...inDistribution.differences.map(({ over, low }) =>
      verdict(named(`APGR over ${over}, lower end of 95%`), 'above', 0, low),
    ),
    verdict(named('APGR on unseen tasks, upper end of 95%'), 'at least', 0.5, abroad?.high ?? Number.NaN),
    verdict(named('requests of an unseen route key that are observed'), 'at least', 100, 100 * unknown.byKey, '%'),
    verdict(named('held-out loss of what the gate admits'), 'at most', 100 * DELTA, 100 * gate.loss, 'points'),
    verdict(named('the same, upper end of 95%'), 'at most', 100 * DELTA, 100 * gate.high, 'points'),
    verdict(named('halves as evidence that admit a bad key'), 'at most', 5, 100 * gate.badSplits, '%'),
  ];
}

export function timeMarks(usual: readonly Timing[], worst: readonly Timing[]): Verdict[] {
  return [
    ...usual.map(({ name, p99 }) =>
      verdict(`p99 of a decision, ${name}`, 'below', name.startsWith('2 kB') ? 60 : 1_000, p99, 'us'),
    ),
    ...worst.map(({ name, p99 }) => verdict(`p99 of a decision, ${name}`, 'below', 2_000, p99, 'us')),
  ];
}
