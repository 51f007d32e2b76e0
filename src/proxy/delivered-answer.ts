import type { WholeAnswer } from '../providers/whole-attempt.ts';

/** What the client was given, all of it. */
export interface Delivered {
  readonly contentType: string;
  readonly body: Buffer;
  /** A whole answer, parsed; undefined for a stream. */
  readonly json: unknown;
}

/** Remembers an answer while it goes out to the client. */
export class DeliveredAnswer {
  delivered: Delivered | undefined;
  readonly #most: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** @param most bytes of a stream that are kept: of a longer one nothing is held */
  constructor(most: number) {
    this.#most = most;
  }

  /** The client gets a whole answer. */
  whole({ headers, body, json }: WholeAnswer): void {
    this.delivered = { contentType: headers['content-type'] ?? 'application/json', body, json };
  }

  /** The client gets a piece of a stream. */
  piece(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= this.#most) this.#pieces.push(bytes);
    else this.#pieces = [];
  }

  /** The stream is complete. */
  ended(last: Buffer | undefined): void {
    if (last !== undefined) this.piece(last);
    if (this.#bytes > this.#most) return;
    this.delivered = {
      contentType: 'text/event-stream; charset=utf-8',
      body: Buffer.concat(this.#pieces),
      json: undefined,
    };
    this.#pieces = [];
  }
}
