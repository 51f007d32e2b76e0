import { isFinished } from '../cache/exact/finished.ts';
import type { LiveAnswer } from '../cache/semantic/lookup-result.ts';
import type { SemanticCache } from '../cache/semantic/semantic-cache.ts';
import type { CacheEntry, NearQuestion } from '../cache/store/cache-store.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import type { JsonRecord } from '../failures/json-record.ts';
import type { CacheVisit, NearVisit } from './cache-visit.ts';
import type { Exchange } from './exchange.ts';
import { textOf } from './internal-call.ts';
import { routeCacheOf } from './route-cache.ts';

/** Keeps an answer, findable for near questions too. @param keep keeps it under its own request, and what is given for near ones */
export function keepNear(
  semantic: SemanticCache,
  exchange: Exchange,
  { near }: CacheVisit,
  keep: (near: NearQuestion | undefined) => CacheEntry | undefined,
): CacheEntry | undefined {
  const settings = routeCacheOf(exchange).semantic;
  if (near === undefined || settings === undefined) return keep(undefined);
  const kept = ({ place }: NearVisit) => {
    const entry = keep(place);
    if (entry !== undefined && place !== undefined) semantic.keep(entry, place, settings);
    return entry;
  };
  if (!(near instanceof Promise)) return kept(near);
  // Kept at once for the same request, and again when it is known where near ones look.
  semantic.after(near.then((found) => void (found.place === undefined || kept(found))));
  return keep(undefined);
}

/** What came of asking an audited question live is compared with the kept answer. */
export function tellAudit(semantic: SemanticCache, { near }: CacheVisit, live: LiveAnswer): void {
  if (near === undefined) return;
  const tell = ({ audit }: NearVisit) => {
    if (audit !== undefined) semantic.audited(audit, live);
  };
  if (near instanceof Promise) semantic.after(near.then(tell));
  else tell(near);
}

/** @param answer what the named target has answered, in the client's dialect: finished or not */
export function liveAnswer({ endpoint }: Exchange, answer: JsonRecord | undefined): LiveAnswer {
  const dialect = chatDialect(endpoint);
  const finished = answer !== undefined && dialect !== undefined && isFinished(endpoint, answer);
  const text = finished ? textOf(dialect, answer) : undefined;
  return text === undefined ? { kind: 'other' } : { kind: 'text', text };
}
