import type { SemanticCache } from '../cache/semantic/semantic-cache.ts';
import type { CacheEntry, NearQuestion } from '../cache/store/cache-store.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import type { JsonRecord } from '../failures/json-record.ts';
import type { CacheVisit, NearVisit } from './cache-visit.ts';
import type { Exchange } from './exchange.ts';
import { textOf } from './internal-call.ts';

/** Keeps an answer, findable for near questions too. @param keep keeps it under its own request, and what is given for near ones */
export function keepNear(
  semantic: SemanticCache,
  exchange: Exchange,
  { near }: CacheVisit,
  keep: (near: NearQuestion | undefined) => CacheEntry | undefined,
): CacheEntry | undefined {
  const settings = exchange.chain.model.cache.semantic;
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

/** The live answer to an audited question: compared with the kept one. Undefined: it failed, or is no answer to compare with. */
export function tellAudit(
  semantic: SemanticCache,
  { endpoint }: Exchange,
  { near }: CacheVisit,
  answer: JsonRecord | undefined,
): void {
  if (near === undefined) return;
  const dialect = chatDialect(endpoint);
  const tell = ({ audit }: NearVisit) => {
    if (audit === undefined) return;
    semantic.audited(audit, answer === undefined || dialect === undefined ? undefined : textOf(dialect, answer));
  };
  if (near instanceof Promise) semantic.after(near.then(tell));
  else tell(near);
}
