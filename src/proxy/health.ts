import type { FastifyInstance } from 'fastify';
import type { Runtime } from './runtime.ts';

export const HEALTH_PATHS: readonly string[] = ['/healthz', '/readyz', '/metrics'];

/** `/healthz`: the process answers. `/readyz`: it takes requests. `/metrics`: Prometheus text. */
export function healthRoutes(app: FastifyInstance, runtime: Runtime): void {
  app.get('/healthz', (_request, reply) => {
    void reply.send({ status: 'ok' });
  });
  app.get('/readyz', (_request, reply) => {
    // Open circuits are reported and do not make it unready: every replica sees the same dead provider, and taking all of them
    // out of service would turn clean errors and fallbacks into refused connections.
    const open = runtime.gates.circuits.snapshots().filter(({ state }) => state !== 'closed');
    // Keys made at run time would be refused as unknown.
    const keysUnread = runtime.tenancy?.directory.ready === false;
    const status = runtime.draining ? 'draining' : keysUnread ? 'keys unread' : 'ok';
    void reply.code(status === 'ok' ? 200 : 503).send({
      status,
      inFlight: runtime.inFlight,
      circuits: open.map(({ name, state, retryAt }) => ({ name, state, retryAt })),
    });
  });
  app.get('/metrics', async (_request, reply) => {
    void reply.type('text/plain; version=0.0.4; charset=utf-8');
    return runtime.telemetry.metrics.text();
  });
}
