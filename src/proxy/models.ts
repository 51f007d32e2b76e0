import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ownFailure } from '../failures/own-errors.ts';
import { UpstreamModels } from '../providers/upstream-models.ts';
import { upstreamPath } from './chain.ts';
import { sendOwn } from './own-reply.ts';
import type { Runtime } from './runtime.ts';

interface ListedModel {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

/**
 * `/v1/models`: the configured names first, then what each provider lists, as `provider/model`. A provider that does not answer in time
 * is left out: the list is a help, not a promise.
 */
export function modelRoutes(app: FastifyInstance, runtime: Runtime): void {
  const upstream = new UpstreamModels(runtime.transport, runtime.clock);
  const started = Math.floor(runtime.clock.now() / 1000);

  /** Of a tenant's key those it may ask for. */
  const list = async (request: FastifyRequest): Promise<ListedModel[]> => {
    const { identity } = request;
    const { tenancy } = runtime;
    const known = await all(
      tenancy === undefined
        ? request.headers.authorization
        : tenancy.authorizationOf(request.headers, identity?.keySource),
    );
    if (identity === undefined || tenancy === undefined) return known;
    return known.filter(({ id }) => tenancy.allows(identity, id));
  };

  const all = async (authorization: string | undefined): Promise<ListedModel[]> => {
    const { models, providers, routing } = runtime.config;
    const own = [...routing.models.keys(), ...models.keys()].map((id) => ({
      id,
      object: 'model' as const,
      created: started,
      owned_by: 'breakwater',
    }));
    const theirs = await Promise.all(
      [...providers.values()].map(async (provider) => {
        const ids = await upstream.list(provider, upstreamPath(provider, provider.paths.models, ''), authorization);
        return ids.map((id) => ({
          id: `${provider.name}/${id}`,
          object: 'model' as const,
          created: started,
          owned_by: provider.name,
        }));
      }),
    );
    return [...own, ...theirs.flat()];
  };

  app.get('/v1/models', async (request, reply) => {
    void reply.send({ object: 'list', data: await list(request) });
  });

  app.get('/v1/models/*', async (request, reply) => {
    const id = (request.params as { '*': string })['*'];
    const found = (await list(request)).find((model) => model.id === id);
    if (found !== undefined) {
      void reply.send(found);
      return;
    }
    const { identity } = request;
    const chain =
      identity === undefined || runtime.tenancy === undefined
        ? runtime.chains.find(id)
        : runtime.tenancy.findChain(identity, id);
    if ('class' in chain) sendOwn(reply, chain, runtime.telemetry);
    else if ('error' in chain) sendOwn(reply, ownFailure('unknown_model', chain.message, 'model'), runtime.telemetry);
    else
      void reply.send({
        id,
        object: 'model',
        created: started,
        owned_by: chain.rungs[0]?.provider.name ?? 'breakwater',
      });
  });
}
