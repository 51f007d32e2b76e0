import type { CacheWishes } from '../cache/client-wishes.ts';
import type { Flight } from '../cache/exact/flights.ts';
import type { IdempotencyClaim } from '../cache/idempotency/idempotency.ts';
import type { Place } from '../cache/semantic/near-candidates.ts';
import type { OpenAudit } from '../cache/semantic/semantic-cache.ts';
import type { WholeAnswer } from '../providers/whole-attempt.ts';

/** What the client was given, all of it. */
export interface Delivered {
  readonly contentType: string;
  readonly body: Buffer;
  /** A whole answer, parsed; undefined for a stream. */
  readonly json: unknown;
}

/** Where the live answer may be kept for near questions, and the audit that waits for it. */
export interface NearVisit {
  readonly place: Place | undefined;
  readonly audit: OpenAudit | undefined;
}

/**
 * What one request has to do with the cache: made when it is looked for, filled while the answer goes out, read when it is settled. Absent
 * where the route has no cache and the request no idempotency key.
 */
export class CacheVisit {
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
  /** What the answer would have cost, nano-dollars, where it came from the cache and that is known. */
  saved: number | undefined;
  /** Tokens of the call that the kept answer came from. */
  kept: { readonly promptTokens: number; readonly completionTokens: number } | undefined;
  /** What found the answer that was given. */
  tier: 'exact' | 'semantic' | undefined;
  /** What the semantic cache made of the request; undefined: it was not asked. */
  near: NearVisit | Promise<NearVisit> | undefined;
  delivered: Delivered | undefined;
  readonly #most: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** @param most bytes of an answer that may be kept: of a longer one nothing is held */
  constructor(tenant: string, wishes: CacheWishes, most: number) {
    this.tenant = tenant;
    this.wishes = wishes;
    this.#most = most;
  }

  /** The client gets a whole answer. */
  whole({ headers, body, json }: WholeAnswer): void {
    this.delivered = { contentType: headers['content-type'] ?? 'application/json', body, json };
  }

  /** The client gets a piece of a stream. */
  piece(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= this.#most) this.#pieces.push(bytes);
    else this.#pieces = [];
  }

  /** The stream is complete. */
  ended(last: Buffer | undefined): void {
    if (last !== undefined) this.piece(last);
    if (this.#bytes > this.#most) return;
    this.delivered = {
      contentType: 'text/event-stream; charset=utf-8',
      body: Buffer.concat(this.#pieces),
      json: undefined,
    };
    this.#pieces = [];
  }
}
