import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Side } from '../change.ts';
import { nameOf } from '../evidence-key.ts';
import { MOST_ROUTES, OUTCOME_WITHIN_MS, type RecentRoute, type SharedRecent } from '../recent-routes.ts';
import type { EvidenceLink } from './redis-evidence.ts';

/** Sessions and tasks of one tenant. */
const MOST_OF_TENANT = 10_000;
/** No tenant has this name. A key's hash tag must not be empty: Redis would then take the whole key. */
const NO_TENANT = '~';

const rememberScript = script('remember-work');
const takeScript = script('take-work');

/** What all replicas have routed of sessions and tasks: one hash a tenant, by a hash of their names. */
export class RedisRecent implements SharedRecent {
  readonly #link: EvidenceLink;
  readonly #prefix: string;
  readonly #most: number;

  /** @param most sessions and tasks of one tenant */
  constructor(link: EvidenceLink, prefix: string, most = MOST_OF_TENANT) {
    this.#link = link;
    this.#prefix = prefix;
    this.#most = most;
  }

  async remember(ids: readonly string[], { key, policy, side }: RecentRoute & { readonly side: Side }): Promise<void> {
    const { tenant, pair } = key;
    const work = JSON.stringify([key.key, pair.cheap, pair.strong, policy]);
    const bounds = [OUTCOME_WITHIN_MS, this.#most, MOST_ROUTES];
    const args = [short(nameOf(key)), work, side, ...bounds, ...ids.map(short)];
    await this.#link.run(rememberScript, this.#keyOf(tenant), args);
  }

  async take(tenant: string, id: string): Promise<readonly RecentRoute[]> {
    const text = await this.#link.run(takeScript, this.#keyOf(tenant), [short(id), OUTCOME_WITHIN_MS]);
    if (typeof text !== 'string' || text === '') return [];
    const work: unknown = JSON.parse(text);
    return Object.values(work ?? {}).flatMap((one: unknown) => readWork(tenant, one) ?? []);
  }

  #keyOf(tenant: string): string {
    return `${this.#prefix}:{${tenant === '' ? NO_TENANT : tenant}}:work`;
  }
}

/** Undefined: another version has written it. */
function readWork(tenant: string, one: unknown): RecentRoute | undefined {
  const [text, side]: unknown[] = Array.isArray(one) ? one : [];
  const read: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
  const [key, cheap, strong, policy]: unknown[] = Array.isArray(read) ? read : [];
  if (typeof key !== 'string' || typeof cheap !== 'string' || typeof strong !== 'string') return undefined;
  if (typeof policy !== 'string') return undefined;
  return { key: { tenant, key, pair: { cheap, strong } }, policy, side: sideOf(side) };
}

function sideOf(side: unknown): Side | undefined {
  return side === 'cheap' || side === 'strong' ? side : undefined;
}

function short(name: string): string {
  return createHash('sha256').update(name).digest('base64url').slice(0, 24);
}

function script(name: string) {
  const lua = readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');
  return { name: `routing/${name}`, lua, sha: createHash('sha1').update(lua).digest('hex') };
}
