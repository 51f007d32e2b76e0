import type { Cancellation } from '../cancellation.ts';
import { assembleChat } from '../dialects/openai-assemble.ts';
import { joinParts, splice } from '../dialects/splice.ts';
import { filteredAnswer } from '../failures/check-answer.ts';
import { UpstreamFailure } from '../failures/failure.ts';
import { validateAnswer } from '../failures/validate-answer.ts';
import type { AttemptRequest } from '../providers/attempt.ts';
import { type LiveStream, StreamAttempt } from '../providers/stream-attempt.ts';
import { type WholeAnswer, WholeAttempt } from '../providers/whole-attempt.ts';
import type { Answered, Continuation } from './answered.ts';
import type { Rung } from './chain.ts';
import { DeliveredText } from './delivered-text.ts';
import type { Exchange } from './exchange.ts';
import { mayResume } from './resumable.ts';
import type { Runtime } from './runtime.ts';
import type { TryLease } from './try-lease.ts';

/** What differs from try to try. */
export interface TryOptions {
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
  const askForUsage = call.stream && !call.includeUsage && rung.provider.streamUsage;
  const request: AttemptRequest = {
    endpoint,
    provider: rung.provider,
    path: rung.paths[endpoint],
    headers: options.headers,
    newSocket: options.newSocket,
    body: options.continuation?.body ?? bodyFor(exchange, rung, askForUsage),
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
  const tap = options.continuation?.tap() ?? (mayResume(exchange) ? new DeliveredText() : undefined);
  const attempt = call.stream
    ? new StreamAttempt(
        {
          ...request,
          commit: stream.commit,
          choices: call.choices,
          dropUsage: askForUsage,
          onBegun: (firstTokenMs) => options.lease.begun(firstTokenMs),
          ...(tap === undefined ? {} : { tap }),
        },
        runtime.transport,
        runtime.clock,
      )
    : new WholeAttempt(request, runtime.transport, runtime.clock);
  const answer = await attempt.run();
  if (answer.kind === 'whole') options.lease.begun(answer.firstTokenMs);
  // A stream that is not held back ends long after this; then the client has part of it, and it stays an answer.
  const filtered = answer.kind === 'whole' ? answer.filtered : answer.progress.filtered;
  if (filtered && chain.model.fallbackOn.includes('content_blocked')) {
    if (answer.kind === 'stream') answer.abort();
    throw new UpstreamFailure(filteredAnswer());
  }
  if (validate.length > 0) check(answer, exchange);
  return { kind: 'answer', rung, answer, lease: options.lease, ...(tap === undefined ? {} : { tap }) };
}

/** The client's bytes with the few members that this target needs otherwise. */
function bodyFor(exchange: Exchange, rung: Rung, askForUsage: boolean): Buffer {
  return joinParts(
    splice(exchange.call.body, {
      // Set even where the name is the same: of a repeated key the provider might heed another occurrence than this proxy.
      set: { model: JSON.stringify(rung.target.model) },
      ...(askForUsage ? { merge: { stream_options: { include_usage: 'true' } } } : {}),
    }),
  );
}

/** The checks the route asks for. A streamed answer can be checked only while all of it is held back. */
function check(answer: WholeAnswer | LiveStream, exchange: Exchange): void {
  const { stream, validate } = exchange.chain.model;
  if (exchange.endpoint !== 'chat' || (answer.kind === 'stream' && stream.commit !== 'complete')) return;
  const json = answer.kind === 'whole' ? answer.json : assembleChat(answer.held());
  const failure = validateAnswer(validate, exchange.call.json, json);
  if (failure === undefined) return;
  if (answer.kind === 'stream') answer.abort();
  throw new UpstreamFailure(failure);
}
