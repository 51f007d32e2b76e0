import type { Endpoint } from '../../dialects/endpoint.ts';
import type { JsonMembers } from '../../dialects/json-members.ts';
import type { Price } from '../../prices/price.ts';
import type { EvidenceBook } from '../decision.ts';
import type { SessionPins } from './session-pins.ts';

/** A request as far as a policy looks at it. */
export interface RouteRequest {
  readonly endpoint: Endpoint;
  readonly body: JsonMembers;
  /** The most tokens the client wants; undefined: it did not say. */
  readonly maxTokens: number | undefined;
  /** `x-breakwater-task-type`, or the body's metadata; undefined: not said. */
  readonly taskType: string | undefined;
  /** `x-breakwater-route`, or the body's metadata; undefined: not said. */
  readonly routeName: string | undefined;
  /** The session that the client names; undefined: none. */
  readonly session: string | undefined;
}

/** What else a decision depends on. */
export interface RouteContext {
  /** Empty: the proxy asks nobody for a key. */
  readonly tenant: string;
  /** Whether whoever asks may be served by that configured model. */
  allows(model: string): boolean;
  /** What a call to the model's first target costs; undefined: not known. */
  price(model: string): Price | undefined;
  /** Undefined: nothing is known of any pair, and the strong model serves. */
  readonly book: EvidenceBook | undefined;
  readonly pins: SessionPins;
  /** Clock milliseconds. */
  readonly now: number;
  /** Nothing is remembered of it and no lots are drawn: somebody only wants to know. */
  readonly dry: boolean;
}
