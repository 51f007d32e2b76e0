import type { ModelPair } from '../decision.ts';

/** What evidence is about. Nothing is shared between tenants, kinds of work or pairs. */
export interface EvidenceKey {
  /** '' where the proxy asks nobody for a key. */
  readonly tenant: string;
  /** The route key: a kind of work. */
  readonly key: string;
  readonly pair: ModelPair;
}

/** No two keys have the same name, whatever their parts contain. */
export function nameOf({ tenant, key, pair }: EvidenceKey): string {
  return JSON.stringify([tenant, key, pair.cheap, pair.strong]);
}
