import type { FastifyInstance } from 'fastify';
import type { AuditReport } from '../context/audit/audit-report.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { AdminRefused } from './administration.ts';
import { numberIn, readFields } from './read-input.ts';

/** What an operator can see of what system prompts and tools cost. */
export interface AuditAdministration {
  /** @throws {AdminRefused} for a tenant that is not there */
  report(wish: { readonly tenant: string | undefined; readonly top: number | undefined }): AuditReport;
}

const MOST_PROMPTS = 1_000;

/** `GET /admin/audit`. */
export function auditRoutes(scope: FastifyInstance, audit: () => AuditAdministration | undefined): void {
  scope.get('/audit', async (request) => {
    const { tenant, limit } = readFields(request.query, ['tenant', 'limit']);
    const top = numberIn(limit);
    if (top !== undefined && !(top >= 1 && top <= MOST_PROMPTS))
      throw new AdminRefused(
        ownFailure('wrong_type', `limit: expected a whole number from 1 to ${MOST_PROMPTS}`, 'limit'),
      );
    const administration = audit();
    if (administration !== undefined) return administration.report({ tenant, top });
    throw new AdminRefused(
      ownFailure('admin_off', 'No account of prompts is kept. Add this to the configuration: telemetry: {audit: on}'),
    );
  });
}
