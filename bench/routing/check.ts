import { apgr, rank } from '../../src/routing/score/apgr.ts';
import { type Case, casesOf, type OutcomeRow, PAIRS } from './data.ts';
import { taskMeans } from './routers.ts';

/** Figures that whoever published the data gives for it, on the first pair, to check an implementation by. */
const EXPECTED: readonly {
  readonly what: string;
  readonly want: (cases: readonly Case[]) => number[];
  readonly apgr: string;
}[] = [
  { what: 'length', want: (cases) => cases.map(({ length }) => length), apgr: '0.586' },
  { what: 'oracle', want: (cases) => cases.map(({ uplift }) => uplift), apgr: '1.014' },
  {
    what: 'task means of the same rows',
    want: (cases) => {
      const means = taskMeans(cases);
      return cases.map(({ key }) => means.get(key) ?? 0);
    },
    apgr: '0.745',
  },
];

/** @throws Error where the data or the metric is not what it should be: then no figure of this bench means anything */
export function checkImplementation(rows: readonly OutcomeRow[]): string {
  const [pair] = PAIRS;
  if (pair === undefined) throw new Error('no pair of models');
  const cases = casesOf(rows, pair);
  const uplift = cases.map((one) => one.uplift);
  const found = EXPECTED.map(({ what, want, apgr: expected }) => {
    const value = apgr(rank(want(cases)), uplift).toFixed(3);
    if (value !== expected) throw new Error(`APGR of ${what} is ${value} where ${expected} is known to be right`);
    return `${what} ${value}`;
  });
  return `Check of the metric on known values (${pair.name}): ${found.join(', ')}.`;
}
