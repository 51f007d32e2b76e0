import type { Endpoint } from '../dialects/endpoint.ts';
import type { JsonMembers } from '../dialects/json-members.ts';
import { Digest } from './digest.ts';

/** Who may share answers: the same of these, and nobody else. */
export interface ScopeOwner {
  /** Undefined: the proxy asks nobody for a key. */
  readonly tenant: string | undefined;
  /** Only where users do not share; undefined: they do. */
  readonly user: string | undefined;
  /** The client's own key for the provider, where it is passed on; it is as good as a name. Undefined: ours is used. */
  readonly credential: string | undefined;
}

/** What a request is asked of. */
export interface ScopeRoute {
  readonly endpoint: Endpoint;
  /** Name, targets and their addresses, epoch: {@link routeFingerprint}. */
  readonly fingerprint: string;
}

/** A request as far as scopes need it. */
export interface ScopedRequest {
  readonly body: JsonMembers;
  /** {@link scopedHeaders} of it. */
  readonly headers: string;
}

/** Members of a body that are not part of the scope: another writing of the same question, or what the route stands for. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  // The route's name and targets are in their place: several names may stand for it.
  'model',
  // How the answer is delivered. What is kept can be given either way.
  'stream',
  'stream_options',
]);
/** Where the provider looks for its own cache of beginnings. */
const HINTS: ReadonlySet<string> = new Set(['prompt_cache_key', 'prompt_cache_retention']);
/** Who asks, for the provider's records. Left out where users share. */
const NAMES_USER: ReadonlySet<string> = new Set(['user', 'metadata', 'safety_identifier']);

/** All that a model's name stands for, as one text. A target whose provider moves to another address is another target. */
export function routeFingerprint(
  model: string,
  targets: readonly { readonly id: string; readonly address: string }[],
  epoch: string,
): string {
  return JSON.stringify([epoch, model, targets.map(({ id, address }) => [id, address])]);
}

/**
 * The key under which the answer to exactly this request is kept. The body's members go in as the bytes they came in, under their names in
 * order, all but a short list of those that are left out by name: a member that nobody has heard of makes another key. Parsed values
 * take no part: V8 may misread a key with an escape in it (nodejs/node#63785).
 *
 * About 9 us, and 20 more for half a megabyte (Node 24).
 */
export function exactKey(secret: Buffer, owner: ScopeOwner, route: ScopeRoute, request: ScopedRequest): string {
  const digest = new Digest(secret);
  addScope(digest, owner, route, request.headers);
  const { body } = request;
  for (const name of [...body.keys].sort()) {
    if (isLeftOut(name, owner, route)) continue;
    const [span] = body.spans(name);
    digest.add(name).add(span && body.bytes.subarray(span.start, span.end));
  }
  return digest.key();
}

/** Whose and of what: how every scope begins. */
export function addScope(digest: Digest, owner: ScopeOwner, route: ScopeRoute, headers: string): void {
  digest.add(owner.tenant).add(owner.user).add(owner.credential);
  digest.add(route.endpoint).add(route.fingerprint).add(headers);
}

/** Whether a member of the body is no part of its scope. Responses repeats in its answer who asked: there only the delivery is left out. */
export function isLeftOut(name: string, owner: ScopeOwner, { endpoint }: ScopeRoute): boolean {
  if (LEFT_OUT.has(name)) return true;
  if (endpoint === 'responses') return false;
  return HINTS.has(name) || (owner.user === undefined && NAMES_USER.has(name));
}
