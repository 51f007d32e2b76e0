import type { IncomingHttpHeaders } from 'node:http';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { type KeySource, sentKey } from './client-key.ts';
import type { ClientKey } from './key-directory.ts';
import type { ScopeParts } from './limits.ts';
import type { Membership, TenantRegistry } from './registry.ts';
import { keyPart, NO_AGENT } from './scopes.ts';

/** Who asks: whose money it is, and on whose account within the tenant. */
export interface Identity extends Membership {
  /** Id of the client key. */
  readonly keyId: string;
  /** Where the key stood. Only with `x-breakwater-key` is `Authorization` the client's own, and may go upstream. */
  readonly keySource: KeySource;
  /** As the client named them, or as its key says; undefined: not named. */
  readonly agent: string | undefined;
  readonly user: string | undefined;
  readonly session: string | undefined;
  readonly task: string | undefined;
  /** The same, escaped for keys. */
  readonly names: ScopeParts;
  /** What may be paused: `tenant`, `agent:coder`, `session:s1`. */
  readonly scopes: readonly string[];
}

/** What `identify` needs of a key directory. */
export interface KeyLookup {
  find(key: string): ClientKey | undefined;
}

type NameHeader = 'x-breakwater-agent' | 'x-breakwater-user' | 'x-breakwater-session' | 'x-breakwater-task';

const PRINTABLE = /^[\x20-\x7e]{1,128}$/;

/**
 * Whom a request stands for: its key says the tenant, and maybe the agent; headers name agent, user, session and task within it. No
 * header leads to another tenant. About 3 us.
 */
export function identify(headers: IncomingHttpHeaders, keys: KeyLookup, tenants: TenantRegistry): Identity | Failure {
  const sent = sentKey(headers);
  if (sent === undefined) return ownFailure('missing_key', MISSING);
  const key = keys.find(sent.key);
  const entry = key === undefined ? undefined : tenants.find(key.tenant);
  if (key === undefined || entry === undefined)
    return ownFailure('invalid_key', `The key in ${sent.source} is not known here, or no longer good.`);

  const named = readName(headers, 'x-breakwater-agent');
  const user = readName(headers, 'x-breakwater-user');
  const session = readName(headers, 'x-breakwater-session');
  const task = readName(headers, 'x-breakwater-task');
  if (typeof named === 'object') return named;
  if (typeof user === 'object') return user;
  if (typeof session === 'object') return session;
  if (typeof task === 'object') return task;
  if (key.agent !== undefined && named !== undefined && named !== key.agent)
    return ownFailure('agent_not_allowed', `This key is for the agent "${key.agent}" only, not for another one.`);

  const agent = key.agent ?? named;
  const names: ScopeParts = {
    agent: agent === undefined ? nameless(entry.tenant.otherAgents) : keyPart(agent),
    user: user === undefined ? undefined : keyPart(user),
    session: session === undefined ? undefined : keyPart(session),
    task: task === undefined ? undefined : keyPart(task),
  };
  const { tenant, policy, limits } = entry.memberFor(agent);
  const scopes = scopesOf(names);
  return { tenant, policy, limits, keyId: key.id, keySource: sent.source, agent, user, session, task, names, scopes };
}

export function isIdentity(found: Identity | Failure): found is Identity {
  return 'keyId' in found;
}

const MISSING =
  'This proxy asks for a key: send it as "Authorization: Bearer ...", as "x-api-key: ...", or as "x-breakwater-key: ...".';

/** Who names no agent shares one account, where there are limits for agents that are not written. */
function nameless(otherAgents: object | undefined): string | undefined {
  return otherAgents === undefined ? undefined : NO_AGENT;
}

function readName(headers: IncomingHttpHeaders, header: NameHeader): string | Failure | undefined {
  const value = headers[header];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && PRINTABLE.test(value)) return value;
  return ownFailure('invalid_header', `The header ${header} takes up to 128 printable ASCII characters.`, header);
}

function scopesOf({ agent, user, session, task }: ScopeParts): readonly string[] {
  const scopes = ['tenant'];
  if (agent !== undefined) scopes.push(`agent:${agent}`);
  if (user !== undefined) scopes.push(`user:${user}`);
  if (session !== undefined) scopes.push(`session:${session}`);
  if (task !== undefined) scopes.push(`task:${task}`);
  return scopes;
}
