import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { bodyTooLarge } from './read-body.ts';
import type { Runtime } from './runtime.ts';

/** What a client that was shed is told to wait. */
const SHED_RETRY_MS = 1_000;

/**
 * Takes a request in, before its body is read, or says why not. There is no queue: past the limit an early refusal, which the client
 * can act on, beats a late answer for everybody. Taken in, the request counts until its connection is done with it.
 */
export function admit(request: FastifyRequest, reply: FastifyReply, runtime: Runtime): Failure | undefined {
  if (request.method !== 'POST') return undefined;
  if (runtime.draining) {
    reply.header('connection', 'close');
    return { ...ownFailure('draining', 'the proxy is shutting down'), retryAfterMs: SHED_RETRY_MS };
  }
  const { concurrency, bodies, body } = runtime.config.limits;
  if (runtime.inFlight >= concurrency)
    return shed(runtime, `more than ${concurrency} requests are in flight (limits.concurrency)`);
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return ownFailure('unsupported_media_type', `the body is ${encoding}-encoded; send it plain`, 'content-encoding');
  }
  // A body without a length could be as long as any.
  const bytes = Number(request.headers['content-length'] ?? body);
  // Too large for ever, not only now: it must not look like something to be repeated.
  if (bytes > body) return bodyTooLarge(body);
  if (runtime.bodyBytes + bytes > bodies)
    return shed(runtime, `more than ${bodies} bytes of request bodies are in flight (limits.bodies)`);
  runtime.inFlight++;
  runtime.bodyBytes += bytes;
  reply.raw.once('close', () => {
    runtime.inFlight--;
    runtime.bodyBytes -= bytes;
  });
  return undefined;
}

function shed(runtime: Runtime, message: string): Failure {
  runtime.telemetry.shed();
  return { ...ownFailure('proxy_overloaded', message), retryAfterMs: SHED_RETRY_MS };
}
