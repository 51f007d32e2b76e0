import { readScope, scopeKey } from '../tenants/scopes.ts';

/** As long as any that a request can name. */
const LONGEST = 600;
const HASHED = /^(agent|user|session|task):~[\w-]{43}$/;

/**
 * A scope as a person writes it, or as the store does: `tenant`, `agent:coder`, `session:my talk`, `session:my%20talk`.
 *
 * @returns the store's name of it; undefined where it is none
 */
export function parseScope(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  // What was too long to be a part of a key is known by its hash only.
  if (HASHED.test(text)) return text;
  try {
    const scope = readScope(text);
    return scope === undefined ? undefined : scopeKey(scope.kind, scope.name);
  } catch (error) {
    // A stray "%".
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

export const SCOPE_EXPECTED = 'expected tenant, agent:NAME, user:NAME, session:NAME or task:NAME';
