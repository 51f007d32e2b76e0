import type { IncomingMessage } from 'node:http';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';

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
 * chunk here (Node's HTTP parser has made it a copy of its own already).
 *
 * @param limit bytes; what is larger is refused (what announces itself as larger has not been admitted)
 */
export function readRequestBody(
  request: IncomingMessage,
  limit: number,
  done: (error: BodyRefused | null, body?: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stop = () => request.off('data', onData).off('end', onEnd).off('error', onError);
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= limit) {
      chunks.push(chunk);
      return;
    }
    stop();
    done(new BodyRefused(bodyTooLarge(limit)));
  };
  const onEnd = () => {
    stop();
    const [only] = chunks;
    done(null, chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes));
  };
  const onError = () => {
    stop();
    done(new BodyRefused(ownFailure('bad_request', 'the body broke off before it was complete')));
  };
  request.on('data', onData).on('end', onEnd).on('error', onError);
}

/** @param limit bytes */
export function bodyTooLarge(limit: number): Failure {
  return ownFailure('body_too_large', `the body is larger than ${limit} bytes (limits.body)`);
}
