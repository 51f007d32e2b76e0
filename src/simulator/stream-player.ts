import type { Behaviour } from './behaviour.ts';
import { chunk, LAST_CHUNK } from './chunk.ts';
import type { StreamScript } from './dialect.ts';
import { eventDress } from './event-dress.ts';
import type { Exchange } from './exchange.ts';

/** Without pace, events are gathered into writes of about this many characters. */
const WRITE_SIZE = 32 * 1024;

/** When the tokens of an answer come, milliseconds. */
export interface Pace {
  readonly firstTokenMs: number;
  /** From one token to the next; 0: no waiting. */
  readonly tokenMs: number;
}

/** The headers of every streamed answer. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'transfer-encoding': 'chunked',
};

/** Plays a streamed answer: its tokens when they are due, no faster than the reader reads, and what breaks it. */
export class StreamPlayer {
  readonly #exchange: Exchange;
  readonly #script: StreamScript;
  readonly #behaviour: Behaviour;
  readonly #malformedEvent: string;
  readonly #pace: Pace;
  readonly #dress: ((events: string) => string) | undefined;
  /** Tokens before the break, or all. */
  readonly #last: number;
  readonly #start: number;
  #next = 0;
  #malformedSent = false;
  #head = '';
  #pending = '';

  constructor(exchange: Exchange, script: StreamScript, behaviour: Behaviour, malformedEvent: string, pace: Pace) {
    this.#exchange = exchange;
    this.#script = script;
    this.#behaviour = behaviour;
    this.#malformedEvent = malformedEvent;
    this.#pace = pace;
    this.#dress = eventDress(behaviour.wire);
    this.#last = breakPoint(behaviour, script.tokens);
    this.#start = exchange.now() + pace.firstTokenMs;
  }

  play(): void {
    this.#head = this.#exchange.head(200, STREAM_HEADERS);
    if (this.#behaviour.wire.byteOrderMark) this.#pending = chunk('\ufeff');
    this.#put(this.#script.opening());
    if (this.#pace.firstTokenMs === 0) {
      this.#step();
      return;
    }
    this.#flush();
    this.#exchange.wait(this.#pace.firstTokenMs, this.#step);
  }

  readonly #step = (): void => {
    const { tokenMs } = this.#pace;
    const paced = tokenMs > 0;
    const now = paced ? this.#exchange.now() : 0;
    const alone = paced || this.#behaviour.wire.separateWrites;
    while (this.#next < this.#last) {
      if (paced && this.#due(this.#next) > now) {
        this.#sleep(now);
        return;
      }
      this.#putToken();
      if (!alone && this.#pending.length < WRITE_SIZE) continue;
      if (!this.#flush()) {
        this.#exchange.whenDrained(this.#step);
        return;
      }
    }
    // The end comes where the next token would have.
    if (paced && this.#due(this.#last) > now) {
      this.#sleep(now);
      return;
    }
    this.#finish();
  };

  #due(index: number): number {
    return this.#start + index * this.#pace.tokenMs;
  }

  #sleep(now: number): void {
    this.#flush();
    // Never less than 1 ms: a real timer may fire a fraction early.
    this.#exchange.wait(Math.max(1, Math.ceil(this.#due(this.#next) - now)), this.#step);
  }

  #putToken(): void {
    if (this.#next === this.#behaviour.malformedAt && !this.#malformedSent) {
      this.#malformedSent = true;
      this.#put(this.#malformedEvent);
    }
    this.#put(this.#script.token(this.#next++));
  }

  #finish(): void {
    const { wire } = this.#behaviour;
    switch (this.#behaviour.break?.kind) {
      case 'cut':
        this.#flush();
        this.#exchange.cut();
        return;
      case 'reset':
        this.#flush();
        this.#exchange.reset();
        return;
      case 'stall':
        this.#flush();
        return;
      case 'cut-clean':
        break;
      case 'error-event':
        this.#put(this.#script.error());
        break;
      default:
        this.#put(this.#script.ending());
        if (wire.done) this.#put(this.#script.terminator());
    }
    if (!wire.linger) this.#pending += LAST_CHUNK;
    this.#flush();
    if (!wire.linger) this.#exchange.complete();
  }

  /** Events as a chunk of the body. */
  #put(events: string): void {
    this.#pending += chunk(this.#dress === undefined ? events : this.#dress(events));
  }

  #flush(): boolean {
    if (this.#pending === '' && this.#head === '') return true;
    const goesOn = this.#exchange.send(this.#head, this.#pending);
    this.#exchange.record.tokensSent = this.#next;
    this.#head = '';
    this.#pending = '';
    return goesOn;
  }
}

/** Where an answer of so many tokens breaks; all of them where it does not. */
export function breakPoint(behaviour: Behaviour, tokens: number): number {
  if (behaviour.break === undefined) return tokens;
  return Math.min(tokens, behaviour.break.at ?? Math.floor(tokens / 2));
}
