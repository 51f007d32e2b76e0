import { catalogue } from './catalogue.ts';
import { type CodingSession, coding } from './coding.ts';
import { CLASSIFIER, CONTRACTS, desk, EXTRACTOR } from './documents.ts';
import { Draws } from './draws.ts';
import { polls } from './polls.ts';
import type { Day, DayRequest } from './request.ts';
import { support } from './support.ts';
import { reasoning, research } from './thinkers.ts';

/** How much of everything. */
export interface DaySize {
  /** Questions to each of the two help desks. */
  readonly support: number;
  /** Services that are polled, and for how much of the day. */
  readonly services: number;
  readonly polled: number;
  readonly tickets: number;
  readonly invoices: number;
  readonly contracts: number;
  readonly documents: number;
  readonly hardQuestions: number;
  readonly coding: readonly CodingSession[];
  /** With the labelled question pairs that are kept outside the repository, where they are there. */
  readonly shared: boolean;
}

const usual: CodingSession = { jobs: 8, steps: 6, result: 2_500 };
/** Ends with about 180,000 tokens. */
const long: CodingSession = { jobs: 25, steps: 7, result: 3_300 };

export const WHOLE_DAY: DaySize = {
  support: 2_000,
  services: 6,
  polled: 1,
  tickets: 1_200,
  invoices: 700,
  contracts: 400,
  documents: 80,
  hardQuestions: 250,
  coding: [usual, usual, usual, usual, long, usual, usual, long],
  shared: true,
};

/** A few hundred requests, from what is in the repository alone. */
export const SMALL_DAY: DaySize = {
  support: 150,
  services: 2,
  polled: 0.25,
  tickets: 60,
  invoices: 30,
  contracts: 20,
  documents: 4,
  hardQuestions: 12,
  coding: [{ jobs: 3, steps: 3, result: 1_500 }],
  shared: false,
};

/** The same day for the same seed and size. */
export function generateDay(seed: number, size: DaySize): Day {
  const draws = new Draws(seed);
  const known = catalogue(draws.of('catalogue'), size.shared);
  // Two companies with the same questions and their own answers: one must never get the other's.
  const requests = [
    ...support(draws.of('northwind'), 'northwind', known, size.support),
    ...support(draws.of('contoso'), 'contoso', known, size.support),
    ...polls(draws.of('polls'), 'northwind', size.services, size.polled),
    ...desk(draws.of('tickets'), 'contoso', CLASSIFIER, size.tickets),
    ...desk(draws.of('invoices'), 'contoso', EXTRACTOR, size.invoices),
    ...desk(draws.of('contracts'), 'fabrikam', CONTRACTS, size.contracts),
    ...research(draws.of('research'), 'fabrikam', size.documents),
    ...reasoning(draws.of('reasoning'), 'fabrikam', size.hardQuestions),
    ...coding(draws.of('coding'), 'northwind', size.coding),
  ].sort(earlierFirst);
  return { seed, requests, tenants: ['northwind', 'contoso', 'fabrikam'], missing: known.missing };
}

function earlierFirst(a: DayRequest, b: DayRequest): number {
  return a.at - b.at || (a.id < b.id ? -1 : 1);
}
