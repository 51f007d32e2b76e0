import type { FastifyInstance } from 'fastify';
import { didYouMean } from '../config/suggest.ts';
import { adminRoutes } from '../console/admin-routes.ts';
import { type Administration, AdminRefused } from '../console/administration.ts';
import type { AuditAdministration } from '../console/audit-routes.ts';
import type { CacheAdministration } from '../console/cache-routes.ts';
import { LocalAdministration } from '../console/local-administration.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { sendOwn } from './own-reply.ts';
import type { Runtime } from './runtime.ts';
import type { Tenancy } from './tenancy.ts';

/** The admin API over the tenants of this process. */
export function serveAdmin(app: FastifyInstance, runtime: Runtime): void {
  let made: { readonly tenancy: Tenancy; readonly administration: Administration } | undefined;
  adminRoutes(app, {
    admin: () => runtime.config.admin,
    administration: () => {
      const { tenancy } = runtime;
      if (tenancy === undefined) return undefined;
      if (made?.tenancy !== tenancy) made = { tenancy, administration: administrationOf(runtime, tenancy) };
      return made.administration;
    },
    cache: () => cacheAdministration(runtime),
    audit: () => auditAdministration(runtime),
    routes: () => runtime.shadows?.evidence,
    refuse: (reply, failure) => sendOwn(reply, failure, runtime.telemetry),
    acted: (text) => runtime.telemetry.notice(text),
    defect: (error) => runtime.telemetry.defect(error),
  });
}

function administrationOf(runtime: Runtime, tenancy: Tenancy): Administration {
  return new LocalAdministration({
    config: () => runtime.config,
    budgets: tenancy.budgets,
    keys: tenancy.keys,
    clock: runtime.clock,
    heldKnown: true,
    tell: (event) => tenancy.tell(event),
    // Other processes look for themselves within a second; a key revoked here is refused here at once.
    keysChanged: () => tenancy.directory.refresh(),
  });
}

function auditAdministration({ audit, config }: Runtime): AuditAdministration | undefined {
  if (audit === undefined) return undefined;
  return {
    report: ({ tenant, top }) => {
      if (tenant !== undefined && !config.tenants.has(tenant))
        throw new AdminRefused(
          ownFailure(
            'unknown_tenant',
            `There is no tenant "${tenant}".${didYouMean(tenant, config.tenants.keys())}`,
            'tenant',
          ),
        );
      return audit.report({ tenant, top });
    },
  };
}

function cacheAdministration({ cache, semantic }: Runtime): CacheAdministration | undefined {
  if (cache === undefined) return undefined;
  return {
    report: async () => ({ answers: await cache.stats(), semantic: await semantic?.report() }),
    purge: async (filter) => {
      const removed = await cache.purge(filter);
      await semantic?.purge(filter);
      return removed;
    },
  };
}
