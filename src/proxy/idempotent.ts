import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerCache } from '../cache/answer-cache.ts';
import { Digest } from '../cache/digest.ts';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { accountNamedIn } from '../providers/headers.ts';
import { ownerOf, userOf } from './cache-scope.ts';
import type { CacheVisit } from './cache-visit.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';
import { sendReplayed } from './send-kept.ts';

const KEY = /^[\x20-\x7e]{1,255}$/;

/** The key a client gave its request; a failure where it is none; undefined: it gave none. */
export function idempotencyKey(headers: IncomingHttpHeaders): string | Failure | undefined {
  const key = headers['x-breakwater-idempotency-key'] ?? headers['idempotency-key'];
  if (key === undefined || key === '') return undefined;
  if (typeof key === 'string' && KEY.test(key)) return key;
  return ownFailure(
    'invalid_header',
    'An idempotency key has up to 255 printable ASCII characters.',
    'idempotency-key',
  );
}

/**
 * What a request with an idempotency key gets: the answer its key was given before, or was being given; else it is the one that
 * makes the call, and then its client may leave: the answer is there when it asks again.
 */
export async function underKey(
  exchange: Exchange,
  runtime: Runtime,
  cache: AnswerCache,
  visit: CacheVisit,
  key: string,
): Promise<'answered' | Failure | undefined> {
  const { account, call, endpoint, id, deadlineAt, cancellation } = exchange;
  const { tenant, credential } = ownerOf(exchange, runtime, false);
  const name = new Digest(cache.secret)
    .add('idempotency')
    .add(tenant)
    .add(account?.identity.agent)
    // Two users may well have the same key: one made of what is asked.
    .add(userOf(exchange))
    .add(credential)
    .add(accountNamedIn(exchange.rawHeaders))
    .add(key)
    .key();
  const beginning = await cache.idempotency.begin({
    name: { tenant: visit.tenant, key: name },
    fingerprint: new Digest(cache.secret).add(endpoint).add(call.body.bytes).key(),
    owner: id,
    until: deadlineAt,
    cancellation,
  });
  runtime.telemetry.idempotent(beginning.kind);
  switch (beginning.kind) {
    case 'own':
      visit.claim = beginning.claim;
      exchange.client.outlive();
      return undefined;
    case 'answer':
      sendReplayed(exchange, runtime, visit, beginning.answer);
      return 'answered';
    case 'mismatch':
      return ownFailure(
        'idempotency_mismatch',
        'This idempotency key was used with another request: a new request needs a new key.',
      );
    case 'still-running':
      return ownFailure(
        'idempotency_in_progress',
        'The request with this idempotency key is still under way: ask again for its answer.',
      );
    case 'unkept':
      visit.claim = beginning.claim;
      return undefined;
  }
}
