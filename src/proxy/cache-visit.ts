import type { CacheWishes } from '../cache/client-wishes.ts';
import type { Flight } from '../cache/exact/flights.ts';
import type { IdempotencyClaim } from '../cache/idempotency/idempotency.ts';
import type { OpenAudit } from '../cache/semantic/lookup-result.ts';
import type { Place } from '../cache/semantic/near-candidates.ts';
import { DeliveredAnswer } from './delivered-answer.ts';

/** Where the live answer may be kept for near questions, and the audit that waits for it. */
export interface NearVisit {
  readonly place: Place | undefined;
  readonly audit: OpenAudit | undefined;
}

/**
 * What one request has to do with the cache: made when it is looked for, filled while the answer goes out, read when it is settled. Absent
 * where the route has no cache and the request no idempotency key.
 */
export class CacheVisit extends DeliveredAnswer {
  /** Empty: the proxy asks nobody for a key. */
  readonly tenant: string;
  readonly wishes: CacheWishes;
  /** Where the answer is kept; undefined: it is not looked for, nor kept. */
  key: string | undefined;
  /** Of the owner, where users do not share. */
  user: string | undefined;
  /** `x-breakwater-cache`; undefined: not said. */
  header: string | undefined;
  /** The answer is one that was given before to the same idempotency key. */
  replayed = false;
  /** Others wait for this request's answer. */
  flight: Flight | undefined;
  /** The idempotency key that this request stands for. */
  claim: IdempotencyClaim | undefined;
  /** What the answer would have cost at least, nano-dollars, where it came from the cache and that is known. */
  saved: number | undefined;
  /** Tokens of the call that the kept answer came from: a repeat would have used as many. Undefined: none would have been made. */
  kept: { readonly promptTokens: number; readonly cachedTokens: number; readonly completionTokens: number } | undefined;
  /** What found the answer that was given. */
  tier: 'exact' | 'semantic' | undefined;
  /** Something that could not be read was left out of the answer: its client has it so, nobody else shall. */
  hasGap = false;
  /** What the semantic cache made of the request; undefined: it was not asked. */
  near: NearVisit | Promise<NearVisit> | undefined;
  /** @param most bytes of an answer that may be kept: of a longer one nothing is held */
  constructor(tenant: string, wishes: CacheWishes, most: number) {
    super(most);
    this.tenant = tenant;
    this.wishes = wishes;
  }
}
