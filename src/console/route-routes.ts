import type { FastifyInstance } from 'fastify';
import { ownFailure } from '../failures/own-errors.ts';
import type { PairReport } from '../routing/evidence/report.ts';
import { AdminRefused } from './administration.ts';
import { numberIn, readFields } from './read-input.ts';

/** What an operator can see of the evidence for routes. */
export interface RouteAdministration {
  /** Of one tenant, or of all. */
  report(tenant: string | undefined): readonly PairReport[];
}

const MOST = 1_000;
const USUAL = 100;

/** `GET /admin/routes`: kinds of work of which this process keeps evidence; those with most requests first. */
export function routeRoutes(scope: FastifyInstance, routes: () => RouteAdministration | undefined): void {
  scope.get('/routes', async (request) => {
    const { tenant, limit } = readFields(request.query, ['tenant', 'limit']);
    const most = numberIn(limit) ?? USUAL;
    if (!(most >= 1 && most <= MOST))
      throw new AdminRefused(ownFailure('wrong_type', `limit: expected a whole number from 1 to ${MOST}`, 'limit'));
    const administration = routes();
    if (administration === undefined)
      throw new AdminRefused(ownFailure('admin_off', 'No routing policy in the configuration keeps evidence.'));
    const all = administration.report(tenant);
    const first = [...all].sort((a, b) => b.seen - a.seen).slice(0, most);
    return { routes: first.map(shown), total: all.length };
  });
}

/** Dollars and ISO times, for people. */
function shown({ saved, spent, net, economy, since, ...rest }: PairReport): object {
  return {
    ...rest,
    since: new Date(since).toISOString(),
    savedUsd: usd(saved),
    spentUsd: { shadow: usd(spent.shadow), judge: usd(spent.judge) },
    netUsd: usd(net),
    per1000Requests:
      economy === undefined
        ? undefined
        : {
            savesUsd: usd(economy.saving * 1000),
            watchingUsd: usd(economy.watching * 1000),
            netUsd: usd(economy.net * 1000),
          },
  };
}

function usd(nanos: number): number {
  return Math.round(nanos) / 1e9;
}
