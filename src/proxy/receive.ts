import type { FastifyReply, FastifyRequest } from 'fastify';
import { Cancellation } from '../cancellation.ts';
import type { Endpoint } from '../dialects/endpoint.ts';
import { type OpenAiRequest, type ReadRequest, readOpenAiRequest } from '../dialects/openai-request.ts';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import type { Identity } from '../tenants/identify.ts';
import { Account } from './account.ts';
import { ClientConnection } from './client-connection.ts';
import { allowedTime } from './deadline.ts';
import { DeliveredAnswer } from './delivered-answer.ts';
import { type Exchange, unanswered } from './exchange.ts';
import { newExchangeId } from './exchange-id.ts';
import { learnPin, routeRequest } from './route.ts';
import type { Runtime } from './runtime.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key it carries; undefined: the proxy asks nobody for one. */
    identity: Identity | undefined;
  }
}

/** Bytes of an answer that is compared with another model's. */
const MOST_COMPARED = 1_048_576;

/** A request as it is sent on: read once as bytes, parsed once. */
export type Call = OpenAiRequest;

/**
 * The first stage: from a Fastify request with its body's bytes to an exchange, or to the reason why it is none. At once, but where other replicas
 * may know with which model the conversation is.
 *
 * @param startedAt clock milliseconds at which the request's headers had arrived
 */
export function receive(
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  runtime: Runtime,
  startedAt: number,
): Exchange | Failure | Promise<Exchange | Failure> {
  const { identity, body } = request;
  const call = readCall(endpoint, Buffer.isBuffer(body) ? body : Buffer.alloc(0), identity, runtime);
  if (!call.ok) return ownFailure(call.code, call.message, call.param);
  // Should a door be left that asks for no key, it leads nowhere.
  if (identity === undefined && runtime.tenancy !== undefined)
    return ownFailure('missing_key', 'This proxy asks for a key.');
  const learning = learnPin({ endpoint, call, headers: request.headers, identity }, runtime);
  if (learning === undefined) return received(endpoint, call, request, reply, runtime, startedAt);
  return learning.then(() => received(endpoint, call, request, reply, runtime, startedAt));
}

function received(
  endpoint: Endpoint,
  call: Call,
  request: FastifyRequest,
  reply: FastifyReply,
  runtime: Runtime,
  startedAt: number,
): Exchange | Failure {
  const { identity } = request;
  const routed = routeRequest({ endpoint, call, headers: request.headers, identity }, runtime);
  if (routed !== undefined && 'class' in routed) return routed;
  const chain =
    routed?.chain ??
    (identity === undefined || runtime.tenancy === undefined
      ? runtime.chains.find(call.model)
      : runtime.tenancy.findChain(identity, call.model));
  if ('class' in chain) return chain;
  if ('error' in chain)
    return ownFailure(chain.error === 'unknown' ? 'unknown_model' : 'ambiguous_model', chain.message, 'model');
  const cancellation = new Cancellation();
  return {
    id: newExchangeId(),
    place: -1,
    endpoint,
    startedAt,
    deadlineAt: startedAt + allowedTime(request.headers, endpoint, chain.model),
    headers: request.headers,
    rawHeaders: request.raw.rawHeaders,
    call,
    sent: call,
    compaction: undefined,
    chain,
    route: routed?.decision,
    cascade: undefined,
    account: identity === undefined ? undefined : new Account(identity),
    outputCap: undefined,
    client: new ClientConnection(reply.raw, cancellation),
    cancellation,
    cache: undefined,
    delivered: routed?.decision.verdict?.shadow === true ? new DeliveredAnswer(MOST_COMPARED) : undefined,
    conversation: undefined,
    misfits: undefined,
    dropped: new Set(),
    made: [],
    attempts: [],
    bills: [],
    waitedMs: 0,
    overheadMs: 0,
    outcome: unanswered(),
  };
}

/** Where answers are kept, requests come again: the large ones are recognised. */
function readCall(endpoint: Endpoint, bytes: Buffer, identity: Identity | undefined, runtime: Runtime): ReadRequest {
  if (runtime.cache === undefined) return readOpenAiRequest(endpoint, bytes);
  const owner = identity === undefined ? '' : `${identity.tenant.name}\n${identity.user ?? ''}`;
  return readOpenAiRequest(endpoint, bytes, (all) => runtime.bodies.read(owner, all));
}
