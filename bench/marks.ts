import { ADDED_METRIC, MANY_SQLITE, ONE_REDIS, ONE_SQLITE, RATIO_METRIC } from './budgets/cost.ts';
import {
  ANSWERED_METRIC as BOUGHT_METRIC,
  BUYS,
  ON_REDIS,
  ON_SQLITE,
  OVERSPENT_METRIC,
  PHANTOM_METRIC,
  UNNAMED_METRIC,
} from './budgets/holds.ts';
import { ADDED_WHILE_AWAY_METRIC, DISOBEYED_METRIC, FROZEN, GONE, RECOVERED_METRIC } from './budgets/outage.ts';
import { AFTER_METRIC, BEFORE_METRIC, TRIPS_METRIC } from './budgets/round-trips.ts';
import { HIT_P99_METRIC, HIT_RATIO_METRIC } from './cache-hits.ts';
import { CPU_METRIC } from './cpu.ts';
import {
  ALL_DOWN,
  ANSWERED_METRIC,
  DEAD_PRIMARY,
  PENALTY_METRIC,
  RANDOM_FAULTS,
  TRIES_METRIC,
  TRUNCATED_METRIC,
} from './faults.ts';
import { LATENCY_RATE, P50_METRIC, P99_METRIC, STEADY } from './latency.ts';
import { PAYLOAD_SIZES, type PayloadName } from './load/payloads.ts';
import { type Figure, type Lookup, lookupIn, pairwise } from './measure/figure.ts';
import { digits, median } from './measure/statistics.ts';
import { FLAT_METRIC, FRESH, IDLE_METRIC } from './memory.ts';
import type { SectionName } from './options.ts';
import { BACK_TO_BACK, EVENT_METRIC, PACED } from './stream.ts';
import type { SubjectName } from './subjects/subject.ts';
import { dearestTranslation, type Way } from './translate.ts';

/** A number that Breakwater has to hold. */
export interface Mark {
  readonly section: SectionName;
  readonly what: string;
  readonly bound: 'at most' | 'below' | 'at least';
  readonly limit: number;
  readonly unit: 'x' | 'ms' | 'us' | '%' | 'MB' | 'tries' | 'answers' | 's' | 'MB/h' | 'calls' | 'n$';
  /** The measured value; undefined where it was not measured. */
  readonly value: (lookup: Lookup) => number | undefined;
}

export interface Verdict {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  readonly verdict: 'held' | 'MISSED' | 'not measured';
}

const ratio = (a: number, b: number) => a / b;
const difference = (a: number, b: number) => a - b;

function cpuRatio(who: SubjectName, size: PayloadName, base: SubjectName, limit: number): Mark {
  return {
    section: 'cpu',
    what: `CPU, ${size}, ${who === 'spliced' ? 'model name changed, ' : ''}over ${base}`,
    bound: 'at most',
    limit,
    unit: 'x',
    value: (lookup) => pairwise(lookup(CPU_METRIC, size, who), lookup(CPU_METRIC, size, base), ratio),
  };
}

function eventRatio(pace: string, limit: number): Mark {
  return {
    section: 'stream',
    what: `CPU of a stream event, ${pace}, over bare`,
    bound: 'at most',
    limit,
    unit: 'x',
    value: (lookup) => pairwise(lookup(EVENT_METRIC, pace, 'breakwater'), lookup(EVENT_METRIC, pace, 'bare'), ratio),
  };
}

/** Translating an event, whatever the pair, over passing one on. */
function translationRatio(pace: string, over: keyof Way): Mark {
  return {
    section: 'translate',
    what: `CPU of a translated event, dearest pair, ${pace}, over the ${over}'s passthrough`,
    bound: 'at most',
    limit: 3,
    unit: 'x',
    value: (lookup) => dearestTranslation(lookup, pace, over),
  };
}

function addedLatency(metric: string, name: string, limit: number): Mark {
  return {
    section: 'latency',
    what: `added latency at ${LATENCY_RATE}/s, ${name}, over direct`,
    bound: 'below',
    limit,
    unit: 'ms',
    value: (lookup) => pairwise(lookup(metric, STEADY, 'breakwater'), lookup(metric, STEADY, 'direct'), difference),
  };
}

/** A figure of Breakwater alone. */
function own(
  section: SectionName,
  what: string,
  bound: Mark['bound'],
  limit: number,
  unit: Mark['unit'],
  metric: string,
  circumstance: string,
): Mark {
  const value = (lookup: Lookup) => {
    const rounds = lookup(metric, circumstance, 'breakwater');
    return rounds === undefined ? undefined : median(rounds);
  };
  return { section, what, bound, limit, unit, value };
}

/** A budget that buys exactly so many, and what follows a crash; on each kind of store. */
function holds(store: string): Mark[] {
  const mark = (what: string, bound: Mark['bound'], limit: number, unit: Mark['unit'], metric: string) =>
    own('budgets', `${what}, ${store}`, bound, limit, unit, metric, store);
  const what = `answered of 200 at once on a budget for ${BUYS}`;
  return [
    mark(what, 'at least', BUYS, 'answers', BOUGHT_METRIC),
    mark(what, 'at most', BUYS, 'answers', BOUGHT_METRIC),
    mark('refusals that do not name scope and reset', 'at most', 0, 'answers', UNNAMED_METRIC),
    mark('spent, off from what was answered', 'at most', 0, 'n$', OVERSPENT_METRIC),
    mark('held a minute after kill -9 mid-flight', 'at most', 0, 'n$', PHANTOM_METRIC),
  ];
}

/** Requests with a budget while its Redis is away, and after. */
function outage(how: string): Mark[] {
  const mark = (what: string, limit: number, unit: Mark['unit'], metric: string) =>
    own('budgets', `${how}: ${what}`, 'at most', limit, unit, metric, how);
  return [
    mark('added to a request at worst', 60, 'ms', ADDED_WHILE_AWAY_METRIC),
    mark('requests not treated as the policy says', 0, 'answers', DISOBEYED_METRIC),
    mark('until requests are answered again', 5, 's', RECOVERED_METRIC),
  ];
}

/** The numbers to hold. */
export const MARKS: readonly Mark[] = [
  cpuRatio('breakwater', '1 kB', 'bare', 2.2),
  cpuRatio('breakwater', '20 kB', 'bare', 2.5),
  cpuRatio('breakwater', '500 kB', 'bare', 6),
  cpuRatio('spliced', '1 kB', 'bare', 2.2),
  cpuRatio('spliced', '20 kB', 'bare', 2.5),
  cpuRatio('spliced', '500 kB', 'bare', 6),
  cpuRatio('breakwater', '1 kB', 'portkey', 0.33),
  cpuRatio('breakwater', '20 kB', 'portkey', 0.25),
  cpuRatio('breakwater', '500 kB', 'portkey', 0.17),
  eventRatio(PACED, 1.5),
  eventRatio(BACK_TO_BACK, 2),
  translationRatio(PACED, 'target'),
  translationRatio(PACED, 'client'),
  translationRatio(BACK_TO_BACK, 'target'),
  translationRatio(BACK_TO_BACK, 'client'),
  addedLatency(P50_METRIC, 'p50', 1),
  addedLatency(P99_METRIC, 'p99', 5),
  own('faults', 'answered, 20% faults', 'at least', 99.95, '%', ANSWERED_METRIC, RANDOM_FAULTS.at20.name),
  own('faults', 'tries a request, 20% faults', 'at most', 1.35, 'tries', TRIES_METRIC, RANDOM_FAULTS.at20.name),
  own('faults', 'answered, 30% faults', 'at least', 99.8, '%', ANSWERED_METRIC, RANDOM_FAULTS.at30.name),
  own(
    'faults',
    'answered, 20% faults, streams break, held',
    'at least',
    99.95,
    '%',
    ANSWERED_METRIC,
    RANDOM_FAULTS.held20.name,
  ),
  own(
    'faults',
    'tries a request, 20% faults, streams break, held',
    'at most',
    1.35,
    'tries',
    TRIES_METRIC,
    RANDOM_FAULTS.held20.name,
  ),
  own(
    'faults',
    'answered, 30% faults, streams break, held',
    'at least',
    99.8,
    '%',
    ANSWERED_METRIC,
    RANDOM_FAULTS.held30.name,
  ),
  ...Object.values(RANDOM_FAULTS).map(({ name }) =>
    own('faults', `truncated shown as whole, ${name}`, 'at most', 0, 'answers', TRUNCATED_METRIC, name),
  ),
  own('faults', 'answered, primary dead', 'at least', 100, '%', ANSWERED_METRIC, DEAD_PRIMARY),
  own('faults', 'p99 penalty, primary dead, circuit open', 'below', 5, 'ms', PENALTY_METRIC, DEAD_PRIMARY),
  own('faults', 'tries a request, everything down', 'at most', 1.1, 'tries', TRIES_METRIC, ALL_DOWN),
  own('memory', 'RSS idle', 'below', 120, 'MB', IDLE_METRIC, FRESH),
  own('memory', 'RSS slope beyond noise, soak of 10 min or more', 'at most', 0, 'MB/h', FLAT_METRIC, 'soak'),
  own('budgets', `CPU added, ${ONE_SQLITE}`, 'at most', 40, 'us', ADDED_METRIC, ONE_SQLITE),
  own('budgets', 'CPU of a request, 5,000 tenants over one, SQLite', 'at most', 1.1, 'x', RATIO_METRIC, MANY_SQLITE),
  own('budgets', 'Redis scripts before the call', 'at most', 1.02, 'calls', BEFORE_METRIC, ONE_REDIS),
  own('budgets', 'Redis scripts after the call', 'at most', 1.02, 'calls', AFTER_METRIC, ONE_REDIS),
  own('budgets', 'Redis round trips a request', 'at most', 2.05, 'calls', TRIPS_METRIC, ONE_REDIS),
  ...holds(ON_SQLITE),
  ...holds(ON_REDIS),
  ...outage(FROZEN),
  ...outage(GONE),
  ...PAYLOAD_SIZES.map(({ name }) =>
    own('cache', `CPU of an exact hit over a proxied call, ${name}`, 'below', 1, 'x', HIT_RATIO_METRIC, name),
  ),
  own('cache', 'p99 of an exact hit over a bare handler, 1 kB', 'below', 1, 'ms', HIT_P99_METRIC, '1 kB, one client'),
];

/** The verdicts on the numbers that these sections measure. */
export function judge(figures: readonly Figure[], sections: readonly SectionName[]): Verdict[] {
  const lookup = lookupIn(figures);
  return MARKS.filter((mark) => sections.includes(mark.section)).map((mark) => {
    const value = mark.value(lookup);
    const limit = `${mark.bound} ${mark.limit} ${mark.unit}`;
    if (value === undefined) return { what: mark.what, limit, measured: '-', verdict: 'not measured' };
    return {
      what: mark.what,
      limit,
      measured: `${digits(value, mark.unit === '%')} ${mark.unit}`,
      verdict: isHeld(mark, value) ? 'held' : 'MISSED',
    };
  });
}

/** NaN holds nothing. */
function isHeld(mark: Mark, value: number): boolean {
  if (mark.bound === 'at least') return value >= mark.limit;
  return mark.bound === 'below' ? value < mark.limit : value <= mark.limit;
}
