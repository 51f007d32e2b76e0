import type { IncomingHttpHeaders } from 'node:http';
import type { Cancellation } from '../cancellation.ts';
import type { Clock } from '../clock.ts';
import type { Limits, Provider } from '../config/config.ts';
import type { Endpoint } from '../dialects/endpoint.ts';
import { classifyNetworkError, classifyResponse, isOwnFault } from '../failures/classify.ts';
import { type Failure, UpstreamFailure } from '../failures/failure.ts';
import { withoutSecrets } from '../failures/scrub.ts';
import { secretsIn } from './headers.ts';
import type { Phase, Transport, UpstreamCall, UpstreamSink } from './transport.ts';
import { Watchdog } from './watchdog.ts';

/** An error body longer than this tells nothing more; the rest is read and dropped. */
const ERROR_BODY_BYTES = 64 * 1024;
/** An error's status was here and its body is still coming: so long is waited for what it says, milliseconds. */
const ERROR_BODY_MS = 5_000;

/** The limits of one try, milliseconds. */
export interface AttemptTimers {
  readonly connect: number;
  /** Until the first semantic delta (streams) or the first of the body (whole answers); infinite for a chain's last target. */
  readonly firstToken: number;
  /** The longest silence once the answer has begun. */
  readonly stall: number;
  /** Clock milliseconds at which the client stops waiting. */
  readonly deadlineAt: number;
}

/** All that one try needs. */
export interface AttemptRequest {
  /** The dialect spoken with the provider. */
  readonly wire: Endpoint;
  readonly provider: Provider;
  readonly path: string;
  readonly headers: string[];
  /** Not on a kept connection. */
  readonly newSocket: boolean;
  readonly body: Buffer;
  readonly timers: AttemptTimers;
  readonly limits: Limits;
  readonly cancellation: Cancellation;
}

/**
 * One try against one upstream: sends, watches the clock, reads the answer, and settles once, with an answer or with an
 * {@link UpstreamFailure}. What counts as an answer is the subclass's part.
 */
export abstract class Attempt<Answer> implements UpstreamSink {
  protected readonly request: AttemptRequest;
  protected readonly clock: Clock;
  protected readonly startedAt: number;
  protected call: UpstreamCall | undefined;
  status = 0;
  protected responseHeaders: IncomingHttpHeaders = {};
  readonly #transport: Transport;
  protected readonly watchdog: Watchdog;
  readonly #onCancel = () => this.#cancelled();
  #errorBody: Buffer[] | undefined;
  #errorBytes = 0;
  #errorAt = 0;
  #settle: { resolve(answer: Answer): void; reject(error: UpstreamFailure): void } | undefined;
  #over = false;

  constructor(request: AttemptRequest, transport: Transport, clock: Clock) {
    this.request = request;
    this.clock = clock;
    this.startedAt = clock.now();
    this.#transport = transport;
    this.watchdog = new Watchdog(clock, (now) => this.#look(now));
  }

  /** Sends the request. Rejects with {@link UpstreamFailure} only. */
  run(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      const { cancellation, provider, path, headers, newSocket, body, timers } = this.request;
      if (cancellation.reason !== undefined) {
        this.#cancelled();
        return;
      }
      cancellation.on(this.#onCancel);
      const call = this.#transport.send(
        { provider, method: 'POST', path, headers, body, newSocket, connectTimeout: timers.connect },
        this,
      );
      if (this.#over) return;
      this.call = call;
      this.watchdog.start();
    });
  }

  /** A successful response has begun. */
  protected abstract onAnswerHeaders(): void;
  /** A piece of a successful response's body. */
  protected abstract onAnswerData(chunk: Buffer): void;
  /** A successful response's body came to its proper end. */
  protected abstract onAnswerEnd(): void;
  /** Clock milliseconds of the nearest limit once the answer has begun, and what passing it means. */
  protected abstract answerLimit(): { at: number; failure: () => Failure };
  /** The try failed. The base rejects; a stream that already delivered something overrides this. */
  protected onFailure(failure: Failure): void {
    this.#settle?.reject(new UpstreamFailure(failure));
  }

  protected resolve(answer: Answer): void {
    this.#settle?.resolve(answer);
  }

  /** The try is over well: watches nothing any more. The connection is left to finish by itself. */
  protected finish(): void {
    this.#over = true;
    this.#release();
  }

  /** The try is over badly: closes the connection and reports. Later calls are ignored. */
  protected fail(failure: Failure): void {
    if (this.#over) return;
    this.#over = true;
    this.#release();
    this.call?.abort();
    this.onFailure(withoutSecrets(failure, secretsIn(this.request.headers, this.request.provider)));
  }

  protected get over(): boolean {
    return this.#over;
  }

  onHeaders(status: number, headers: IncomingHttpHeaders): void {
    this.status = status;
    this.responseHeaders = headers;
    if (status < 200 || status > 299) {
      this.#errorBody = [];
      this.#errorAt = this.clock.now();
    } else this.onAnswerHeaders();
    if (!this.#over) this.watchdog.tighten(this.#nearestLimit().at);
  }

  onData(chunk: Buffer): void {
    if (this.#over) return;
    if (this.#errorBody === undefined) {
      this.onAnswerData(chunk);
      return;
    }
    if (this.#errorBytes < ERROR_BODY_BYTES)
      this.#errorBody.push(chunk.subarray(0, ERROR_BODY_BYTES - this.#errorBytes));
    this.#errorBytes += chunk.length;
    // A provider that answers an error with an endless body would hold the connection: what is known is enough.
    if (this.#errorBytes > 4 * ERROR_BODY_BYTES) this.#failWithErrorBody();
  }

  onEnd(): void {
    if (this.#over) return;
    if (this.#errorBody === undefined) this.onAnswerEnd();
    else this.#failWithErrorBody();
  }

  onError(error: unknown, phase: Phase): void {
    if (this.#over) return;
    // The status line already says it failed, and says why better than the broken connection does.
    if (this.#errorBody !== undefined) this.#failWithErrorBody();
    else this.#broken(error, classifyNetworkError(error, phase));
  }

  #broken(error: unknown, failure: Failure): void {
    if (isOwnFault(failure)) this.#transport.onDefect(error);
    this.fail(failure);
  }

  #failWithErrorBody(): void {
    this.fail(this.#errorSoFar());
  }

  /** What the status line and as much of the body as came say. */
  #errorSoFar(): Failure {
    const body = Buffer.concat(this.#errorBody ?? []);
    const response = { status: this.status, headers: this.responseHeaders, body };
    return classifyResponse(this.request.provider.family, response, this.clock.now());
  }

  #cancelled(): void {
    const reason = this.request.cancellation.reason;
    const sent = this.call !== undefined && this.call.phase !== 'connect';
    this.fail({
      class: 'client_cancelled',
      origin: reason === 'client_gone' ? 'client' : 'proxy',
      code: reason ?? 'client_gone',
      message: reason === 'client_gone' ? 'the client closed the connection' : `cancelled: ${reason}`,
      // Of what was never sent nobody can be charged for anything.
      maybeBilled: sent,
    });
  }

  /** Nothing of an answer came in its time. */
  protected late(ms: number): Failure {
    return timedOut('timeout', 'first_token_timeout', `no answer within ${ms} ms`, true);
  }

  #look(now: number): number | undefined {
    if (this.#over) return undefined;
    const limit = this.#nearestLimit();
    if (now < limit.at) return limit.at - now;
    this.fail(limit.failure());
    return undefined;
  }

  #nearestLimit(): { at: number; failure: () => Failure } {
    const { connect, firstToken, stall, deadlineAt } = this.request.timers;
    const phase = this.call?.phase ?? 'connect';
    let limit: { at: number; failure: () => Failure };
    if (phase === 'connect') {
      const failure = () => this.#unconnected(Math.min(connect, firstToken));
      limit = { at: this.startedAt + Math.min(connect, firstToken), failure };
    } else if (this.#errorBody !== undefined) {
      // It has failed whatever the rest says. To wait for that as for an answer would hang as long as one may take.
      limit = { at: this.#errorAt + Math.min(stall, ERROR_BODY_MS), failure: () => this.#errorSoFar() };
    } else if (phase === 'headers') {
      limit = { at: this.startedAt + firstToken, failure: () => this.late(firstToken) };
    } else {
      limit = this.answerLimit();
    }
    if (deadlineAt >= limit.at) return limit;
    const failure = () =>
      timedOut(
        'timeout',
        'deadline_exceeded',
        `the request's deadline passed after ${Math.round(deadlineAt - this.startedAt)} ms of this try`,
        phase !== 'connect',
      );
    return { at: deadlineAt, failure };
  }

  /** It could not be reached, or this proxy may have no further connection to it. */
  #unconnected(ms: number): Failure {
    const { provider, newSocket, timers } = this.request;
    if (!this.#transport.isFull({ provider, newSocket, connectTimeout: timers.connect }))
      return timedOut('connect', 'connect_timeout', `no connection within ${ms} ms`, false);
    return {
      class: 'overloaded',
      origin: 'proxy',
      code: 'no_free_connection',
      message: `all ${provider.connections} connections to ${provider.name} were in use for ${ms} ms`,
      maybeBilled: false,
    };
  }

  #release(): void {
    this.watchdog.stop();
    this.request.cancellation.off(this.#onCancel);
  }
}

/** An answer that had begun and then said nothing more: as good as a lost connection, and as worth one more try. */
export function stalled(what: string, ms: number): Failure {
  return timedOut('reset', 'stall_timeout', `${what} stalled for ${ms} ms`, true);
}

/** A wait that went past its limit, as a failure. */
export function timedOut(
  failureClass: 'connect' | 'timeout' | 'reset',
  code: string,
  message: string,
  maybeBilled: boolean,
): Failure {
  return { class: failureClass, origin: 'network', code, message, maybeBilled };
}
