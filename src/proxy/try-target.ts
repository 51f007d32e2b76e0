import type { Cancellation } from '../cancellation.ts';
import { chatDialect, type Endpoint } from '../dialects/endpoint.ts';
import {
  FOREIGN_THOUGHT,
  withoutForeignThoughts as withoutForeignMessages,
} from '../dialects/messages/foreign-thoughts.ts';
import { withoutForeignThoughts as withoutForeignItems } from '../dialects/responses/foreign-thoughts.ts';
import { joinParts, splice } from '../dialects/splice.ts';
import { filteredAnswer } from '../failures/check-answer.ts';
import { UpstreamFailure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import type { AttemptRequest } from '../providers/attempt.ts';
import { type EventTap, type LiveStream, StreamAttempt } from '../providers/stream-attempt.ts';
import { type WholeAnswer, WholeAttempt } from '../providers/whole-attempt.ts';
import { progressOf, tokensOf } from '../providers/wire.ts';
import type { Answered, Continuation } from './answered.ts';
import type { Rung } from './chain.ts';
import { DeliveredText } from './delivered-text.ts';
import type { Exchange } from './exchange.ts';
import { breachOf } from './holds-to-request.ts';
import { mayResume } from './resumable.ts';
import type { Runtime } from './runtime.ts';
import { Translation } from './translation.ts';
import type { TryLease } from './try-lease.ts';

/** Sent where the client, speaking another dialect, named none. */
const ANTHROPIC_VERSION = '2023-06-01';

/** A rung made ready for one request: the dialect to speak, and the request in it where it is not the client's. */
export interface Prepared {
  readonly wire: Endpoint;
  readonly translation: Translation | undefined;
}

/**
 * Makes a rung ready for the request, before anything is taken up for it: all its tries share what is worked out here.
 *
 * @throws {UpstreamFailure} a `capability_unsupported` where this target cannot serve the request, an `invalid_request` where none can
 */
export function prepare(exchange: Exchange, rung: Rung): Prepared {
  const wire = rung.wires[exchange.endpoint];
  if (wire !== undefined) return { wire, translation: translationFor(exchange, rung, wire) };
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
  const { wire, translation } = options.prepared;
  const askForUsage = wire === endpoint && call.stream && !call.includeUsage && rung.provider.streamUsage;
  const request: AttemptRequest = {
    wire,
    provider: rung.provider,
    path: rung.paths[wire],
    headers: withDialectHeaders(options.headers, wire),
    newSocket: options.newSocket,
    body: options.continuation?.body ?? translation?.body ?? bodyFor(exchange, rung, askForUsage),
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
  const attempt = call.stream
    ? new StreamAttempt(
        {
          ...request,
          commit: stream.commit,
          progress: progressOf(wire, { choices: call.choices, dropUsage: askForUsage }),
          onBegun: (firstTokenMs) => options.lease.begun(firstTokenMs),
          ...(tap === undefined ? {} : { tap }),
        },
        runtime.transport,
        runtime.clock,
      )
    : new WholeAttempt(request, runtime.transport, runtime.clock);
  let answer: WholeAnswer | LiveStream = await attempt.run();
  if (answer.kind === 'whole') options.lease.begun(answer.firstTokenMs);
  // A stream that is not held back ends long after this; then the client has part of it, and it stays an answer.
  const filtered = answer.kind === 'whole' ? answer.filtered : answer.progress.filtered;
  if (filtered && chain.model.fallbackOn.includes('content_blocked')) {
    if (answer.kind === 'stream') answer.abort();
    throw new UpstreamFailure(filteredAnswer());
  }
  const tokens = answer.kind === 'whole' ? tokensOf(wire, answer.json) : undefined;
  if (answer.kind === 'whole' && translation !== undefined) answer = translation.whole(answer, runtime.clock.now());
  const breach = validate.length > 0 ? breachOf(exchange, answer) : undefined;
  if (breach !== undefined) {
    if (answer.kind === 'stream') answer.abort();
    throw new UpstreamFailure(breach);
  }
  return {
    kind: 'answer',
    rung,
    wire,
    dropped: translation?.dropped ?? [],
    answer,
    lease: options.lease,
    ...(tokens === undefined ? {} : { tokens }),
    ...(tap === undefined ? {} : { tap }),
  };
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
function bodyFor(exchange: Exchange, rung: Rung, askForUsage: boolean): Buffer {
  const { bytes } = exchange.call.body;
  // A client may bring back what another model thought, which a fallback had shown it under our seal: no provider can read that.
  if ((exchange.endpoint === 'messages' || exchange.endpoint === 'responses') && bytes.includes(FOREIGN_THOUGHT)) {
    const without = exchange.endpoint === 'messages' ? withoutForeignMessages : withoutForeignItems;
    return Buffer.from(
      JSON.stringify({ ...(without(exchange.call.json) ?? exchange.call.json), model: rung.target.model }),
    );
  }
  return joinParts(
    splice(exchange.call.body, {
      // Set even where the name is the same: of a repeated key the provider might heed another occurrence than this proxy.
      set: { model: JSON.stringify(rung.target.model) },
      ...(askForUsage ? { merge: { stream_options: { include_usage: 'true' } } } : {}),
    }),
  );
}
