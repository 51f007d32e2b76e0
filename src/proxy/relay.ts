import { ResponsesStreamProgress } from '../dialects/responses/stream-progress.ts';
import type { ErrorContext } from '../failures/client-error.ts';
import type { Failure } from '../failures/failure.ts';
import { renderResponsesStreamError } from '../failures/render-responses.ts';
import type { LiveStream, StreamSink } from '../providers/stream-attempt.ts';
import type { WholeAnswer } from '../providers/whole-attempt.ts';
import { properEnd } from '../providers/wire.ts';
import type { Answered } from './answered.ts';
import type { Delivery } from './dispatch.ts';
import type { Exchange } from './exchange.ts';
import { answerHeaders, ownHeaders, sendFailure } from './replies.ts';
import { resume } from './resume.ts';
import { outcomeOf } from './rung-loop.ts';
import type { Runtime } from './runtime.ts';
import { staticAnswer } from './static-answer.ts';
import { TranslatingTap } from './translation.ts';
import { seenUsage } from './usage.ts';

/** Brings what dispatch came back with to the client. Resolves when nothing more will be sent. */
export async function relay(exchange: Exchange, runtime: Runtime, delivery: Delivery): Promise<void> {
  switch (delivery.kind) {
    case 'failed':
      sendFailure(exchange, runtime, delivery.failure);
      return;
    case 'static':
      sendStatic(exchange, runtime, delivery.text, delivery.failure);
      return;
    case 'answer':
      if (delivery.answer.kind === 'whole') sendWhole(exchange, runtime, delivery, delivery.answer);
      else await relayStream(exchange, runtime, delivery, delivery.answer);
  }
}

function sendWhole(exchange: Exchange, runtime: Runtime, { lease, tokens, bill }: Answered, answer: WholeAnswer): void {
  lease.settle('success');
  runtime.tenancy?.heard(exchange, answer.json);
  exchange.outcome.httpStatus = answer.status;
  const counted = tokens ?? bill.tokens;
  exchange.outcome.usage = counted && { ...counted, estimated: tokens === undefined };
  exchange.cache?.whole(answer);
  exchange.delivered?.whole(answer);
  exchange.client.sendWhole(answer.status, answerHeaders(exchange, runtime, answer.headers), answer.body);
}

function sendStatic(exchange: Exchange, runtime: Runtime, text: string, failure: Failure): void {
  const answer = staticAnswer(exchange, text, runtime.clock.now());
  if (answer === undefined) {
    sendFailure(exchange, runtime, failure);
    return;
  }
  const { contentType, body } = answer;
  exchange.outcome.status = 'degraded';
  exchange.outcome.target = 'static';
  exchange.outcome.fallbackDepth = exchange.chain.rungs.length;
  exchange.outcome.httpStatus = 200;
  exchange.client.sendWhole(200, [...ownHeaders(exchange, runtime), 'content-type', contentType], body);
}

function relayStream(exchange: Exchange, runtime: Runtime, answered: Answered, stream: LiveStream): Promise<void> {
  return new Promise((resolve) => {
    exchange.outcome.httpStatus = stream.status;
    exchange.client.startStream(stream.status, answerHeaders(exchange, runtime, stream.headers));
    new StreamRelay(exchange, runtime, resolve).take(answered, stream);
  });
}

/** One client's stream: fed by one target, or by several in turn where a break is mended. */
class StreamRelay {
  readonly #exchange: Exchange;
  readonly #runtime: Runtime;
  readonly #finished: () => void;
  #stream: LiveStream | undefined;
  #inBand: ((failure: Failure, context: ErrorContext) => string | undefined) | undefined;

  constructor(exchange: Exchange, runtime: Runtime, finished: () => void) {
    this.#exchange = exchange;
    this.#runtime = runtime;
    this.#finished = finished;
    exchange.client.onDrain(() => this.#stream?.resume());
  }

  take(answered: Answered, stream: LiveStream): void {
    const { client, cache, delivered } = this.#exchange;
    this.#stream = stream;
    this.#inBand = inBandError(answered, stream);
    const sink: StreamSink = {
      onBytes: (bytes) => {
        cache?.piece(bytes);
        delivered?.piece(bytes);
        if (!client.write(bytes)) stream.pause();
      },
      onComplete: () => {
        answered.lease.settle('success');
        this.#count(answered, stream);
        const end = endOf(answered, stream);
        cache?.ended(end);
        delivered?.ended(end);
        client.end(end);
        this.#finished();
      },
      onBreak: (failure) => {
        this.#count(answered, stream);
        const elapsed = this.#runtime.clock.now() - this.#exchange.startedAt;
        answered.lease.settle(outcomeOf(failure, elapsed, this.#exchange));
        this.#broken(answered, failure).catch((error: unknown) => {
          this.#runtime.telemetry.defect(error);
          this.#sayBroken(failure);
        });
      },
    };
    stream.attach(sink);
  }

  async #broken(answered: Answered, failure: Failure): Promise<void> {
    const exchange = this.#exchange;
    if (this.#clientLeft(failure)) return;
    this.#runtime.telemetry.streamBroke(answered.rung.target.id);
    this.#recordBreak(answered.rung.target.id, failure);
    const next = await resume(exchange, this.#runtime, answered);
    if (next === undefined || next.answer.kind !== 'stream') {
      if (!this.#clientLeft(failure)) this.#sayBroken(failure);
      return;
    }
    exchange.outcome.resumed++;
    exchange.outcome.status = 'degraded';
    exchange.outcome.target = next.rung.target.id;
    this.take(next, next.answer);
  }

  /** Nobody is there to be told. It may have left in the middle of a continuation, whatever had broken before. */
  #clientLeft(failure: Failure): boolean {
    const { cancellation, outcome } = this.#exchange;
    if (cancellation.reason !== 'client_gone') return false;
    outcome.status = 'cancelled';
    outcome.failure = { ...failure, class: 'client_cancelled', origin: 'client' };
    this.#finished();
    return true;
  }

  /** The try that looked well when its answer began did not end well: one try, told as what it came to. */
  #recordBreak(target: string, { code }: Failure): void {
    const { attempts } = this.#exchange;
    const index = attempts.findLastIndex((one) => one.target === target && one.outcome === 'ok');
    const begun = attempts[index];
    if (begun !== undefined)
      attempts[index] = { ...begun, outcome: 'stream_broken', ...(code === undefined ? {} : { code }) };
  }

  /** The client has part of an answer: it is told so in the stream, and no `[DONE]` follows. */
  #sayBroken(failure: Failure): void {
    sendFailure(this.#exchange, this.#runtime, failure, this.#inBand);
    this.#finished();
  }

  #count(answered: Answered, stream: LiveStream): void {
    const { outcome, cache } = this.#exchange;
    answered.bill.seen();
    outcome.usage = seenUsage(stream.progress, outcome.usage);
    if (stream.progress.malformed > 0) {
      if (cache !== undefined) cache.hasGap = true;
      this.#runtime.telemetry.malformedEvents(outcome.target ?? 'unknown', stream.progress.malformed);
    }
  }
}

/** What is still to be written of a finished stream's proper end. */
function endOf({ tap, wire }: Answered, stream: LiveStream): Buffer | undefined {
  const end = tap instanceof TranslatingTap ? tap.close() : properEnd(wire, stream.progress);
  return end === '' ? undefined : Buffer.from(end);
}

/** The error event of a stream under way, where its dialect depends on what was sent. */
function inBandError({ tap }: Answered, { progress }: LiveStream) {
  if (tap instanceof TranslatingTap) return (failure: Failure, context: ErrorContext) => tap.fail(failure, context);
  if (!(progress instanceof ResponsesStreamProgress)) return undefined;
  return (failure: Failure, context: ErrorContext) =>
    renderResponsesStreamError(failure, context, {
      sequenceNumber: progress.nextSequence,
      response: progress.response,
    });
}
