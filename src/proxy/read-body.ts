import type { IncomingMessage } from 'node:http';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { freeMemory } from '../free-memory.ts';

/** A body that cannot be taken, as an error for Fastify's error handler. */
export class BodyRefused extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'BodyRefused';
    this.failure = failure;
  }
}

/**
 * Reads a request's body as bytes. In place of Fastify's own reader, which copies each body once more: a body of one chunk is that
 * chunk here (Node's HTTP parser has made it a copy of its own already, and nobody else has it). The memory of chunks that were put
 * together is given back at once.
 *
 * @param limit bytes; what is larger is refused (what announces itself as larger has not been admitted)
 */
export function readRequestBody(
  request: IncomingMessage,
  limit: number,
  done: (error: BodyRefused | null, body?: Buffer) => void,
): void {
  const announced = Number(request.headers['content-length'] ?? Number.NaN);
  const whole = announced <= limit ? new AnnouncedBody(announced) : new ChunkedBody();
  const stop = () => request.off('data', onData).off('end', onEnd).off('error', onError);
  const onData = (chunk: Buffer) => {
    whole.add(chunk);
    if (whole.bytes <= limit) return;
    stop();
    done(new BodyRefused(bodyTooLarge(limit)));
  };
  const onEnd = () => {
    stop();
    done(null, whole.end());
  };
  const onError = () => {
    stop();
    done(new BodyRefused(ownFailure('bad_request', 'the body broke off before it was complete')));
  };
  request.on('data', onData).on('end', onEnd).on('error', onError);
}

/** A body whose length was announced: its chunks are copied to their place as they come. Node's parser lets no more than that through. */
class AnnouncedBody {
  bytes = 0;
  readonly #length: number;
  #place: Buffer | undefined;

  constructor(length: number) {
    this.#length = length;
  }

  add(chunk: Buffer): void {
    const from = this.bytes;
    this.bytes += chunk.length;
    if (from === 0 && chunk.length === this.#length) {
      this.#place = chunk;
      return;
    }
    this.#place ??= Buffer.allocUnsafeSlow(this.#length);
    chunk.copy(this.#place, from);
    freeMemory(chunk);
  }

  end(): Buffer {
    return this.#place?.subarray(0, this.bytes) ?? Buffer.alloc(0);
  }
}

/** A body of which nobody knows how long it will be. */
class ChunkedBody {
  bytes = 0;
  readonly #chunks: Buffer[] = [];

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#chunks.push(chunk);
  }

  end(): Buffer {
    const [only] = this.#chunks;
    if (this.#chunks.length === 1 && only !== undefined) return only;
    const whole = Buffer.concat(this.#chunks, this.bytes);
    for (const chunk of this.#chunks) freeMemory(chunk);
    return whole;
  }
}

/** @param limit bytes */
export function bodyTooLarge(limit: number): Failure {
  return ownFailure('body_too_large', `the body is larger than ${limit} bytes (limits.body)`);
}
