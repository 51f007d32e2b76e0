import { DEFAULT_MAX_OUTPUT_TOKENS } from '../config/defaults.ts';
import { codecs } from '../dialects/codecs.ts';
import { usageOf } from '../dialects/conversation/answer.ts';
import type { StreamReader, StreamWriter } from '../dialects/conversation/codec.ts';
import type { ChatDialect, Conversation, Untold } from '../dialects/conversation/request.ts';
import type { ReportedTokens } from '../dialects/reported-tokens.ts';
import { needsStoredState } from '../dialects/responses/stored-state.ts';
import type { SseEvent } from '../dialects/sse-reader.ts';
import type { ErrorContext } from '../failures/client-error.ts';
import { type Failure, UpstreamFailure } from '../failures/failure.ts';
import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import { ownFailure } from '../failures/own-errors.ts';
import type { EventTap } from '../providers/stream-attempt.ts';
import type { WholeAnswer } from '../providers/whole-attempt.ts';
import type { Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';
import { UsageEstimate } from './usage-estimate.ts';

/**
 * One try in another dialect than the client's: the request on its way out, the answer on its way back. Made only where the two
 * differ; the same dialect in and out stays a passage of bytes.
 */
export class Translation {
  /** The request in the target's dialect. */
  readonly body: Buffer;
  /** Fields the target's dialect cannot say, and which change little. */
  readonly dropped: readonly string[];
  readonly #client: ChatDialect;
  readonly #wire: ChatDialect;
  readonly #conversation: Conversation;
  readonly #request: JsonRecord;

  /** @throws {UpstreamFailure} where the target cannot serve this request: the next one may */
  constructor(exchange: Exchange, client: ChatDialect, wire: ChatDialect, rung: Rung) {
    this.#client = client;
    this.#wire = wire;
    this.#request = exchange.sent.json;
    this.#conversation = withCap(conversationOf(exchange, client), exchange.outputCap);
    const { prefill, reasoning } = rung.target.capabilities;
    if (wire !== 'responses') refuseStoredState(this.#conversation, rung);
    const { json, untold } = codecs[wire].writeRequest(this.#conversation, {
      model: rung.target.model,
      defaultMaxTokens: defaultCap(exchange, rung),
      prefill,
      ...(reasoning === undefined ? {} : { reasoning }),
      maxTokensField:
        rung.provider.family === 'openai' || rung.provider.family === 'azure' ? 'max_completion_tokens' : 'max_tokens',
    });
    const essential = untold.find((one) => one.weight === 'essential');
    if (essential !== undefined) throw new UpstreamFailure(unsupported(essential, rung));
    this.dropped = untold.map(({ field }) => field);
    this.body = Buffer.from(JSON.stringify(rung.provider.streamUsage ? json : withoutStreamOptions(json)));
  }

  /**
   * The whole answer in the client's dialect.
   *
   * @param billed what stands in for counts that the provider did not send: a client that reckons by them would take 0 for the truth
   */
  whole(answer: WholeAnswer, nowMs: number, billed: ReportedTokens | undefined): WholeAnswer {
    if (!isRecord(answer.json)) return answer;
    const read = codecs[this.#wire].readAnswer(answer.json);
    const counted = read.usage === undefined && billed !== undefined ? { ...read, usage: usageOf(billed) } : read;
    const json = codecs[this.#client].writeAnswer(counted, this.#conversation, Math.floor(nowMs / 1000));
    return { ...answer, json, body: Buffer.from(JSON.stringify(json)) };
  }

  /** What turns the target's events into the client's. One for each try. */
  tap(nowMs: number): TranslatingTap {
    return new TranslatingTap(
      codecs[this.#wire].streamReader(),
      codecs[this.#client].streamWriter(this.#conversation, Math.floor(nowMs / 1000)),
      new UsageEstimate(this.#request),
    );
  }
}

/** Event by event from one dialect to the other. */
export class TranslatingTap implements EventTap {
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;
  readonly #usage: UsageEstimate;

  constructor(reader: StreamReader, writer: StreamWriter, usage: UsageEstimate) {
    this.#reader = reader;
    this.#writer = writer;
    this.#usage = usage;
  }

  onEvent(event: SseEvent): 'drop' | Buffer {
    const bytes = this.#writer.write(this.#usage.follow(this.#reader.read(event)));
    return bytes === '' ? 'drop' : Buffer.from(bytes);
  }

  /** The proper end, where it was not written yet. */
  close(): string {
    return this.#writer.write(this.#usage.missing()) + this.#writer.close();
  }

  /** The in-band error, where the dialect's depends on what was written; undefined: any renderer will do. */
  fail(failure: Failure, context: ErrorContext): string | undefined {
    return this.#writer.fail?.(failure, context);
  }
}

/** Text of any language has fewer bytes a token, pictures far more: so much of the window is taken at most. */
const LEAST_BYTES_A_TOKEN = 3;

/**
 * The cap on the answer that is sent where the dialect demands one and the client named none: the model's own, but no more than is
 * left of its window. What is left is only estimated, so that the usual cap is always asked for.
 */
function defaultCap({ sent }: Exchange, { target, contextWindow }: Rung): number {
  const cap = target.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS;
  if (contextWindow === undefined) return cap;
  const left = contextWindow - Math.ceil(sent.body.bytes.length / LEAST_BYTES_A_TOKEN);
  return Math.min(cap, Math.max(DEFAULT_MAX_OUTPUT_TOKENS, left));
}

/** A server that does not know the field may refuse every stream for it; usage is then counted from what is seen. */
function withoutStreamOptions(json: JsonRecord): JsonRecord {
  const { stream_options: _, ...rest } = json;
  return rest;
}

/** A budget's cap goes before the client's. */
function withCap(conversation: Conversation, maxTokens: number | undefined): Conversation {
  return maxTokens === undefined ? conversation : { ...conversation, maxTokens };
}

/** Read once an exchange, when the first target needs it. */
function conversationOf(exchange: Exchange, client: ChatDialect): Conversation {
  exchange.conversation ??= codecs[client].readRequest(exchange.sent.json);
  const { conversation } = exchange;
  if (!('mistake' in conversation)) return conversation;
  throw new UpstreamFailure(ownFailure('wrong_type', conversation.message, conversation.param));
}

function refuseStoredState(conversation: Conversation, rung: Rung): void {
  const needed = needsStoredState(conversation);
  if (needed === undefined) return;
  throw new UpstreamFailure(
    unsupported({ field: needed.param ?? 'input', weight: 'essential', why: needed.message }, rung),
  );
}

function unsupported({ field, why }: Untold, rung: Rung): Failure {
  return ownFailure('untranslatable', `${rung.target.id} cannot serve this request: ${field}: ${why}`, field);
}
