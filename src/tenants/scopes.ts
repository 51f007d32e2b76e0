import { hash } from 'node:crypto';

/** Whom a budget may belong to. */
export const SCOPE_KINDS = ['tenant', 'agent', 'user', 'session', 'task'] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** The name, within keys, of requests that name no agent. No escaped name equals it. */
export const NO_AGENT = '*';

const PLAIN = /^[A-Za-z0-9_.-]+$/;
/** Two names and what is around them stay below the 500 bytes of a counter's key. */
const LONGEST_PART = 200;

/**
 * A client's name for something as a part of keys. Clients choose these names, so every character that keys are put together with is
 * escaped: a session called `x/usd/day` is no budget. What gets too long by that is hashed.
 */
export function keyPart(name: string): string {
  if (name.length <= LONGEST_PART && PLAIN.test(name)) return name;
  const escaped = encodeURIComponent(name).replace(
    /[!'()*~]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return escaped.length <= LONGEST_PART ? escaped : `~${hash('sha256', name, 'base64url')}`;
}

/** `agent:coder`; `tenant` for the tenant itself. Names a scope to the store's `pause` and `resume`. */
export function scopeKey(kind: ScopeKind, name: string | undefined): string {
  return kind === 'tenant' ? kind : `${kind}:${name === undefined ? NO_AGENT : keyPart(name)}`;
}

/** The kind and name that {@link scopeKey} was given; undefined where the text is no scope. A hashed name stays hashed. */
export function readScope(scope: string): { readonly kind: ScopeKind; readonly name: string | undefined } | undefined {
  if (scope === 'tenant') return { kind: 'tenant', name: undefined };
  const colon = scope.indexOf(':');
  const kind = SCOPE_KINDS.find((known) => known !== 'tenant' && known === scope.slice(0, colon));
  const part = scope.slice(colon + 1);
  if (kind === undefined || part === '') return undefined;
  return { kind, name: part === NO_AGENT ? undefined : unescapePart(part) };
}

function unescapePart(part: string): string {
  return /^(?:[A-Za-z0-9_.-]|%[0-9A-F]{2})+$/.test(part) ? decodeURIComponent(part) : part;
}

/** A scope for a person: `agent:coder of tenant acme`, `tenant acme`. */
export function scopeInWords(scope: string, tenant: string): string {
  return scope === 'tenant' ? `tenant ${tenant}` : `${scope} of tenant ${tenant}`;
}
