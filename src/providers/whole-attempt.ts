import type { IncomingHttpHeaders } from 'node:http';
import type { Endpoint } from '../dialects/endpoint.ts';
import type { ReportedTokens } from '../dialects/stream-progress.ts';
import type { Failure } from '../failures/failure.ts';
import { Attempt, stalled } from './attempt.ts';
import { checkWhole, tokensOf } from './wire.ts';

/** A finished, checked answer: the provider's bytes as they came, and the same parsed. */
export interface WholeAnswer {
  readonly kind: 'whole';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly json: unknown;
  /** Ended by the provider's content filter: an answer, unless the route would rather ask somebody else. */
  readonly filtered: boolean;
  /** Milliseconds from sending to the answer's headers. */
  readonly firstTokenMs: number;
}

/** A try whose answer comes in one piece. */
export class WholeAttempt extends Attempt<WholeAnswer> {
  readonly kind = 'whole';
  /** What an answer that will not do says it used: it is billed all the same. */
  reported: ReportedTokens | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #lastAt = 0;
  #firstTokenMs = 0;

  protected onAnswerHeaders(): void {
    this.#lastAt = this.clock.now();
    this.#firstTokenMs = this.#lastAt - this.startedAt;
  }

  protected onAnswerData(chunk: Buffer): void {
    this.#lastAt = this.clock.now();
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    // From the first piece on silence counts.
    if (this.#chunks.length === 1) this.watchdog.tighten(this.#lastAt + this.request.timers.stall);
    const limit = this.request.limits.answer;
    if (this.#bytes > limit) this.fail(tooLarge(limit));
  }

  protected onAnswerEnd(): void {
    const body =
      this.#chunks.length === 1 && this.#chunks[0] !== undefined ? this.#chunks[0] : Buffer.concat(this.#chunks);
    const { wire, provider } = this.request;
    const checked = checkWhole(wire, provider.family, this.responseHeaders, body, this.clock.now());
    if ('failure' in checked) {
      this.reported = reportedIn(wire, body);
      this.fail(checked.failure);
      return;
    }
    this.finish();
    this.resolve({
      kind: 'whole',
      status: this.status,
      headers: this.responseHeaders,
      body,
      json: checked.json,
      filtered: checked.filtered,
      firstTokenMs: this.#firstTokenMs,
    });
  }

  protected answerLimit(): { at: number; failure: () => Failure } {
    const { stall, firstToken } = this.request.timers;
    // Some gateways send the head at once and the answer when it is there: until then it is waited for as for a head.
    if (this.#bytes === 0) return { at: this.startedAt + firstToken, failure: () => this.late(firstToken) };
    return { at: this.#lastAt + stall, failure: () => stalled('the answer', stall) };
  }
}

function reportedIn(wire: Endpoint, body: Buffer): ReportedTokens | undefined {
  try {
    return tokensOf(wire, JSON.parse(body.toString('utf8')));
  } catch {
    // No JSON: then nobody says what it used.
    return undefined;
  }
}

/** An answer larger than this proxy may hold. */
export function tooLarge(limit: number): Failure {
  return {
    class: 'invalid_answer',
    origin: 'upstream',
    code: 'answer_too_large',
    message: `the provider's answer is larger than ${limit} bytes (limits.answer)`,
    maybeBilled: true,
  };
}
