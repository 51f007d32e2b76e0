import type { Answer, Usage } from './answer.ts';
import type { Wire } from './behaviour.ts';
import type { Call, JsonObject } from './call.ts';
import type { ErrorShape } from './provider-errors.ts';

/** What an answer carries beside its text. */
export interface Identity {
  /** Without the prefix by which an API's ids are known (`chatcmpl-`, `msg_`). */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
}

/**
 * A streamed answer as server-sent events, each ended by an empty line. Made when they are due and asked for in order, each
 * once: some dialects number them.
 */
export interface StreamScript {
  /** What precedes the first token. */
  opening(): string;
  readonly tokens: number;
  token(index: number): string;
  /** The finish reason and the usage, so far as asked for. */
  ending(): string;
  /** `data: [DONE]`, in dialects that have one. */
  terminator(): string;
  /** An error in place of what would come next. */
  error(): string;
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
  /** The prompt is longer than the model can read. */
  readonly tooLong: ErrorShape;
  /** The model has too much to do. */
  readonly overloaded: ErrorShape;
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

/** An API that answers with numbers: never streamed. */
export interface NumberApi extends ErrorVoice {
  readonly kind: 'numbers';
  /** The body of the answer, and the prompt's tokens. @throws {InvalidCallError} */
  answer(body: JsonObject, model: string): { readonly body: string; readonly tokens: number };
}

export type ModelApi = Dialect | NumberApi;
