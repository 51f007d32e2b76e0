import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type EvidenceKey, nameOf } from '../evidence-key.ts';
import { type EvidenceStore, KEPT_MS, type StoredEvidence } from './evidence-store.ts';

/** No tenant has this name. A key's hash tag must not be empty: Redis would then take the whole key. */
const NO_TENANT = '~';

/** What the store needs of a connection: `RedisLink` is one, whose commands end in time. */
export interface EvidenceLink {
  run(
    script: { readonly name: string; readonly lua: string; readonly sha: string },
    key: string,
    args: readonly (string | number)[],
  ): Promise<unknown>;
  call(command: string, key: string, ...args: readonly (string | number)[]): Promise<unknown>;
}

const lua = readFileSync(new URL('./lua/save-evidence.lua', import.meta.url), 'utf8');
const saveScript = { name: 'routing/save-evidence', lua, sha: createHash('sha1').update(lua).digest('hex') };

/** Evidence in Redis, shared by replicas: a hash each, all of a tenant's in one slot, replaced only by who has seen the latest. */
export class RedisEvidenceStore implements EvidenceStore {
  readonly #link: EvidenceLink;
  readonly #prefix: string;

  constructor(link: EvidenceLink, prefix: string) {
    this.#link = link;
    this.#prefix = prefix;
  }

  async load(key: EvidenceKey): Promise<StoredEvidence | undefined> {
    const found = await this.#link.call('hmget', this.#keyOf(key), 'record', 'revision');
    const [record, revision]: unknown[] = Array.isArray(found) ? found : [];
    return typeof record === 'string' ? { record, revision: Number(revision) } : undefined;
  }

  async save(key: EvidenceKey, record: string, expected: number): Promise<number | undefined> {
    const revision = Number(await this.#link.run(saveScript, this.#keyOf(key), [record, expected, KEPT_MS]));
    return revision < 0 ? undefined : revision;
  }

  /** The connection belongs to whoever made it. */
  close(): void {}

  #keyOf(key: EvidenceKey): string {
    const name = createHash('sha256').update(nameOf(key)).digest('base64url').slice(0, 24);
    return `${this.#prefix}:{${key.tenant === '' ? NO_TENANT : key.tenant}}:route:${name}`;
  }
}
