import type { FastifyInstance } from 'fastify';
import type { SemanticReport } from '../cache/semantic/semantic-report.ts';
import type { CacheStats, PurgeFilter } from '../cache/store/cache-store.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { AdminRefused } from './administration.ts';
import { readFields } from './read-input.ts';

/** What an operator can see and do of the cache. Both reject where its store cannot be reached. */
export interface CacheAdministration {
  report(): Promise<CacheReport>;
  /** @returns how many answers went */
  purge(filter: PurgeFilter): Promise<number>;
}

export interface CacheReport {
  readonly answers: CacheStats;
  /** Undefined: no route has a semantic cache. */
  readonly semantic: SemanticReport | undefined;
}

const FIELDS = ['tenant', 'model', 'user', 'tag', 'id', 'scope', 'epoch'] as const;

/** `GET` and `DELETE /admin/cache`. */
export function cacheRoutes(
  scope: FastifyInstance,
  cache: () => CacheAdministration | undefined,
  acted: (text: string) => void,
): void {
  scope.get('/cache', async (request) => {
    readFields(request.query, []);
    return open(cache).report();
  });
  scope.delete('/cache', async (request) => {
    const fields = readFields(request.query, FIELDS);
    const filter = filterFrom(fields);
    const removed = await open(cache).purge(filter);
    const what = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
    acted(`${request.adminKey} purged ${removed} answers from the cache: ${what.join(', ')}`);
    return { removed };
  });
}

function filterFrom({
  id: key,
  ...rest
}: Readonly<Partial<Record<(typeof FIELDS)[number], string | undefined>>>): PurgeFilter {
  const given = Object.entries({ ...rest, key }).filter(([, value]) => value !== undefined);
  if (given.length === 0)
    throw refused('missing', `name what is to go: ${FIELDS.join(', ')}; of several, all must fit`);
  if (rest.scope !== undefined && rest.tag !== undefined) throw refused('wrong_type', 'scope: not together with tag');
  if (rest.scope !== undefined && rest.tenant === undefined) throw refused('missing', 'scope: needs the tenant');
  return Object.fromEntries(given);
}

function refused(code: 'missing' | 'wrong_type', message: string): AdminRefused {
  return new AdminRefused(ownFailure(code, message));
}

function open(cache: () => CacheAdministration | undefined): CacheAdministration {
  const administration = cache();
  if (administration !== undefined) return administration;
  throw new AdminRefused(ownFailure('admin_off', 'There is no cache in the configuration.'));
}
