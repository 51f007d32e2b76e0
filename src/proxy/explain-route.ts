import type { FastifyReply, FastifyRequest } from 'fastify';
import { ENDPOINTS, type Endpoint } from '../dialects/endpoint.ts';
import { JsonMembers } from '../dialects/json-members.ts';
import { readOpenAiRequest } from '../dialects/openai-request.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { explainDecision, explainNamed } from '../routing/policy/explanation.ts';
import { guessEndpoint } from '../routing/policy/guess-endpoint.ts';
import { sendOwn } from './own-reply.ts';
import { learnPin, routeRequest } from './route.ts';
import type { Runtime } from './runtime.ts';

export const EXPLAIN_PATH = '/v1/route/explain';

/**
 * Where a request would go, and why: the same body and headers as any of the endpoints takes. Nobody is called, nothing is charged and nothing is
 * remembered. Which endpoint's body it is, `?endpoint=messages` says; without it, what only one of them has.
 */
export async function explainRoute(request: FastifyRequest, reply: FastifyReply, runtime: Runtime): Promise<void> {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const endpoint = endpointOf(request, bytes);
  if (endpoint === undefined) {
    const known = ENDPOINTS.join(', ');
    sendOwn(
      reply,
      ownFailure('bad_request', `endpoint in the query: expected one of ${known}`, 'endpoint'),
      runtime.telemetry,
    );
    return;
  }
  const call = readOpenAiRequest(endpoint, bytes);
  if (!call.ok) {
    sendOwn(reply, ownFailure(call.code, call.message, call.param), runtime.telemetry);
    return;
  }
  const { identity, headers } = request;
  await learnPin({ endpoint, call, headers, identity }, runtime);
  const routed = routeRequest({ endpoint, call, headers, identity }, runtime, true);
  if (routed !== undefined) {
    if ('class' in routed) sendOwn(reply, routed, runtime.telemetry);
    else void reply.send(explainDecision(call.model, routed.decision, targetsOf(routed.chain)));
    return;
  }
  const chain =
    identity === undefined || runtime.tenancy === undefined
      ? runtime.chains.find(call.model)
      : runtime.tenancy.findChain(identity, call.model);
  if ('class' in chain) sendOwn(reply, chain, runtime.telemetry);
  else if ('error' in chain)
    sendOwn(
      reply,
      ownFailure(chain.error === 'unknown' ? 'unknown_model' : 'ambiguous_model', chain.message, 'model'),
      runtime.telemetry,
    );
  else void reply.send(explainNamed(call.model, chain.model.name, targetsOf(chain)));
}

/** Undefined: what the query says is none. */
function endpointOf({ query, headers }: FastifyRequest, bytes: Buffer): Endpoint | undefined {
  const { endpoint } = query as { endpoint?: unknown };
  if (endpoint !== undefined) return ENDPOINTS.find((one) => one === endpoint);
  if (headers['anthropic-version'] !== undefined) return 'messages';
  const body = JsonMembers.read(bytes);
  return body instanceof JsonMembers ? guessEndpoint(body) : 'chat';
}

function targetsOf({ rungs }: { readonly rungs: readonly { readonly target: { readonly id: string } }[] }): string[] {
  return rungs.map(({ target }) => target.id);
}
