import type { ErrorShape } from './provider-errors.ts';
import type { Hint } from './retry-hints.ts';

/** What goes wrong on the connection itself, before any HTTP answer. */
export type ConnectionFault =
  | 'reset'
  | 'reset-reused'
  | 'hang-up'
  | 'silent'
  | 'bad-http'
  | 'cut-headers'
  | 'comments-only';

/** What goes wrong in the middle of an answer. */
export type BreakKind = 'cut' | 'cut-clean' | 'reset' | 'stall' | 'error-event';

/** What an answer is made of. The first group are good answers, the second are failures that come with HTTP 200. */
export type AnswerKind =
  | 'text'
  | 'other-text'
  | 'echo'
  | 'repeat'
  | 'refusal'
  | 'filtered'
  | 'tools'
  | 'parallel-tools'
  | 'bad-tool-args'
  | 'json'
  | 'wrong-json'
  | 'big-event'
  | 'html'
  | 'not-json'
  | 'empty-body'
  | 'empty-sse'
  | 'empty-choices'
  | 'null-content'
  | 'error-in-200';

/** How the bytes of an answer are cut into socket writes. */
export type Slicing = 'whole' | 'bytes' | 'inside-characters';

export interface ErrorReply {
  readonly error: ErrorShape;
  readonly hints: readonly Hint[];
  /** The body is a gateway's HTML page instead of JSON. */
  readonly html: boolean;
}

/** How the bytes of an answer look on the wire; nothing here changes what the answer says. */
export interface Wire {
  readonly slicing: Slicing;
  /** Milliseconds between the bytes of the response head; undefined sends it whole. */
  readonly dribbleMs: number | undefined;
  readonly lineEnd: '\n' | '\r\n' | '\r';
  readonly byteOrderMark: boolean;
  readonly spaceAfterColon: boolean;
  readonly splitDataLines: boolean;
  readonly comments: boolean;
  readonly emoji: boolean;
  /** The dialect's terminator (`data: [DONE]`) is sent. */
  readonly done: boolean;
  /** The event that carries the finish reason is sent. */
  readonly finish: boolean;
  readonly usage: boolean;
  /** The response never ends after its last event. */
  readonly linger: boolean;
  /** Every event is a socket write of its own, even without a delay between them. */
  readonly separateWrites: boolean;
}

/**
 * What one request meets: what goes wrong, and when. It says nothing of how an answer is written (`dialect.ts`), so that
 * every dialect can fail in every way.
 */
export interface Behaviour {
  /** The grammar's spelling, without `sim-`: `ok`, `429-after-2s`. */
  readonly name: string;
  readonly connection: ConnectionFault | undefined;
  readonly reply: ErrorReply | undefined;
  readonly answer: AnswerKind;
  /** The answer breaks after `at` tokens; undefined: half way. */
  readonly break: { readonly kind: BreakKind; readonly at: number | undefined } | undefined;
  /** A malformed event is inserted after this many tokens, and the stream goes on. */
  readonly malformedAt: number | undefined;
  readonly tokens: number | undefined;
  readonly forceLength: boolean;
  readonly bigEventBytes: number;
  /** Usage to report instead of the true one. */
  readonly usage: { readonly prompt: number; readonly completion: number } | undefined;
  /** So many of the prompt's tokens are reported as read from the cache. */
  readonly cached: number | undefined;
  /** What an earlier prompt of the same model and key began with is reported as read from the cache. */
  readonly promptCache: boolean;
  /** Each thousand tokens of the prompt take so long before the first token of the answer; cached ones a tenth of it. */
  readonly prefillMs: number;
  /** The answer is thought about first, and the thoughts are told. */
  readonly thinks: boolean;
  readonly headersMs: number;
  readonly firstTokenMs: number | undefined;
  readonly tokenMs: number | undefined;
  readonly refusesPrefill: boolean;
  /** Prompts of more tokens than this are refused as too long. */
  readonly contextWindow: number | undefined;
  /** More requests of this model in flight than this are refused as overload. */
  readonly capacity: number | undefined;
  readonly wire: Wire;
}

export const PLAIN_WIRE: Wire = {
  slicing: 'whole',
  dribbleMs: undefined,
  lineEnd: '\n',
  byteOrderMark: false,
  spaceAfterColon: true,
  splitDataLines: false,
  comments: false,
  emoji: false,
  done: true,
  finish: true,
  usage: true,
  linger: false,
  separateWrites: false,
};

/** A good answer, with nothing wrong. */
export const OK: Behaviour = {
  name: 'ok',
  connection: undefined,
  reply: undefined,
  answer: 'text',
  break: undefined,
  malformedAt: undefined,
  tokens: undefined,
  forceLength: false,
  bigEventBytes: 256 * 1024,
  usage: undefined,
  cached: undefined,
  promptCache: false,
  prefillMs: 0,
  thinks: false,
  headersMs: 0,
  firstTokenMs: undefined,
  tokenMs: undefined,
  refusesPrefill: false,
  contextWindow: undefined,
  capacity: undefined,
  wire: PLAIN_WIRE,
};

/** The same object with other values: how the grammar's terms change a behaviour. */
export function change<T extends object>(value: T, changes: Partial<T>): T {
  return { ...value, ...changes };
}
