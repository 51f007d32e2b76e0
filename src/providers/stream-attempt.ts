import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../clock.ts';
import { keptBytes, type SseEvent, SseReader } from '../dialects/sse-reader.ts';
import type { StreamProgress } from '../dialects/stream-progress.ts';
import { compressed, errorIn, notAnEventStream } from '../failures/check-answer.ts';
import { classifyErrorBody } from '../failures/classify.ts';
import type { Failure } from '../failures/failure.ts';
import { parseJson } from '../failures/json-record.ts';
import { Attempt, type AttemptRequest, stalled, timedOut } from './attempt.ts';
import type { Transport } from './transport.ts';
import { tooLarge } from './whole-attempt.ts';

/** After the last event the provider should end the body; one that does not must not hold a connection. */
const END_GRACE_MS = 1000;

/** What a try sends on. After `onComplete` or `onBreak` nothing more comes. */
export interface StreamSink {
  /** Whole events, to be written as they are. */
  onBytes(bytes: Buffer): void;
  /** The answer is complete: its finish was seen. */
  onComplete(): void;
  /** The answer broke after its first delta. */
  onBreak(failure: Failure): void;
}

/**
 * Looks at each event on its way, and may replace it. Asked only where a route needs the text itself (`onBreak: resume`), as it
 * means parsing every event.
 */
export interface EventTap {
  /** Keep it as it is, drop it, send these bytes in its place, or give the stream up. */
  onEvent(event: SseEvent): 'keep' | 'drop' | Buffer | Failure;
}

export interface StreamAttemptRequest extends AttemptRequest {
  /** `first-delta`: an answer from the first semantic delta on; `complete`: only when all of it is there. */
  readonly commit: 'first-delta' | 'complete';
  /** Reads the stream in the dialect it comes in; new for each try. */
  readonly progress: StreamProgress;
  readonly tap?: EventTap;
  /** The answer has begun, whether it is given out already or held back. Milliseconds since sending. */
  readonly onBegun: (firstTokenMs: number) => void;
}

/** A stream that has begun to answer. Events are held until somebody attaches. */
export interface LiveStream {
  readonly kind: 'stream';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Milliseconds from sending to the first semantic delta. */
  readonly firstTokenMs: number;
  readonly progress: StreamProgress;
  /** What came so far, whole events. */
  held(): Buffer;
  attach(sink: StreamSink): void;
  /** Backpressure: stops reading; the stall limit rests meanwhile. */
  pause(): void;
  resume(): void;
  /** Closes the upstream connection; the sink hears nothing more. */
  abort(): void;
}

/** A try whose answer is streamed. Nothing is given out before the answer has really begun, so until then it can fail over. */
export class StreamAttempt extends Attempt<LiveStream> implements LiveStream {
  readonly kind = 'stream';
  readonly progress: StreamProgress;
  firstTokenMs = 0;
  readonly #commit: 'first-delta' | 'complete';
  readonly #tap: EventTap | undefined;
  readonly #onBegun: (firstTokenMs: number) => void;
  readonly #reader: SseReader;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #notSse: Buffer[] | undefined;
  #notSseBytes = 0;
  #begun = false;
  #committed = false;
  #complete = false;
  /** The finish was seen, and all up to it was given on: a tap may refuse what the provider finished. */
  #whole = false;
  #broken: Failure | undefined;
  #sink: StreamSink | undefined;
  #lastAt = 0;
  #paused = false;

  constructor(request: StreamAttemptRequest, transport: Transport, clock: Clock) {
    super(request, transport, clock);
    this.#commit = request.commit;
    this.#tap = request.tap;
    this.#onBegun = request.onBegun;
    this.#reader = new SseReader({ maxEventBytes: request.limits.event });
    this.progress = request.progress;
  }

  get headers(): IncomingHttpHeaders {
    return this.responseHeaders;
  }

  held(): Buffer {
    return Buffer.concat(this.#held);
  }

  attach(sink: StreamSink): void {
    this.#sink = sink;
    const held = this.#held;
    this.#held = [];
    if (held.length > 0) sink.onBytes(held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held));
    if (this.#broken !== undefined) sink.onBreak(this.#broken);
    else if (this.#complete) sink.onComplete();
  }

  pause(): void {
    if (this.over) return;
    this.#paused = true;
    this.call?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#lastAt = this.clock.now();
    this.watchdog.tighten(this.#lastAt + this.request.timers.stall);
    this.call?.resume();
  }

  abort(): void {
    this.#sink = undefined;
    this.#complete = true;
    this.finish();
    this.call?.abort();
  }

  protected onAnswerHeaders(): void {
    const type = this.responseHeaders['content-type'] ?? '';
    if (!/^text\/event-stream/i.test(type)) this.#notSse = [];
  }

  protected onAnswerData(chunk: Buffer): void {
    if (this.#notSse !== undefined) {
      this.#notSseBytes += chunk.length;
      if (this.#notSseBytes > this.request.limits.answer) this.fail(tooLarge(this.request.limits.answer));
      else this.#notSse.push(chunk);
      return;
    }
    if (this.#complete) return;
    let events: readonly SseEvent[];
    try {
      events = this.#reader.push(chunk);
    } catch (error) {
      this.fail({
        class: 'invalid_answer',
        origin: 'upstream',
        code: 'event_too_large',
        message: error instanceof Error ? error.message : String(error),
        maybeBilled: true,
      });
      return;
    }
    if (events.length > 0) this.#take(events);
  }

  protected onAnswerEnd(): void {
    if (this.#complete) {
      this.finish();
    } else if (this.#notSse !== undefined) {
      const { family } = this.request.provider;
      this.fail(notAnEventStream(family, this.responseHeaders, Buffer.concat(this.#notSse), this.clock.now()));
    } else if (this.progress.finished) {
      this.#completed();
      this.finish();
    } else {
      this.fail((this.#begun ? undefined : this.#unread()) ?? unfinished(this.#begun));
    }
  }

  /** What came with the content type of a stream and without its framing: a bare error, or a stream that was compressed. */
  #unread(): Failure | undefined {
    const error = errorIn(parseJson(this.#reader.end().bytes));
    const { headers, request } = this;
    if (error === undefined) return compressed(headers);
    return classifyErrorBody(request.provider.family, error, this.clock.now(), { headers });
  }

  protected answerLimit(): { at: number; failure: () => Failure } {
    const { firstToken, stall, deadlineAt } = this.request.timers;
    if (this.#complete) {
      const failure = () => timedOut('timeout', 'end_timeout', 'the provider did not end the stream', true);
      return { at: Math.min(this.#lastAt + END_GRACE_MS, deadlineAt), failure };
    }
    if (this.#paused)
      return { at: deadlineAt, failure: () => timedOut('timeout', 'deadline_exceeded', 'the deadline passed', true) };
    if (!this.#begun) {
      const failure = () => timedOut('timeout', 'first_token_timeout', `no first token within ${firstToken} ms`, true);
      return { at: this.startedAt + firstToken, failure };
    }
    return { at: this.#lastAt + stall, failure: () => stalled('the stream', stall) };
  }

  protected override onFailure(failure: Failure): void {
    // What was complete stays complete, however the connection ends.
    if (this.#complete) return;
    if (this.#whole) {
      this.#completed();
      return;
    }
    if (!this.#committed) {
      super.onFailure(failure);
      return;
    }
    this.#broken = {
      ...failure,
      class: 'stream_broken',
      message: `the stream broke off: ${failure.message}`,
      maybeBilled: true,
    };
    this.#sink?.onBreak(this.#broken);
  }

  #take(events: readonly SseEvent[]): void {
    let done = false;
    for (const event of events) {
      if (done || !event.hasData) {
        event.keep = !done && this.#committed;
        continue;
      }
      const step = this.progress.take(event, this.#begun);
      if (step === 'error') {
        this.#giveOn(events.slice(0, events.indexOf(event)));
        const { error, failure } = this.progress;
        this.fail(failure ?? classifyErrorBody(this.request.provider.family, error, this.clock.now()));
        return;
      }
      if (step === 'drop') event.keep = false;
      if (step === 'done') {
        done = true;
        // A `[DONE]` without a finish is a truncated answer that must not look whole.
        event.keep = this.progress.finished;
      }
      if (step === 'delta' && !this.#begun) this.#begin();
    }
    this.#lastAt = this.clock.now();
    this.#giveOn(events);
    if (this.over) return;
    if (done && !this.progress.finished) {
      this.onAnswerEnd();
      return;
    }
    if (this.#commit === 'first-delta' && this.#begun) this.#resolveOnce();
    if (done) this.#completed();
  }

  #begin(): void {
    this.#begun = true;
    this.#lastAt = this.clock.now();
    this.firstTokenMs = this.#lastAt - this.startedAt;
    this.watchdog.tighten(this.#lastAt + this.request.timers.stall);
    this.#onBegun(this.firstTokenMs);
  }

  #resolveOnce(): void {
    if (this.#committed) return;
    this.#committed = true;
    this.resolve(this);
  }

  /** The whole answer is here. The rest of the body is read, so that the connection can serve again, but not waited for. */
  #completed(): void {
    this.#complete = true;
    this.#resolveOnce();
    if (!this.over) this.watchdog.tighten(this.#lastAt + END_GRACE_MS);
    this.#sink?.onComplete();
  }

  #giveOn(events: readonly SseEvent[]): void {
    this.#emit(events);
    if (!this.over) this.#whole = this.progress.finished;
  }

  #emit(events: readonly SseEvent[]): void {
    const bytes = this.#tap === undefined ? keptBytes(events) : this.#tapped(events, this.#tap);
    if (bytes.length === 0) return;
    if (this.#sink !== undefined) {
      this.#sink.onBytes(bytes);
      return;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.request.limits.answer) this.fail(tooLarge(this.request.limits.answer));
    // Given out but not yet attached: a matter of microtasks, unless the answer comes faster than it can be taken.
  }

  #tapped(events: readonly SseEvent[], tap: EventTap): Buffer {
    const pieces: Buffer[] = [];
    for (const event of events) {
      if (!event.keep) continue;
      const verdict = event.hasData ? tap.onEvent(event) : 'keep';
      if (verdict === 'keep') pieces.push(event.raw);
      else if (Buffer.isBuffer(verdict)) pieces.push(verdict);
      else if (verdict !== 'drop') {
        this.fail(verdict);
        break;
      }
    }
    return Buffer.concat(pieces);
  }
}

function unfinished(begun: boolean): Failure {
  const message = begun
    ? 'the provider ended the stream without finishing the answer'
    : 'the provider ended the stream without an answer';
  return { class: 'invalid_answer', origin: 'upstream', code: 'unfinished_stream', message, maybeBilled: true };
}
