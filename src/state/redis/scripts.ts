import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script as Redis knows it. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  /** What EVALSHA calls it by. */
  readonly sha: string;
}

/** Loads `lua/<name>.lua`; a line `-- @include x` stands for `lua/include/x.lua`. */
export function loadScript(name: string): Script {
  const lua = read(name).replace(/^-- @include (\S+)$/gm, (_line, part: string) => read(`include/${part}`));
  return { name, lua, sha: createHash('sha1').update(lua).digest('hex') };
}

export const scripts = {
  reserve: loadScript('reserve'),
  settle: loadScript('settle'),
  cancel: loadScript('cancel'),
  renew: loadScript('renew'),
  reap: loadScript('reap'),
  listCounters: loadScript('list-counters'),
  listRates: loadScript('list-rates'),
  pause: loadScript('pause'),
  addKey: loadScript('add-key'),
  revokeKey: loadScript('revoke-key'),
  outboxPut: loadScript('outbox-put'),
  outboxRemove: loadScript('outbox-remove'),
  outboxTake: loadScript('outbox-take'),
} as const;

function read(name: string): string {
  return readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8').trimEnd();
}
