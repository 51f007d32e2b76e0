import type { ServerResponse } from 'node:http';
import type { Cancellation } from '../cancellation.ts';

const KEEP_ALIVE_COMMENT = Buffer.from(': keep-alive\n\n');

/**
 * The client's side of one exchange. Fastify 5 fires `request.signal` as soon as a POST body has been read, so a client
 * that left is known only by the socket closing before the answer was written: that is what is watched here.
 */
export class ClientConnection {
  readonly #response: ServerResponse;
  #outlived = false;
  /** Bytes of body written so far. */
  written = 0;

  constructor(response: ServerResponse, cancellation: Cancellation) {
    this.#response = response;
    if (response.destroyed) cancellation.cancel('client_gone');
    response.on('close', () => {
      if (!response.writableFinished && !this.#outlived) cancellation.cancel('client_gone');
    });
  }

  /** The work goes on though the client leaves: it will ask again for the answer. */
  outlive(): void {
    this.#outlived = true;
  }

  get headersSent(): boolean {
    return this.#response.headersSent;
  }

  /** The connection is closed or the answer is ended: nothing more can be written. */
  get closed(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  /** A whole answer in one go. `headers` is a flat list of names and values. */
  sendWhole(status: number, headers: string[], body: Buffer): void {
    if (this.closed) return;
    this.written += body.length;
    // A keep-alive comment has begun the stream already: its head stands.
    if (this.headersSent) {
      this.#response.end(body);
      return;
    }
    headers.push('content-length', String(body.length));
    this.#response.writeHead(status, headers);
    this.#response.end(body);
  }

  /** The head of a streamed answer. Ignored when a keep-alive comment has already begun it. */
  startStream(status: number, headers: string[]): void {
    if (this.closed || this.headersSent) return;
    this.#response.writeHead(status, headers);
  }

  /** Writes stream bytes. False: the client reads too slowly; wait for {@link onDrain}. */
  write(bytes: Buffer): boolean {
    if (this.closed) return true;
    this.written += bytes.length;
    return this.#response.write(bytes);
  }

  onDrain(listener: () => void): void {
    this.#response.on('drain', listener);
    // Who has left reads nothing more, and must not hold up what goes on without it.
    this.#response.on('close', () => {
      if (this.#outlived) listener();
    });
  }

  /** Ends the stream; the listener is called when the last byte was handed to the system, or the client has left. */
  end(bytes?: Buffer): void {
    if (this.closed) return;
    if (bytes === undefined) this.#response.end();
    else this.#response.end(bytes);
  }

  /** An SSE comment: keeps middleboxes and clients from giving up on an answer that is held back until it is whole. */
  keepAlive(headers: string[]): void {
    this.startStream(200, headers);
    this.write(KEEP_ALIVE_COMMENT);
  }
}
