import type { ErrorContext } from '../../failures/client-error.ts';
import type { Failure } from '../../failures/failure.ts';
import type { JsonRecord } from '../../failures/json-record.ts';
import type { SseEvent } from '../sse-reader.ts';
import type { Answer, AnswerEvent } from './answer.ts';
import type { ChatDialect, Conversation, Untold } from './request.ts';

/** A request that does not make sense in its own dialect: the client's mistake, with the field it is in. */
export interface RequestMistake {
  readonly mistake: true;
  readonly message: string;
  readonly param: string | undefined;
}

/** A request in the target's dialect, and what of the source could not be said in it. */
export interface WrittenRequest {
  readonly json: JsonRecord;
  readonly untold: readonly Untold[];
}

/** What a translation has to know of the model it writes for. */
export interface WriteOptions {
  /** The upstream model's name. */
  readonly model: string;
  /** Anthropic demands a cap on the answer's tokens; this one is sent where the client named none. */
  readonly defaultMaxTokens: number;
  /** The model takes an assistant turn as the beginning of its answer. */
  readonly prefill: boolean | undefined;
  /** Can the model reason? undefined: nobody said. */
  readonly reasoning?: boolean;
  /** Chat only: the name this target knows the cap by. Default `max_completion_tokens`, OpenAI's own; most others know `max_tokens`. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
}

/** One dialect, both ways. Pure: no state beyond one stream's. */
export interface Codec {
  readonly dialect: ChatDialect;
  readRequest(json: JsonRecord): Conversation | RequestMistake;
  writeRequest(conversation: Conversation, options: WriteOptions): WrittenRequest;
  /** A whole 200 answer, already checked to be one. */
  readAnswer(json: JsonRecord): Answer;
  /**
   * @param conversation what was asked: some dialects echo parts of it.
   * @param now seconds since the epoch, for a dialect that must tell when the answer was made where the source's does not
   */
  writeAnswer(answer: Answer, conversation: Conversation, now?: number): JsonRecord;
  streamReader(): StreamReader;
  /** @param now as for {@link writeAnswer} */
  streamWriter(conversation: Conversation, now?: number): StreamWriter;
}

/** From one dialect's events to {@link AnswerEvent}s. */
export interface StreamReader {
  /** The meanings of one event, in order. An event that is an error is not for here: it is found before. */
  read(event: SseEvent): readonly AnswerEvent[];
}

/** From {@link AnswerEvent}s to one dialect's bytes. */
export interface StreamWriter {
  /** The bytes for these events: whole server-sent events, possibly none. */
  write(events: readonly AnswerEvent[]): string;
  /** The bytes of the proper end, where `end` has not come but the answer is finished. Empty when it was written. */
  close(): string;
  /**
   * The bytes of an in-band error after which nothing more comes, where the dialect's depend on what was written before (Responses numbers its
   * events and repeats the response). Absent where the renderer in `failures/` is enough.
   */
  fail?(failure: Failure, context: ErrorContext): string;
}
