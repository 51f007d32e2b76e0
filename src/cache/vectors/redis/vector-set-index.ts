import { RedisScriptError } from '../../../state/redis/link.ts';
import { checkEntry, checkQuery } from '../check-entry.ts';
import { distanceLimit, SignCoder } from '../sign-code.ts';
import { lengthOf, toSixteenBits } from '../sixteen-bits.ts';
import { unitVector } from '../unit-vector.ts';
import type { EntryKey, VectorEntry, VectorHit, VectorQuery } from '../vector-index.ts';
import { BookedIndex, type RedisIndexOptions } from './booked-index.ts';
import { hitFields, hitOf, nearestFirst, ownerOf } from './entry-hash.ts';
import { refusalOf, spaceTag, VectorIndexUnsupported, vectorBytes } from './vector-link.ts';
import { readScores } from './vector-set-reply.ts';

/** Elements asked for besides those wanted: codes only tell roughly who is nearest. */
const spare = 28;
/** Elements that Redis looks at: more find the nearest more surely and take longer, at 40,000 entries 0.8 ms for each hundred. */
const effort = 64;
/** Of a code's bits the set holds so many at most: twice as many take twice as long to compare, and find the same. */
const mostBits = 1_024;

/**
 * An index in Redis 8's vector sets: a set a scope, all of a tenant's in its slot. The set holds the codes of the vectors (sign-code.ts)
 * in its binary form, and tells who may be near; the vector itself lies in a hash an entry, from which each candidate's cosine is computed
 * here. Whole vectors in the set (NOQUANT) made a search four to eight times as slow, and eight bits a dimension (Redis's default) three times.
 *
 * Redis searches in its own thread (NOTHREAD). By default it starts a thread for each search, which took as long as the search itself: half
 * a millisecond at 40,000 entries, and far more of it where the machine is busy.
 */
export class VectorSetIndex extends BookedIndex {
  readonly #coder: SignCoder;
  readonly #bits: number;

  constructor(options: RedisIndexOptions) {
    super(options, `${options.keyPrefix}:vset:${spaceTag(options.space)}`);
    this.#coder = new SignCoder(options.space.dimensions);
    this.#bits = Math.min(this.#coder.bits, mostBits);
  }

  /** @throws {VectorIndexUnsupported} where the server has no vector sets @throws {StateUnavailable} */
  async probe(): Promise<void> {
    try {
      await this.link.call('vcard', `${this.book.key('probe')}:probe`);
    } catch (error) {
      if (!(error instanceof RedisScriptError)) throw error;
      throw new VectorIndexUnsupported(
        `this Redis has no vector sets (${refusalOf(error)}): it takes Redis 8, or cache.semantic.index: memory`,
        { cause: error },
      );
    }
  }

  async add(entry: VectorEntry): Promise<void> {
    checkEntry(entry);
    const unit = unitVector(entry.vector, this.space.dimensions);
    const ms = Math.ceil(entry.expiresAt - this.clock.now());
    if (ms <= 0) {
      await this.remove([entry]);
      return;
    }
    await this.book.enter(entry, entry.expiresAt);
    const numbers = new Int16Array(unit.length);
    toSixteenBits(unit, numbers);
    const [set, hash] = [this.#setKey(entry), this.#hashKey(entry)];
    const fields = ['owner', ownerOf(entry), 'id', entry.id, 'expires', entry.expiresAt, 'ref', entry.ref];
    await Promise.all([
      this.link.call('hset', hash, ...fields, 'vector', Buffer.from(numbers.buffer)),
      this.link.call('pexpire', hash, ms),
      // CAS: the neighbours are looked for beside Redis's own thread.
      this.link.call('vadd', set, 'FP32', this.#code(unit), entry.id, 'CAS', 'BIN'),
      this.book.keepUntil(set, entry.expiresAt),
    ]);
  }

  async search(query: VectorQuery): Promise<readonly VectorHit[]> {
    checkQuery(query);
    const unit = unitVector(query.vector, this.space.dimensions);
    const count = query.k + spare;
    const how = ['WITHSCORES', 'COUNT', count, 'EF', Math.max(effort, count), 'NOTHREAD'];
    const reply = await this.link.call('vsim', this.#setKey(query), 'FP32', this.#code(unit), ...how);
    // The score is the share of bits that agree.
    const bits = this.#bits;
    const limit = distanceLimit(query.atLeast, bits);
    const near = readScores(reply).filter(({ score }) => Math.round((1 - score) * bits) <= limit);
    const hits = await Promise.all(near.map(({ element }) => this.#read(query, element, unit)));
    return hits
      .filter((hit) => hit !== undefined)
      .sort(nearestFirst)
      .slice(0, query.k);
  }

  async #read(query: VectorQuery, id: string, unit: Float32Array): Promise<VectorHit | undefined> {
    const names = [...hitFields, 'vector'];
    const values = await this.link.callBuffer('hmget', this.#hashKey({ ...query, id }), ...names);
    if (!Array.isArray(values)) return undefined;
    const fields = new Map<string, Buffer>();
    for (const [place, name] of names.entries()) {
      const value: unknown = values[place];
      if (Buffer.isBuffer(value)) fields.set(name, value);
    }
    const cosine = (bytes: Buffer) => cosineWith(unit, bytes);
    return hitOf(fields, { ...query, now: this.clock.now(), cosine });
  }

  protected override async drop(tenant: string, keys: readonly EntryKey[]): Promise<number> {
    const dropped = await Promise.all(
      keys.map(async ({ scope, id }) => {
        const key = { tenant, scope, id };
        const replies = [this.link.call('vrem', this.#setKey(key), id), this.link.call('unlink', this.#hashKey(key))];
        // Either may have gone before: hashes expire by themselves.
        return (await Promise.all(replies)).some((reply) => Number(reply) === 1);
      }),
    );
    return dropped.filter(Boolean).length;
  }

  protected override emptyScope(tenant: string, scope: string): Promise<unknown> {
    return this.link.call('unlink', this.#setKey({ tenant, scope }));
  }

  /** Redis makes bits of signs itself, so that it is told 1 or -1 a bit. */
  #code(unit: Float32Array): Buffer {
    const code = new Uint32Array(this.#coder.bits / 32);
    this.#coder.encode(unit, code);
    const signs = new Float32Array(this.#bits);
    for (let bit = 0; bit < signs.length; bit++) signs[bit] = ((code[bit >>> 5] ?? 0) >>> (bit & 31)) & 1 ? 1 : -1;
    return vectorBytes(signs);
  }

  #setKey({ tenant, scope }: { readonly tenant: string; readonly scope: string }): string {
    return `${this.book.key(tenant)}:codes:${scope}`;
  }

  #hashKey({ tenant, scope, id }: EntryKey): string {
    return `${this.book.key(tenant)}:entry:${scope} ${id}`;
  }
}

/** Undefined where that is no vector of those dimensions. */
function cosineWith(unit: Float32Array, bytes: Buffer): number | undefined {
  if (bytes.byteLength !== unit.length * 2) return undefined;
  // A copy: numbers must begin at an even address.
  const numbers = new Int16Array(new Uint8Array(bytes).buffer);
  let sum = 0;
  for (let i = 0; i < unit.length; i++) sum += (unit[i] ?? 0) * (numbers[i] ?? 0);
  return Math.max(-1, Math.min(1, sum / lengthOf(numbers)));
}
