import type { IncomingHttpHeaders } from 'node:http';
import type { Endpoint } from '../dialects/endpoint.ts';
import type { OpenAiRequest } from '../dialects/openai-request.ts';
import type { Failure } from '../failures/failure.ts';
import { isRecord } from '../failures/json-record.ts';
import { ownFailure } from '../failures/own-errors.ts';
import type { Price } from '../prices/price.ts';
import type { RouteDecision } from '../routing/decision.ts';
import { isRouteName } from '../routing/policy/route-key.ts';
import type { RoutePolicy } from '../routing/policy/route-policy.ts';
import type { Identity } from '../tenants/identify.ts';
import { isNameAllowed, modelNameFor, modelNotAllowed } from '../tenants/models-allowed.ts';
import type { Chain } from './chain.ts';
import type { Runtime } from './runtime.ts';

/** What a policy made of a request. */
export interface Routed {
  readonly decision: RouteDecision;
  /** Of the model that is served, with the settings of the agent. */
  readonly chain: Chain;
}

/** A request that may be for a policy to route. */
export interface Routable {
  readonly endpoint: Endpoint;
  readonly call: Pick<OpenAiRequest, 'model' | 'body' | 'maxTokens'>;
  readonly headers: IncomingHttpHeaders;
  readonly identity: Identity | undefined;
}

const TASK_HEADER = 'x-breakwater-task-type';
const ROUTE_HEADER = 'x-breakwater-route';
/** The same in the body's `metadata`, for clients that cannot set headers. */
const TASK_FIELD = 'breakwater_task_type';
const ROUTE_FIELD = 'breakwater_route';
/** Metadata is small; what is not is not read. */
const MOST_METADATA = 8_192;
const LONGEST_SESSION = 128;

/**
 * Chooses the model for a request that names a policy and no model. Synchronous: a few tens of microseconds.
 *
 * @param dry nothing is remembered of it: somebody only wants to know
 * @returns undefined where the request names a model: then that is what it gets
 */
export function routeRequest(request: Routable, runtime: Runtime, dry = false): Routed | Failure | undefined {
  const { call, identity } = request;
  const asked = identity === undefined ? call.model : modelNameFor(identity.policy, call.model);
  const policy = runtime.chains.policyFor(asked);
  return policy === undefined ? undefined : routeBy(policy, asked, request, runtime, dry);
}

/**
 * Asks what other replicas know of the conversation that a routed request goes on with. Undefined, and nothing waits: they share nothing, or there
 * is nothing to know. Resolves within the state's timeout and never rejects.
 */
export function learnPin({ endpoint, call, headers, identity }: Routable, runtime: Runtime): Promise<void> | undefined {
  const { routePins, chains } = runtime;
  if (!routePins.shared) return undefined;
  const policy = chains.policyFor(identity === undefined ? call.model : modelNameFor(identity.policy, call.model));
  if (policy === undefined) return undefined;
  const request = {
    endpoint,
    body: call.body,
    maxTokens: call.maxTokens,
    taskType: undefined,
    routeName: undefined,
    session: identity === undefined ? sessionIn(headers) : identity.session,
  };
  const conversation = policy.conversationOf(request, identity?.tenant.name ?? '');
  return conversation === undefined ? undefined : routePins.learn(conversation);
}

function routeBy(
  policy: RoutePolicy,
  asked: string,
  { endpoint, call, headers, identity }: Routable,
  runtime: Runtime,
  dry: boolean,
): Routed | Failure {
  if (identity !== undefined && !isNameAllowed(identity.policy, asked))
    return modelNotAllowed(identity.policy, call.model);
  if (endpoint === 'embeddings')
    return ownFailure(
      'unknown_model',
      `${asked} is chosen for each request, and vectors of different models do not compare: name a model.`,
    );
  const taskType = told(call, headers, TASK_HEADER, TASK_FIELD);
  const routeName = told(call, headers, ROUTE_HEADER, ROUTE_FIELD);
  if (typeof taskType === 'object') return taskType;
  if (typeof routeName === 'object') return routeName;
  const { tenancy, chains, routePins, evidence, clock } = runtime;
  const decision = policy.decide(
    {
      endpoint,
      body: call.body,
      maxTokens: call.maxTokens,
      taskType,
      routeName,
      session: identity === undefined ? sessionIn(headers) : identity.session,
    },
    {
      tenant: identity?.tenant.name ?? '',
      allows: (model) => identity === undefined || tenancy === undefined || tenancy.allows(identity, model),
      price: (model) => priceOf(model, runtime),
      book: evidence,
      pins: routePins,
      now: clock.now(),
      dry: dry || endpoint === 'count-tokens',
    },
  );
  if (decision === undefined && identity !== undefined) return modelNotAllowed(identity.policy, call.model);
  const chain =
    decision === undefined
      ? undefined
      : identity === undefined || tenancy === undefined
        ? chains.find(decision.model)
        : tenancy.chainFor(identity, decision.model);
  // The loader refuses policies of unknown models.
  if (decision === undefined || chain === undefined || 'error' in chain)
    return ownFailure('internal_error', `the policy of ${asked} found no model`);
  return { decision, chain };
}

/** What a call to a configured model costs, at its first target. */
export function priceOf(model: string, { chains, prices, clock }: Runtime): Price | undefined {
  const chain = chains.find(model);
  const rung = 'error' in chain ? undefined : chain.rungs[0];
  return rung && prices.price(rung.provider, rung.target, clock.now());
}

/** What the client says of its request: in a header, else in the body's metadata. What cannot be a name is refused in a header only. */
function told(
  { body }: Routable['call'],
  headers: IncomingHttpHeaders,
  header: string,
  field: string,
): string | Failure | undefined {
  const value = headers[header];
  if (typeof value === 'string' && value !== '') {
    if (isRouteName(value)) return value;
    return ownFailure(
      'invalid_header',
      `The header ${header} takes up to 128 letters, digits and any of "_.:/-".`,
      header,
    );
  }
  const span = body.kind('metadata') === 'object' ? body.spans('metadata').at(-1) : undefined;
  if (span === undefined || span.end - span.start > MOST_METADATA) return undefined;
  const metadata = body.value('metadata');
  const named = isRecord(metadata) ? metadata[field] : undefined;
  return typeof named === 'string' && isRouteName(named) ? named : undefined;
}

/** Where nobody is asked for a key, sessions are named all the same. */
function sessionIn(headers: IncomingHttpHeaders): string | undefined {
  const value = headers['x-breakwater-session'];
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_SESSION ? value : undefined;
}
