import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Script } from '../../state/redis/scripts.ts';

export const cacheScripts = {
  put: load('put'),
  read: load('read'),
  purge: load('purge'),
  claim: load('claim'),
  claimHeld: load('claim-held'),
  saveCertificate: load('save-certificate'),
} as const;

function load(name: string): Script {
  const lua = readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');
  return { name: `cache/${name}`, lua, sha: createHash('sha1').update(lua).digest('hex') };
}
