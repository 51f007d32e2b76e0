import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { isAdminUrl } from '../console/admin-routes.ts';
import type { Endpoint } from '../dialects/endpoint.ts';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { renderOpenAiError } from '../failures/render-openai.ts';
import { isIdentity } from '../tenants/identify.ts';
import { serveAdmin } from './admin.ts';
import { admit } from './admission.ts';
import { newExchangeId } from './exchange-id.ts';
import { EXPLAIN_PATH, explainRoute } from './explain-route.ts';
import { foreignPage } from './foreign-page.ts';
import { HEALTH_PATHS, healthRoutes } from './health.ts';
import { modelRoutes } from './models.ts';
import { OUTCOMES_PATH, outcomeRoutes } from './outcomes.ts';
import { sendOwn } from './own-reply.ts';
import { serve } from './pipeline.ts';
import { BodyRefused, readRequestBody } from './read-body.ts';
import { receive } from './receive.ts';
import { sendFailure } from './replies.ts';
import type { Runtime } from './runtime.ts';

const ROUTES: readonly { readonly url: string; readonly endpoint: Endpoint }[] = [
  { url: '/v1/chat/completions', endpoint: 'chat' },
  { url: '/v1/completions', endpoint: 'completions' },
  { url: '/v1/embeddings', endpoint: 'embeddings' },
  { url: '/v1/messages', endpoint: 'messages' },
  { url: '/v1/messages/count_tokens', endpoint: 'count-tokens' },
  { url: '/v1/responses', endpoint: 'responses' },
];

/** A request that is not complete after so long holds its place for nobody: a body of the largest size takes less. */
const ARRIVES_WITHIN_MS = 120_000;
/** How often the server looks for such requests, milliseconds. */
const ARRIVAL_LOOK_MS = 10_000;
/** A connection that was refused may take so long to hear of it, milliseconds. */
const GOODBYE_MS = 1_000;

/** The HTTP server: routes, limits, and errors in the client's dialect. Not yet listening. */
export function createServer(runtime: Runtime): FastifyInstance {
  const { limits } = runtime.config;
  const app = Fastify({
    bodyLimit: limits.body,
    // The pipeline logs one line an exchange; Fastify's own two a request would say less at a higher price.
    logger: false,
    requestIdHeader: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    requestTimeout: ARRIVES_WITHIN_MS,
    http: { maxHeaderSize: limits.headers, connectionsCheckingInterval: ARRIVAL_LOOK_MS },
    clientErrorHandler: (error, socket) => refuseBrokenRequest(error, socket, runtime),
    frameworkErrors: (_error, _request, reply) =>
      sendOwn(reply as unknown as FastifyReply, ownFailure('bad_request', 'the URL is malformed'), runtime.telemetry),
  });
  app.server.maxConnections = limits.connections;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => readRequestBody(payload, limits.body, done));
  app.decorateRequest('identity', undefined);
  app.addHook('onRequest', (request, reply, done) => {
    // The operators' door has its own lock, and stays open where clients are shed.
    if (isAdminUrl(routeOf(request))) {
      done();
      return;
    }
    const refusal =
      foreignPage(request.headers, runtime.config) ?? recognise(request, runtime) ?? admit(request, reply, runtime);
    if (refusal === undefined) done();
    else sendOwn(reply, refusal, runtime.telemetry);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    const allowed = allowedAt(path);
    if (allowed === undefined) {
      sendOwn(reply, ownFailure('unknown_route', `there is no ${request.method} ${path}`), runtime.telemetry);
      return;
    }
    reply.header('allow', allowed);
    sendOwn(
      reply,
      ownFailure('method_not_allowed', `${path} takes ${allowed}, not ${request.method}`),
      runtime.telemetry,
    );
  });
  app.setErrorHandler((error, _request, reply) => sendOwn(reply, fromFastify(error, runtime), runtime.telemetry));
  for (const { url, endpoint } of ROUTES) {
    app.post(url, (request, reply) => handle(endpoint, request, reply, runtime));
  }
  app.post(EXPLAIN_PATH, (request, reply) => explainRoute(request, reply, runtime));
  modelRoutes(app, runtime);
  outcomeRoutes(app, runtime);
  healthRoutes(app, runtime);
  serveAdmin(app, runtime);
  return app;
}

/** Finds out whose request it is, before anything is done for it. @returns why nothing will be */
function recognise(request: FastifyRequest, { tenancy }: Runtime): Failure | undefined {
  if (tenancy === undefined) return undefined;
  const route = routeOf(request);
  if (request.is404 ? !route.startsWith('/v1/') : HEALTH_PATHS.includes(route)) return undefined;
  const found = tenancy.identify(request.headers);
  if (!isIdentity(found)) return found;
  request.identity = found;
  return undefined;
}

async function handle(
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  runtime: Runtime,
): Promise<void> {
  const receiving = receive(endpoint, request, reply, runtime, runtime.clock.now());
  const received = receiving instanceof Promise ? await receiving : receiving;
  if ('class' in received) {
    sendOwn(reply, received, runtime.telemetry);
    return;
  }
  reply.hijack();
  try {
    await serve(received, runtime);
  } catch (error) {
    // A defect of ours: said as such, logged with its stack, and never a process that dies of one request.
    runtime.telemetry.defect(error);
    sendFailure(
      received,
      runtime,
      ownFailure('internal_error', 'an internal error of the proxy; its log has the details'),
    );
  }
}

/** What Fastify found wrong before the route was reached. */
function fromFastify(error: unknown, runtime: Runtime): Failure {
  if (error instanceof BodyRefused) return error.failure;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return ownFailure('body_too_large', `the body is larger than ${runtime.config.limits.body} bytes (limits.body)`);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return ownFailure(
        'unsupported_media_type',
        'the content-type is malformed; send application/json',
        'content-type',
      );
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return ownFailure('bad_request', 'the body is not as long as its content-length says');
    default:
      runtime.telemetry.defect(error);
      return ownFailure('internal_error', 'an internal error of the proxy; its log has the details');
  }
}

/** What the HTTP parser refused: there is no request to reply to, only a socket. */
function refuseBrokenRequest(error: Error & { code?: string }, socket: Socket, { clock, telemetry }: Runtime): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const failure = brokenRequest(error.code);
  const requestId = newExchangeId();
  const { status, headers, body } = renderOpenAiError(failure, { requestId, attempts: [], spent: false });
  telemetry.refused({ id: requestId, httpStatus: status }, failure);
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`);
  // A client that never closes its side would keep the connection, and the place of the request it had begun.
  const timer = clock.setTimeout(() => socket.destroy(), GOODBYE_MS);
  socket.once('close', () => clock.clearTimeout(timer));
}

function brokenRequest(code: string | undefined): Failure {
  if (code === 'HPE_HEADER_OVERFLOW')
    return ownFailure('headers_too_large', 'the request head is larger than limits.headers');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ownFailure('body_timeout', 'the request did not arrive in time');
  return ownFailure('bad_request', 'this is not a valid HTTP request');
}

/** The methods a known path takes, for those who come with another one. */
function allowedAt(path: string): string | undefined {
  if (path === EXPLAIN_PATH || path === OUTCOMES_PATH || ROUTES.some(({ url }) => url === path)) return 'POST';
  return path === '/v1/models' || path.startsWith('/v1/models/') || HEALTH_PATHS.includes(path)
    ? 'GET, HEAD'
    : undefined;
}

/**
 * The path of the route that was found, whatever the client wrote for it: `/%76%31/models` and `http://proxy/v1/models` are `/v1/models` to
 * the router. Only where there is none, what was written.
 */
function routeOf(request: FastifyRequest): string {
  return (request.is404 ? undefined : request.routeOptions.url) ?? pathOf(request);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/';
}
