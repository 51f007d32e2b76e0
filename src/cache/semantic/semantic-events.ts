import type { CertificateEvent } from '../certify/certificate-event.ts';
import type { CertificateKey } from '../certify/certificate-store.ts';
import type { CheckResult } from '../certify/verdict.ts';
import type { IneligibleReason, VetoReason } from '../guards/index.ts';

/** How a lookup ended: `shadow`: there was an answer, and it was not given; `audit`: the live one is fetched to compare. */
export type SemanticResult = 'hit' | 'shadow' | 'audit' | 'miss' | 'ineligible' | 'unavailable';

/** Why there is no hit. */
export type MissReason = 'not-found' | 'unseen' | 'vetoed' | 'near-tie' | 'judge' | 'embedder' | 'index' | 'no-scope';

/** A stored answer that would have been, or was, given to a near question. */
export interface NearFacts {
  readonly tenant: string;
  readonly route: string;
  readonly id: string;
  readonly cosine: number;
}

/** What the semantic cache tells. Nothing of it may throw. */
export interface SemanticEvents {
  looked(route: string, result: SemanticResult, reason: IneligibleReason | MissReason | undefined): void;
  vetoed(guard: VetoReason): void;
  /** An answer was near enough, and not given. */
  wouldHit(facts: NearFacts): void;
  audited(facts: NearFacts, result: CheckResult): void;
  certificate(key: CertificateKey, event: CertificateEvent): void;
  /** The cache could not do its work; the request went on without it. `what`: bounded, as it is a label. */
  trouble(what: string, reason: string): void;
}
