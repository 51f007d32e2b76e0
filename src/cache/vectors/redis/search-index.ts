import { createHash } from 'node:crypto';
import { RedisScriptError } from '../../../state/redis/link.ts';
import { checkEntry, checkQuery } from '../check-entry.ts';
import { cosineOf, unitVector } from '../unit-vector.ts';
import type { EntryKey, VectorEntry, VectorHit, VectorQuery } from '../vector-index.ts';
import { BookedIndex, type RedisIndexOptions } from './booked-index.ts';
import { hitFields, hitOf, nearestFirst, ownerOf } from './entry-hash.ts';
import { type FoundDocument, readSearchReply } from './search-reply.ts';
import { refusalOf, spaceTag, VectorIndexUnsupported, vectorBytes } from './vector-link.ts';

/** HNSW where the server has it. */
const algorithms = ['HNSW', 'FLAT'] as const;

/**
 * An index in Redis search (the query engine of Redis 8, Redis Cloud, Valkey-search and several clouds): one hash an entry, and ONE index a
 * space for all scopes, told apart by a tag. Only what all of those servers have is used.
 */
export class SearchIndex extends BookedIndex {
  readonly #index: string;
  readonly #prefix: string;
  #created: Promise<void> | undefined;

  constructor(options: RedisIndexOptions) {
    const name = `${options.keyPrefix}:vft:${spaceTag(options.space)}`;
    super(options, name);
    this.#index = `${name}:index`;
    this.#prefix = `${name}:entry:`;
  }

  /** Makes the index where there is none. @throws {VectorIndexUnsupported} where the server cannot @throws {StateUnavailable} */
  probe(): Promise<void> {
    // Tried again with the next call where it failed: Redis may have been away.
    this.#created ??= this.#create().catch((error: unknown) => {
      this.#created = undefined;
      throw error;
    });
    return this.#created;
  }

  async add(entry: VectorEntry): Promise<void> {
    checkEntry(entry);
    const unit = unitVector(entry.vector, this.space.dimensions);
    if (entry.expiresAt <= this.clock.now()) {
      await this.remove([entry]);
      return;
    }
    await this.probe();
    await this.book.enter(entry, entry.expiresAt);
    const key = this.#key(entry);
    const fields = ['owner', ownerOf(entry), 'scope', scopeTag(entry), 'id', entry.id];
    const rest = ['expires', entry.expiresAt, 'ref', entry.ref, 'vector', vectorBytes(unit)];
    const ms = Math.max(1, Math.ceil(entry.expiresAt - this.clock.now()));
    await Promise.all([this.link.call('hset', key, ...fields, ...rest), this.link.call('pexpire', key, ms)]);
  }

  async search(query: VectorQuery): Promise<readonly VectorHit[]> {
    checkQuery(query);
    const unit = unitVector(query.vector, this.space.dimensions);
    await this.probe();
    const now = this.clock.now();
    // SORTBY is not among what all servers have: the order is made here.
    const text = `(@scope:{${scopeTag(query)}} @expires:[(${now} +inf])=>[KNN ${query.k} @vector $vector]`;
    const returned = [...hitFields, 'vector'];
    const how = ['RETURN', returned.length, ...returned, 'LIMIT', 0, query.k, 'DIALECT', 2];
    const found = await this.#ask(text, 'PARAMS', 2, 'vector', vectorBytes(unit), ...how);
    const cosine = (bytes: Buffer) => cosineWith(unit, bytes);
    return found
      .map(({ fields }) => hitOf(fields, { ...query, now: this.clock.now(), cosine }))
      .filter((hit) => hit !== undefined)
      .sort(nearestFirst);
  }

  async #ask(text: string, ...how: readonly (string | number | Buffer)[]): Promise<readonly FoundDocument[]> {
    try {
      return readSearchReply(await this.link.callBuffer('ft.search', this.#index, text, ...how));
    } catch (error) {
      // Someone has emptied the server: the index is made anew with the next call.
      if (error instanceof RedisScriptError && /no such index|not found|unknown index/i.test(error.message))
        this.#created = undefined;
      throw error;
    }
  }

  async #create(): Promise<void> {
    let refusal = '';
    for (const algorithm of algorithms) {
      const vector = ['TYPE', 'FLOAT32', 'DIM', this.space.dimensions, 'DISTANCE_METRIC', 'COSINE'] as const;
      const schema = ['scope', 'TAG', 'expires', 'NUMERIC', 'vector', 'VECTOR', algorithm, vector.length, ...vector];
      const on = ['ON', 'HASH', 'PREFIX', 1, this.#prefix];
      try {
        await this.link.call('ft.create', this.#index, ...on, 'SCHEMA', ...schema);
        return;
      } catch (error) {
        if (!(error instanceof RedisScriptError)) throw error;
        if (/already exists/i.test(error.message)) return;
        refusal = refusalOf(error);
        if (/unknown command/i.test(refusal)) break;
      }
    }
    const missing = /unknown command/i.test(refusal) ? 'no search (FT.CREATE)' : 'no index of vectors, HNSW or FLAT';
    throw new VectorIndexUnsupported(
      `this Redis has ${missing} (${refusal}): set cache.semantic.index to redis-vectorset (Redis 8) or memory`,
    );
  }

  protected override async drop(tenant: string, keys: readonly EntryKey[]): Promise<number> {
    const replies = await Promise.all(keys.map((key) => this.link.call('unlink', this.#key({ ...key, tenant }))));
    return replies.filter((reply) => Number(reply) === 1).length;
  }

  /** A scope is a tag of its entries, and nothing of its own. */
  protected override async emptyScope(): Promise<void> {}

  #key({ tenant, scope, id }: EntryKey): string {
    return `${this.#prefix}{${tenant}}:${scope}:${id}`;
  }
}

/** The tag to filter by, in hex: tags are split at commas, folded in case, and escaped differently by every server. */
function scopeTag(name: { readonly tenant: string; readonly scope: string }): string {
  return createHash('sha256').update(ownerOf(name)).digest('hex').slice(0, 40);
}

/** Undefined where that is no vector of those dimensions. */
function cosineWith(unit: Float32Array, bytes: Buffer): number | undefined {
  if (bytes.byteLength !== unit.byteLength) return undefined;
  // A copy: floats must begin at a multiple of four.
  return cosineOf(unit, new Float32Array(new Uint8Array(bytes).buffer));
}
