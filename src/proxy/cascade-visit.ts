import type { Asked } from '../routing/cascade/verify.ts';
import type { Chain } from './chain.ts';

/** A request that is tried on a cheap model first. */
export interface CascadePlan {
  /** What its counts are kept by: tenant, kind of work, pair. */
  readonly id: string;
  readonly cheap: Chain;
  readonly strong: Chain;
  /** The chain that serves the request where nothing is tried first. */
  readonly otherwise: Chain;
  /** What the cheap answer is held against. */
  readonly asked: Asked;
}

/** What became of a request whose policy has a cascade. */
export interface CascadeVisit {
  /** Undefined: it is served as any other. */
  plan: CascadePlan | undefined;
  /** For the route's header: `kept`, `escalated:schema`, `off:does-not-pay`; undefined: nothing came of it yet. */
  note: string | undefined;
}
