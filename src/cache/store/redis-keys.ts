/** No tenant has this name. A key's hash tag must not be empty: Redis would then take the whole key. */
const NO_TENANT = '~';

/** The tenant's part of keys: all of one tenant's stand in one slot of a Cluster. */
export function tenantKey(prefix: string, tenant: string, what: string): string {
  return `${prefix}:{${tenant === '' ? NO_TENANT : tenant}}:cache${what}`;
}

/** What the store needs of a connection: `RedisLink` is one. */
export interface RedisCommands {
  run(
    script: { readonly name: string; readonly lua: string; readonly sha: string },
    key: string,
    args: readonly (string | number)[],
  ): Promise<unknown>;
  call(command: string, key: string, ...args: readonly (string | number)[]): Promise<unknown>;
}
