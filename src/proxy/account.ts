import type { InputMeasure } from '../context/input-measure.ts';
import type { Listed } from '../roster.ts';
import type { Identity } from '../tenants/identify.ts';
import type { Asked } from '../tenants/limits.ts';
import type { Worst } from './worst-case.ts';

/** A request that was moved to a cheaper model because a budget is spent. */
export interface Downgrade {
  readonly from: string;
  readonly to: string;
  /** The limit in words. */
  readonly because: string;
}

/** What a tenant's request may spend: made when it is identified, filled when it is reserved, read when it is settled. */
export class Account implements Listed {
  /** Among those that hold something. */
  place = -1;
  readonly identity: Identity;
  /** What was reserved first, and is charged in the end; undefined: nothing was reserved. */
  asked: Asked | undefined;
  /** Of the hold and its extensions. Empty: nothing is held. */
  readonly holds: string[] = [];
  /** Clock milliseconds, by the store: which windows it was reserved in. */
  reservedAt = 0;
  /** All that is held for tries. */
  nanos = 0;
  tokens = 0;
  /** The state's store was away and the policy let the request pass: nothing is held there. */
  unheld = false;
  measure: InputMeasure | undefined;
  /** Tokens of the text by model, where they had to be counted. */
  counted: ReadonlyMap<string, number> | undefined;
  downgrade: Downgrade | undefined;
  /** Limits near their end, for a header: `agent:coder usd/day 82%`. */
  readonly warnings: string[] = [];
  /** Calls of the cache that were charged after the request. */
  cacheCalls = 0;
  /** What the loop guard found, where it only warns. */
  loop: string | undefined;

  constructor(identity: Identity) {
    this.identity = identity;
  }

  /** Counts what a hold or its extension brought. */
  held(id: string, { nanos, tokens }: Worst): void {
    this.holds.push(id);
    this.nanos += nanos;
    this.tokens += tokens;
  }
}
