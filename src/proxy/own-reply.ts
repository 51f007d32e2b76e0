import type { FastifyReply } from 'fastify';
import type { Failure } from '../failures/failure.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { endpointOfUrl, renderError } from './client-errors.ts';
import { newExchangeId } from './exchange-id.ts';

/** An answer to what never became an exchange, which settles and logs itself: so that is told here. */
export function sendOwn(reply: FastifyReply, failure: Failure, telemetry: Telemetry): void {
  const requestId = newExchangeId();
  // The rest of such a body may be on its way for long: nobody reads it.
  if (failure.class === 'payload_too_large') reply.header('connection', 'close');
  const rendered = renderError(endpointOfUrl(reply.request.url), failure, {
    requestId,
    attempts: [],
    spent: false,
    ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
  });
  const { identity } = reply.request;
  const whose = identity && { tenant: identity.tenant.name, key: identity.keyId, agent: identity.agent };
  telemetry.refused({ id: requestId, httpStatus: rendered.status, ...whose }, failure);
  void reply
    .code(rendered.status)
    .headers({ ...rendered.headers, 'x-breakwater-request-id': requestId })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(rendered.body));
}
