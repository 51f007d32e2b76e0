import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AdminConfig } from '../config/tenant-config.ts';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { StateUnavailable } from '../state/budget-store.ts';
import { identifyAdmin } from '../tenants/identify-admin.ts';
import { scopeInWords } from '../tenants/scopes.ts';
import { type Administration, AdminRefused } from './administration.ts';
import { type AuditAdministration, auditRoutes } from './audit-routes.ts';
import { type CacheAdministration, cacheRoutes } from './cache-routes.ts';
import { budgetsCsvPages, ledgerCsvPages } from './csv-pages.ts';
import { numberIn, readFields, readJson, required } from './read-input.ts';
import { type RouteAdministration, routeRoutes } from './route-routes.ts';

export interface AdminDoor {
  /** The keys in force. */
  readonly admin: () => AdminConfig;
  /** Undefined where there are no tenants. */
  readonly administration: () => Administration | undefined;
  /** Undefined where nothing is kept. */
  readonly cache?: () => CacheAdministration | undefined;
  /** Undefined where no account of prompts is kept. */
  readonly audit?: () => AuditAdministration | undefined;
  /** Undefined where no policy keeps evidence. */
  readonly routes?: () => RouteAdministration | undefined;
  /** Answers with an error in OpenAI's shape. */
  readonly refuse: (reply: FastifyReply, failure: Failure) => void;
  /** Something was changed, and by which key: for the log. */
  readonly acted: (text: string) => void;
  /** A defect of ours. */
  readonly defect: (error: unknown) => void;
}

/** The largest body of an admin request, bytes: a few names and a reason. */
export const ADMIN_BODY_LIMIT = 16_384;
export const ADMIN_PREFIX = '/admin';

const STATE_RETRY_MS = 1_000;
const METHODS: readonly (readonly [path: RegExp, methods: string])[] = [
  [/^\/admin\/(audit|budgets|ledger|routes|tenants)$/, 'GET, HEAD'],
  [/^\/admin\/cache$/, 'GET, HEAD, DELETE'],
  [/^\/admin\/keys$/, 'GET, HEAD, POST'],
  [/^\/admin\/keys\/[^/]+$/, 'DELETE'],
  [/^\/admin\/(pause|resume|keys\/[^/]+\/rotate)$/, 'POST'],
];

declare module 'fastify' {
  interface FastifyRequest {
    /** Id of the admin key it came with; '' where none was asked for. */
    adminKey: string;
  }
}

/** True for what {@link adminRoutes} answers for. */
export function isAdminUrl(url: string): boolean {
  return /^\/admin(?:[/?]|$)/.test(url);
}

/**
 * The admin API. Every path below `/admin` asks for an admin key first, those that are not there included; a client's key opens none. What
 * limits clients does not limit it: a proxy full of runaway requests must still be told to pause them.
 */
export function adminRoutes(app: FastifyInstance, door: AdminDoor): void {
  app.register(
    async (scope) => {
      scope.decorateRequest('adminKey', '');
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser(
        '*',
        { parseAs: 'buffer', bodyLimit: ADMIN_BODY_LIMIT },
        (_request: FastifyRequest, body: Buffer, done: (error: Error | null, body: Buffer) => void) => done(null, body),
      );
      scope.addHook('onRequest', (request, reply, done) => {
        // Keys and spending are for no cache on the way.
        reply.header('cache-control', 'no-store');
        const refusal = unlock(request, door);
        if (refusal === undefined) done();
        else door.refuse(reply, refusal);
      });
      scope.setErrorHandler((error, _request, reply) => door.refuse(reply, failureOf(error, door)));
      scope.setNotFoundHandler((request, reply) => {
        const path = request.url.split('?', 1)[0] ?? '';
        const allowed = METHODS.find(([known]) => known.test(path))?.[1];
        if (allowed === undefined) {
          door.refuse(reply, ownFailure('unknown_route', `there is no ${request.method} ${path}`));
          return;
        }
        reply.header('allow', allowed);
        door.refuse(reply, ownFailure('method_not_allowed', `${path} takes ${allowed}, not ${request.method}`));
      });
      readingRoutes(scope, door);
      keyRoutes(scope, door);
      pauseRoutes(scope, door);
      routeRoutes(scope, door.routes ?? (() => undefined));
      cacheRoutes(scope, door.cache ?? (() => undefined), door.acted);
      auditRoutes(scope, door.audit ?? (() => undefined));
    },
    { prefix: ADMIN_PREFIX },
  );
}

/** @returns why the door stays closed */
function unlock(request: FastifyRequest, door: AdminDoor): Failure | undefined {
  const admin = door.admin();
  if (admin.keys.length === 0) {
    const line = 'admin: {keys: ["${BREAKWATER_ADMIN_KEY}"]}';
    return ownFailure(
      'admin_off',
      `The admin API is off: no admin key is configured. Add this to the configuration: ${line}`,
    );
  }
  const found = identifyAdmin(request.headers, admin);
  if ('class' in found) return found;
  request.adminKey = found.keyId;
  return undefined;
}

function readingRoutes(scope: FastifyInstance, door: AdminDoor): void {
  scope.get('/tenants', async (request) => {
    const { after, limit } = readFields(request.query, ['after', 'limit']);
    return open(door).tenants({ after, limit: numberIn(limit) });
  });
  scope.get('/budgets', async (request, reply) => {
    const { tenant, after, limit, format } = readFields(request.query, ['tenant', 'after', 'limit', 'format']);
    if (wantsCsv(format)) return sendCsv(reply, `budgets${suffix(tenant)}`, budgetsCsvPages(open(door), { tenant }));
    return open(door).budgets({ tenant, after, limit: numberIn(limit) });
  });
  scope.get('/ledger', async (request, reply) => {
    const fields = readFields(request.query, ['tenant', 'after', 'since', 'limit', 'format']);
    const wish = {
      tenant: required(fields, 'tenant'),
      after: fields.after,
      since: fields.since,
      limit: numberIn(fields.limit),
    };
    if (!wantsCsv(fields.format)) return open(door).ledger(wish);
    if (Number.isNaN(wish.limit))
      throw new AdminRefused(ownFailure('wrong_type', 'limit: expected a whole number', 'limit'));
    return sendCsv(reply, `ledger${suffix(wish.tenant)}`, ledgerCsvPages(open(door), wish));
  });
}

function keyRoutes(scope: FastifyInstance, door: AdminDoor): void {
  scope.get('/keys', async (request) => open(door).keys(readFields(request.query, ['tenant'])));
  scope.post('/keys', async (request, reply) => {
    const fields = readFields(readJson(request.body), ['tenant', 'agent', 'label', 'expiresIn']);
    const made = await open(door).createKey({ ...fields, tenant: required(fields, 'tenant') });
    door.acted(`${request.adminKey} created the key ${made.id} of tenant ${made.tenant}`);
    reply.code(201);
    return made;
  });
  scope.post<{ Params: { id: string } }>('/keys/:id/rotate', async (request, reply) => {
    const { overlap } = readFields(readJson(request.body), ['overlap']);
    const made = await open(door).rotateKey(request.params.id, overlap);
    door.acted(
      `${request.adminKey} rotated the key ${request.params.id} of tenant ${made.tenant}: it is ${made.id} now`,
    );
    reply.code(201);
    return made;
  });
  scope.delete<{ Params: { id: string } }>('/keys/:id', async (request) => {
    const revoked = await open(door).revokeKey(request.params.id);
    door.acted(`${request.adminKey} revoked the key ${revoked.id} of tenant ${revoked.tenant}`);
    return revoked;
  });
}

function pauseRoutes(scope: FastifyInstance, door: AdminDoor): void {
  scope.post('/pause', async (request) => {
    const fields = readFields(readJson(request.body), ['tenant', 'scope', 'reason']);
    const {
      tenant,
      scope: asked,
      reason,
    } = {
      tenant: required(fields, 'tenant'),
      scope: required(fields, 'scope'),
      reason: fields.reason ?? 'by an operator',
    };
    const paused = await open(door).pause({ tenant, scope: asked, reason });
    door.acted(`${request.adminKey} paused ${scopeInWords(paused.scope, tenant)}`);
    return paused;
  });
  scope.post('/resume', async (request) => {
    const fields = readFields(readJson(request.body), ['tenant', 'scope']);
    const wish = { tenant: required(fields, 'tenant'), scope: required(fields, 'scope') };
    const resumed = await open(door).resume(wish);
    door.acted(`${request.adminKey} resumed ${scopeInWords(resumed.scope, wish.tenant)}`);
    return resumed;
  });
}

function open(door: AdminDoor): Administration {
  const administration = door.administration();
  if (administration !== undefined) return administration;
  throw new AdminRefused(
    ownFailure('admin_off', 'There are no tenants in the configuration, so there is nothing to administer.'),
  );
}

function wantsCsv(format: string | undefined): boolean {
  if (format === undefined || format === 'json') return false;
  if (format === 'csv') return true;
  throw new AdminRefused(ownFailure('wrong_type', `format: expected json or csv`, 'format'));
}

/** Page by page, as fast as it is read. The first page is there before the answer begins. */
async function sendCsv(reply: FastifyReply, name: string, pages: AsyncGenerator<string, void>): Promise<FastifyReply> {
  const first = await pages.next();
  async function* all(): AsyncGenerator<string, void> {
    if (first.done !== true) yield first.value;
    yield* pages;
  }
  reply.header('content-disposition', `attachment; filename="breakwater-${name}.csv"`);
  return reply.type('text/csv; charset=utf-8').send(Readable.from(all(), { objectMode: false }));
}

/** Tenants' names hold nothing that a header or a file could not. */
function suffix(tenant: string | undefined): string {
  return tenant === undefined ? '' : `-${tenant}`;
}

function failureOf(error: unknown, door: AdminDoor): Failure {
  if (error instanceof AdminRefused) return error.failure;
  if (error instanceof StateUnavailable) {
    const failure = ownFailure('state_unavailable', 'The store of the budgets and keys does not answer at the moment.');
    return { ...failure, retryAfterMs: STATE_RETRY_MS };
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return ownFailure('body_too_large', `the body is larger than ${ADMIN_BODY_LIMIT} bytes`);
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH')
    return ownFailure('bad_request', 'the body is not as long as its content-length says');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return ownFailure('unsupported_media_type', 'the content-type is malformed; send application/json', 'content-type');
  door.defect(error);
  return ownFailure('internal_error', 'an internal error of the proxy; its log has the details');
}
