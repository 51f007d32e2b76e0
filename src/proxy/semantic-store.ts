import type { SemanticCache } from '../cache/semantic/semantic-cache.ts';
import type { CacheEntry, NearQuestion } from '../cache/store/cache-store.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import type { JsonRecord } from '../failures/json-record.ts';
import type { CacheVisit } from './cache-visit.ts';
import type { Exchange } from './exchange.ts';
import { textOf } from './internal-call.ts';

/** Makes a kept answer findable for near questions, once its place is known. */
export function keepNear(
  semantic: SemanticCache,
  { chain }: Exchange,
  { near }: CacheVisit,
  keep: (near: NearQuestion | undefined) => CacheEntry | undefined,
): CacheEntry | undefined {
  const settings = chain.model.cache.semantic;
  const place = near?.place;
  if (settings === undefined || place === undefined) return keep(undefined);
  if (!(place instanceof Promise)) {
    const entry = keep(place);
    if (entry !== undefined) semantic.keep(entry, place, settings);
    return entry;
  }
  const entry = keep(undefined);
  // Kept at once for the same request, and again when it is known where near ones look.
  void place.then((found) => {
    const again = found && keep(found);
    if (found !== undefined && again !== undefined) semantic.keep(again, found, settings);
  });
  return entry;
}

/** The live answer to an audited question: compared with the kept one. Undefined: it failed, or is no answer to compare with. */
export function tellAudit(
  semantic: SemanticCache,
  { endpoint }: Exchange,
  visit: CacheVisit,
  answer: JsonRecord | undefined,
): void {
  const audit = visit.near?.audit;
  if (audit === undefined) return;
  const dialect = chatDialect(endpoint);
  semantic.audited(audit, answer === undefined || dialect === undefined ? undefined : textOf(dialect, answer));
}
