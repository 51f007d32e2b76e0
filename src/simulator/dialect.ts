import type { Answer, Usage } from './answer.ts';
import type { Wire } from './behaviour.ts';
import type { Call, JsonObject } from './call.ts';

/** What an answer carries beside its text. */
export interface Identity {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
}

/** A streamed answer as server-sent events, each ended by an empty line. Tokens are made when they are due. */
export interface StreamScript {
  /** What precedes the first token. */
  readonly opening: string;
  readonly tokens: number;
  token(index: number): string;
  /** The finish reason and the usage, so far as asked for. */
  readonly ending: string;
  /** `data: [DONE]`, in dialects that have one. */
  readonly terminator: string;
}

export interface ErrorDetails {
  readonly message: string;
  readonly code?: string | null;
  readonly param?: string | null;
}

/** How an API says that something went wrong. */
interface ErrorVoice {
  /** The body of an error, in the API's own words for the status or as given. */
  error(status: number, details?: ErrorDetails): string;
  /** An error inside a stream. */
  readonly errorEvent: string;
  /** A good answer's form without anything in it. */
  hollow(kind: 'empty-choices' | 'null-content', identity: Identity, stream: boolean): string;
}

/**
 * A way to ask and to answer: the wire format of one API. What goes wrong, and when, is not its business
 * (`behaviour.ts`).
 */
export interface Dialect extends ErrorVoice {
  readonly kind: 'text';
  /** The call a request makes. @throws {InvalidCallError} */
  read(body: JsonObject, model: string): Call;
  /** The body of a whole answer. */
  whole(identity: Identity, answer: Answer, usage: Usage | undefined): string;
  stream(identity: Identity, call: Call, answer: Answer, usage: Usage | undefined, wire: Wire): StreamScript;
  /** An event whose data is no JSON. */
  readonly malformedEvent: string;
}

/** An API that answers with vectors: never streamed. */
export interface VectorApi extends ErrorVoice {
  readonly kind: 'vectors';
  /** The body of the answer, and the prompt's tokens. @throws {InvalidCallError} */
  embed(body: JsonObject, model: string): { readonly body: string; readonly tokens: number };
}

export type ModelApi = Dialect | VectorApi;
