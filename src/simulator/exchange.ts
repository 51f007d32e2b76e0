import { STATUS_CODES } from 'node:http';
import type { Clock, Timer } from '../clock.ts';
import { PLAIN_WIRE, type Wire } from './behaviour.ts';
import type { Connection } from './http-connection.ts';
import type { HttpRequest } from './http-request.ts';
import type { Closing, RequestRecord } from './request-log.ts';
import { SlicedWriter } from './sliced-writer.ts';

export type Headers = Readonly<Record<string, string>>;

/** One request and its answer, on a connection that may carry many. Ends exactly once. */
export class Exchange {
  readonly request: HttpRequest;
  readonly record: RequestRecord;
  /** Requests this connection served before. */
  readonly requestsBefore: number;
  /** How the answer's bytes go out. Set before the first is sent. */
  wire: Wire = PLAIN_WIRE;
  readonly #connection: Connection;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #onDrain: (() => void) | undefined;
  #slices: SlicedWriter | undefined;

  constructor(connection: Connection, clock: Clock, request: HttpRequest, record: RequestRecord) {
    this.#connection = connection;
    this.#clock = clock;
    this.request = request;
    this.record = record;
    this.requestsBefore = connection.served;
  }

  get open(): boolean {
    return this.record.closed === 'open';
  }

  now(): number {
    return this.#clock.now();
  }

  /** Calls back after `ms` (at once for 0), unless the exchange ends before. One wait at a time. */
  wait(ms: number, callback: () => void): void {
    if (ms <= 0) callback();
    else this.#timer = this.#clock.setTimeout(callback, ms);
  }

  /** The head of a response. `content-length` or `transfer-encoding` is the caller's. */
  head(status: number, headers: Headers): string {
    this.record.status = status;
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    head += `x-request-id: req_sim_${this.record.id}\r\n`;
    return this.request.head.keepAlive ? `${head}\r\n` : `${head}connection: close\r\n\r\n`;
  }

  /** A whole response. */
  respond(status: number, headers: Headers, body: string): void {
    const length = Buffer.byteLength(body);
    const head = this.head(status, { ...headers, 'content-length': String(length) });
    this.send(head, this.request.head.method === 'HEAD' ? '' : body);
    this.complete();
  }

  /**
   * Hands bytes to the socket: a head, a part of a body, or both in one write. False: hand over no more before
   * {@link whenDrained}.
   */
  send(head: string, body: string | Buffer): boolean {
    if (!this.open) return false;
    const { record, wire } = this;
    if (record.firstByteMs === undefined) record.firstByteMs = this.#clock.now() - record.at;
    if (wire.slicing !== 'whole' || wire.dribbleMs !== undefined) return this.#sendSliced(head, body);
    const { socket } = this.#connection;
    if (typeof body === 'string') return socket.write(head + body, 'utf8');
    if (head !== '') socket.write(head, 'latin1');
    return socket.write(body);
  }

  /** Calls back as soon as the socket takes more: at once where it does now. */
  whenDrained(callback: () => void): void {
    const blocked = this.#slices === undefined ? this.#connection.socket.writableNeedDrain : !this.#slices.idle;
    if (blocked) this.#onDrain = callback;
    else callback();
  }

  /** The socket takes more. For the connection. */
  readonly drained = (): void => {
    const callback = this.#onDrain;
    this.#onDrain = undefined;
    callback?.();
  };

  /** The answer is whole; the connection goes on to its next request. */
  complete(): void {
    this.whenDrained(() => this.close('completed'));
  }

  /** Closes the connection behind what was sent. */
  cut(): void {
    this.whenDrained(() => this.close('cut'));
  }

  /** Resets the connection behind what was sent: the other side reads ECONNRESET. */
  reset(): void {
    this.whenDrained(() => {
      // A reset discards what the socket still holds: let it go out first.
      this.#connection.socket.write('', () => setImmediate(() => this.close('reset')));
    });
  }

  /** Ends the exchange; later endings change nothing. */
  close(how: Exclude<Closing, 'open'>): void {
    const { record } = this;
    if (record.closed !== 'open') return;
    record.closed = how;
    record.closedAt = this.#clock.now();
    this.#clock.clearTimeout(this.#timer);
    this.#slices?.stop();
    this.#onDrain = undefined;
    this.#connection.release(this, how);
  }

  #sendSliced(head: string, body: string | Buffer): false {
    const { slicing, dribbleMs } = this.wire;
    this.#slices ??= new SlicedWriter(this.#connection.socket, this.#clock, this.drained);
    if (head !== '')
      this.#slices.push(Buffer.from(head, 'latin1'), dribbleMs === undefined ? slicing : 'bytes', dribbleMs ?? 0);
    if (body.length > 0) this.#slices.push(typeof body === 'string' ? Buffer.from(body) : body, slicing, 0);
    return false;
  }
}
