import { catalogue } from './catalogue.ts';
import { coding } from './coding.ts';
import { CLASSIFIER, CONTRACTS, desk, EXTRACTOR } from './documents.ts';
import { Draws } from './draws.ts';
import { polls } from './polls.ts';
import type { Day, DayRequest } from './request.ts';
import type { DaySize } from './size.ts';
import { support } from './support.ts';
import { reasoning, research } from './thinkers.ts';

/** The same day for the same seed and size. */
export function generateDay(seed: number, size: DaySize): Day {
  const draws = new Draws(seed);
  const known = catalogue(draws.of('catalogue'), size.shared);
  // Two companies with the same questions and their own answers: one must never get the other's.
  const requests = [
    ...support(draws.of('northwind'), 'northwind', known, size),
    ...support(draws.of('contoso'), 'contoso', known, size),
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
