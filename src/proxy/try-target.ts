import type { Cancellation } from '../cancellation.ts';
import { chatDialect, type Endpoint } from '../dialects/endpoint.ts';
import {
  FOREIGN_THOUGHT,
  withoutForeignThoughts as withoutForeignMessages,
} from '../dialects/messages/foreign-thoughts.ts';
import { outputEstimate } from '../dialects/output-estimate.ts';
import type { ReportedTokens } from '../dialects/reported-tokens.ts';
import { withoutForeignThoughts as withoutForeignItems } from '../dialects/responses/foreign-thoughts.ts';
import { joinParts, splice } from '../dialects/splice.ts';
import { filteredAnswer } from '../failures/check-answer.ts';
import { type Failure, UpstreamFailure } from '../failures/failure.ts';
import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import { ownFailure } from '../failures/own-errors.ts';
import type { AttemptRequest } from '../providers/attempt.ts';
import { type EventTap, type LiveStream, StreamAttempt } from '../providers/stream-attempt.ts';
import { type WholeAnswer, WholeAttempt } from '../providers/whole-attempt.ts';
import { progressOf, tokensOf } from '../providers/wire.ts';
import { missingVectors } from './all-vectors.ts';
import type { Answered, Continuation } from './answered.ts';
import { Bill } from './bill.ts';
import type { Rung } from './chain.ts';
import { cover } from './cover.ts';
import { DeliveredText } from './delivered-text.ts';
import type { Exchange } from './exchange.ts';
import { breachOf } from './holds-to-request.ts';
import { cappedMembers } from './output-cap.ts';
import { mayResume } from './resumable.ts';
import type { Runtime } from './runtime.ts';
import { Translation } from './translation.ts';
import type { TryLease } from './try-lease.ts';
import { unheededWish, withoutWish } from './unheeded-wish.ts';
import { inputEstimateOf } from './usage.ts';

/** Sent where the client, speaking another dialect, named none. */
const ANTHROPIC_VERSION = '2023-06-01';

/** A rung made ready for one request: the dialect to speak, and the request in it where it is not the client's. */
export interface Prepared {
  readonly wire: Endpoint;
  readonly translation: Translation | undefined;
  /** A member of the client's request that the target would refuse, and can do without. */
  readonly wish: string | undefined;
}

/**
 * Makes a rung ready for the request, before anything is taken up for it: all its tries share what is worked out here.
 *
 * @throws {UpstreamFailure} a `capability_unsupported` where this target cannot serve the request, an `invalid_request` where none can
 */
export function prepare(exchange: Exchange, rung: Rung): Prepared {
  const wire = rung.wires[exchange.endpoint];
  if (wire !== undefined) {
    return { wire, translation: translationFor(exchange, rung, wire), wish: unheededWish(exchange, rung, wire) };
  }
  const message = `${rung.target.id} does not serve ${exchange.endpoint} requests`;
  throw new UpstreamFailure(ownFailure('untranslatable', message));
}

/** What differs from try to try. */
export interface TryOptions {
  readonly prepared: Prepared;
  readonly headers: string[];
  readonly lease: TryLease;
  /** No kept connection: the one before was lost, and those kept beside it may be as dead. */
  readonly newSocket: boolean;
  readonly cancellation: Cancellation;
  /** Nobody else is left to ask: the target may use what is left of the deadline. */
  readonly patient: boolean;
  readonly continuation?: Continuation;
  /** Nothing of a stream is given out before all of it is there; what the route's checks look for is looked for later, and by more. */
  readonly heldWhole?: true;
}

/**
 * One try, from the client's bytes to a checked answer.
 *
 * @throws {UpstreamFailure}
 */
export async function tryTarget(
  exchange: Exchange,
  runtime: Runtime,
  rung: Rung,
  options: TryOptions,
): Promise<Answered> {
  const { call, chain, endpoint } = exchange;
  const { timeouts, stream, validate } = chain.model;
  const { wire, translation, wish } = options.prepared;
  const askForUsage = wire === endpoint && call.stream && !call.includeUsage && rung.provider.streamUsage;
  const progress = call.stream ? progressOf(wire, { choices: call.choices, dropUsage: askForUsage }) : undefined;
  const bill = new Bill(rung, inputEstimateOf(exchange, rung), progress);
  exchange.bills.push(bill);
  const covering = runtime.tenancy && cover(exchange, runtime.tenancy);
  const uncovered = covering === undefined ? undefined : await covering;
  if (uncovered !== undefined) {
    bill.void();
    throw new UpstreamFailure(uncovered);
  }
  const body =
    options.continuation?.body ?? translation?.body ?? bodyFor(exchange, rung, options.prepared, askForUsage);
  if (body !== exchange.sent.body.bytes) exchange.made.push(body);
  const request: AttemptRequest = {
    wire,
    provider: rung.provider,
    path: rung.paths[wire],
    headers: withDialectHeaders(options.headers, wire),
    newSocket: options.newSocket,
    body,
    timers: {
      connect: timeouts.connect,
      // Never cut the last one that may still answer.
      firstToken: options.patient ? Number.POSITIVE_INFINITY : timeouts.firstToken,
      stall: timeouts.stall,
      deadlineAt: exchange.deadlineAt,
    },
    limits: runtime.config.limits,
    cancellation: options.cancellation,
  };
  const tap = options.continuation?.tap() ?? tapFor(exchange, translation, runtime);
  const attempt = progress
    ? new StreamAttempt(
        {
          ...request,
          commit: options.heldWhole ? 'complete' : stream.commit,
          progress,
          onBegun: (firstTokenMs) => options.lease.begun(firstTokenMs),
          ...(tap === undefined ? {} : { tap }),
        },
        runtime.transport,
        runtime.clock,
      )
    : new WholeAttempt(request, runtime.transport, runtime.clock);
  let answer: WholeAnswer | LiveStream = await attempt.run().catch((error: unknown) => {
    if (error instanceof UpstreamFailure)
      bill.failed(error.failure, attempt.kind === 'whole' ? attempt.reported : undefined);
    throw error;
  });
  let tokens: ReportedTokens | undefined;
  if (answer.kind === 'whole') {
    const { json } = answer;
    tokens = tokensOf(wire, json);
    bill.answered(tokens, () => outputEstimate(wire, json));
    options.lease.begun(answer.firstTokenMs);
  }
  // A stream that is not held back ends long after this; then the client has part of it, and it stays an answer.
  const filtered = answer.kind === 'whole' ? answer.filtered : answer.progress.filtered;
  if (filtered && chain.model.fallbackOn.includes('content_blocked')) {
    giveUp(answer, bill);
    throw new UpstreamFailure(filteredAnswer());
  }
  if (answer.kind === 'whole' && translation !== undefined)
    answer = translation.whole(answer, runtime.clock.now(), bill.tokens);
  const breach = breachIn(exchange, answer, validate.length > 0 && options.heldWhole !== true);
  if (breach !== undefined) {
    giveUp(answer, bill);
    throw new UpstreamFailure(breach);
  }
  return {
    kind: 'answer',
    rung,
    wire,
    dropped: translation?.dropped ?? (wish === undefined ? [] : [wish]),
    answer,
    lease: options.lease,
    bill,
    ...(tokens === undefined ? {} : { tokens }),
    ...(tap === undefined ? {} : { tap }),
  };
}

/** What is wrong with an answer that is one by itself, held against its request. */
function breachIn(exchange: Exchange, answer: WholeAnswer | LiveStream, validates: boolean): Failure | undefined {
  if (exchange.endpoint === 'embeddings' && answer.kind === 'whole')
    return missingVectors(exchange.sent.body, answer.json);
  return validates ? breachOf(exchange, answer) : undefined;
}

/** An answer that will not do: nothing more of it is wanted, but what it cost so far is owed. */
function giveUp(answer: WholeAnswer | LiveStream, bill: Bill): void {
  if (answer.kind === 'stream') answer.abort();
  bill.seen();
}

function translationFor(exchange: Exchange, rung: Rung, wire: Endpoint): Translation | undefined {
  const client = chatDialect(exchange.endpoint);
  const target = chatDialect(wire);
  if (wire === exchange.endpoint || client === undefined || target === undefined) return undefined;
  return new Translation(exchange, client, target, rung);
}

function tapFor(exchange: Exchange, translation: Translation | undefined, runtime: Runtime): EventTap | undefined {
  if (translation !== undefined) return translation.tap(runtime.clock.now());
  return mayResume(exchange) ? new DeliveredText() : undefined;
}

/** Anthropic's API wants to know which version of itself is spoken, and takes its own header for nothing else. */
function withDialectHeaders(headers: string[], wire: Endpoint): string[] {
  const speaks = wire === 'messages' || wire === 'count-tokens';
  const version = headers.indexOf('anthropic-version');
  if (speaks && version < 0) return [...headers, 'anthropic-version', ANTHROPIC_VERSION];
  return headers;
}

/** The client's bytes with the few members that this target needs otherwise. */
function bodyFor(exchange: Exchange, rung: Rung, { wire, wish }: Prepared, askForUsage: boolean): Buffer {
  const capped = cappedMembers(exchange, rung, wire);
  const json = rewritten(exchange, wish);
  if (json !== undefined) {
    const options = isRecord(json.stream_options) ? json.stream_options : {};
    const usage = askForUsage ? { stream_options: { ...options, include_usage: true } } : {};
    return Buffer.from(JSON.stringify({ ...json, model: rung.target.model, ...capped, ...usage }));
  }
  return joinParts(
    splice(exchange.sent.body, {
      // Set even where the name is the same: of a repeated key the provider might heed another occurrence than this proxy.
      set: { model: JSON.stringify(rung.target.model), ...texts(capped) },
      ...(askForUsage ? { merge: { stream_options: { include_usage: 'true' } } } : {}),
    }),
  );
}

function texts(members: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, String(value)]));
}

/** The request where more of it than single members must differ; undefined: the bytes may pass. */
function rewritten({ endpoint, sent }: Exchange, wish: string | undefined): JsonRecord | undefined {
  let json: JsonRecord | undefined;
  // A client may bring back what another model thought, which a fallback had shown it under our seal: no provider can read that.
  if ((endpoint === 'messages' || endpoint === 'responses') && sent.body.bytes.includes(FOREIGN_THOUGHT)) {
    const without = endpoint === 'messages' ? withoutForeignMessages : withoutForeignItems;
    json = without(sent.json) ?? sent.json;
  }
  return wish === undefined ? json : withoutWish(json ?? sent.json, wish);
}
