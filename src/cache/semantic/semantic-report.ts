import type { SemanticMode } from '../../config/cache-config.ts';
import type { CertificateReport } from '../certify/report.ts';
import type { Embedder } from '../embedders/embedder.ts';
import type { VectorIndex } from '../vectors/vector-index.ts';
import type { AuditTally, TallyReport } from './audit-tally.ts';
import type { CertificateBook } from './certificates/certificate-book.ts';
import type { VectorIndexes } from './vector-indexes.ts';

/** What `GET /admin/cache` tells of the semantic cache. */
export interface SemanticReport {
  readonly embedder: string;
  /** Undefined until the first vector. */
  readonly dimensions: number | undefined;
  /** `size` undefined: the index did not say. */
  readonly indexes: readonly { readonly kind: string; readonly size: number | undefined }[];
  /** Of routes in shadow and certified mode that were asked since the start. */
  readonly certificates: readonly {
    readonly tenant: string;
    readonly route: string;
    readonly mode: SemanticMode;
    readonly certificate: CertificateReport;
  }[];
  /** Audits of live routes, whose threshold the operator has set. */
  readonly liveAudits: readonly ({ readonly tenant: string; readonly route: string } & TallyReport)[];
}

export async function semanticReport(
  embedder: Embedder,
  indexes: VectorIndexes,
  certificates: CertificateBook,
  tallies: ReadonlyMap<string, AuditTally>,
): Promise<SemanticReport> {
  const sizes: { kind: string; size: number | undefined }[] = [];
  for (const { kind, index } of indexes.entries()) sizes.push({ kind, size: await sizeOf(index) });
  return {
    embedder: embedder.id,
    dimensions: embedder.dimensions,
    indexes: sizes,
    certificates: [...certificates.entries()].map(({ key: { tenant, route }, mode, certifier }) => ({
      tenant,
      route,
      mode,
      certificate: asUsed(mode, certifier.report()),
    })),
    liveAudits: [...tallies].map(([name, tally]) => {
      const [tenant, route]: unknown[] = JSON.parse(name);
      return { tenant: String(tenant), route: String(route), ...tally.report() };
    }),
  };
}

/** A Redis that is away is no reason to tell nothing at all. */
function sizeOf(index: VectorIndex): Promise<number | undefined> {
  return Promise.resolve()
    .then(() => index.size())
    .catch(() => undefined);
}

/** In shadow mode nothing is served, whatever the certificate would allow. */
function asUsed(mode: SemanticMode, report: CertificateReport): CertificateReport {
  return mode === 'certified' ? report : { ...report, serving: false, served: 0 };
}
