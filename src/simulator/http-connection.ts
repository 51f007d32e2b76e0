import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { Exchange } from './exchange.ts';
import { HttpRequestError, HttpRequestReader } from './http-request.ts';
import type { Closing, RequestLog } from './request-log.ts';

/** A client that sends more than this ahead of its answers is read no further until they are given. */
const MAX_PIPELINED_BYTES = 1024 * 1024;

export interface ConnectionHost {
  readonly clock: Clock;
  readonly log: RequestLog;
  /** Answers a request, now or later. */
  handle(exchange: Exchange): void;
  /** An exchange has ended. */
  ended(exchange: Exchange): void;
  /** The connection is gone. */
  closed(connection: Connection): void;
}

/** One client connection: its requests one after another, each answered before the next is looked at. */
export class Connection {
  readonly socket: Socket;
  /** Requests taken off this connection so far. */
  served = 0;
  readonly #host: ConnectionHost;
  readonly #reader = new HttpRequestReader();
  #current: Exchange | undefined;
  #taking = false;
  #saidContinue = false;

  constructor(socket: Socket, host: ConnectionHost) {
    this.socket = socket;
    this.#host = host;
    socket.on('data', this.#onData);
    socket.on('drain', () => this.#current?.drained());
    // A FIN: nobody waits for the answer any more. Waiting for 'close' would be waiting for writes nobody reads.
    socket.on('end', () => this.#onGone());
    socket.on('close', () => {
      this.#onGone();
      host.closed(this);
    });
    // ECONNRESET and EPIPE: 'close' follows and ends the exchange as the client's going.
    socket.on('error', () => socket.destroy());
  }

  /** The simulator goes down. */
  destroy(): void {
    this.#current?.close('cut');
    this.socket.destroy();
  }

  /** An exchange has ended: the connection goes on or goes down, as it ended. */
  release(exchange: Exchange, how: Exclude<Closing, 'open'>): void {
    this.#current = undefined;
    this.#host.ended(exchange);
    if (how === 'completed' && exchange.request.head.keepAlive) {
      if (this.socket.isPaused()) this.socket.resume();
      this.#take();
    } else if (how === 'reset') this.#reset();
    else if (how === 'client-gone') this.socket.destroy();
    else this.socket.destroySoon();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (!this.socket.writable) return;
    this.#reader.push(bytes);
    if (this.#current === undefined) this.#take();
    else if (this.#reader.waiting > MAX_PIPELINED_BYTES) this.socket.pause();
  };

  /** Takes requests until one is not answered at once. */
  #take(): void {
    // An exchange that ends while being handled comes back here: the loop below goes on, not the stack.
    if (this.#taking) return;
    this.#taking = true;
    try {
      while (this.#current === undefined && !this.socket.destroyed && this.socket.writable) {
        const request = this.#reader.next();
        if (request === undefined) break;
        const record = this.#host.log.add(this.#host.clock.now(), request.head, request.body);
        const exchange = new Exchange(this, this.#host.clock, request, record);
        this.#current = exchange;
        this.#saidContinue = false;
        this.served++;
        this.#host.handle(exchange);
      }
      if (this.#current === undefined) this.#sayContinue();
    } catch (error) {
      if (!(error instanceof HttpRequestError)) throw error;
      this.#refuse(error);
    } finally {
      this.#taking = false;
    }
  }

  #sayContinue(): void {
    if (this.#saidContinue || this.#reader.awaitingBodyOf?.expectsContinue !== true) return;
    this.#saidContinue = true;
    this.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  }

  #refuse({ status, message }: HttpRequestError): void {
    const body = JSON.stringify({
      error: { message, type: 'invalid_request_error', param: null, code: 'malformed_http' },
    });
    const head = `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\nconnection: close\r\n`;
    this.socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    this.socket.destroySoon();
  }

  #reset(): void {
    // TLS sockets cannot be reset: the nearest thing is to drop them without a closing alert.
    if ('encrypted' in this.socket) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  #onGone(): void {
    this.#current?.close('client-gone');
    this.socket.destroy();
  }
}
