import { randomBytes } from 'node:crypto';
import { Gmac } from '../gmac.ts';
import { LruMap } from '../lru-map.ts';
import { JsonMembers, type MembersLayout } from './json-members.ts';
import { type ReadBody, readBody } from './request-body.ts';

/** Bytes. Below it a body is scanned about as fast as it is recognised. */
const SMALLEST = 16_384;
const MOST_BODIES = 512;
/** Of a body that is remembered. Real requests have some ten members, with short names. */
const MOST_MEMBERS = 32;
const LONGEST_KEY = 64;

/**
 * Large bodies that were read before: where their members stand, so that a repeat need not be scanned. To scan half a megabyte takes some 600 us,
 * to recognise it 20. What is kept is 3 MB at most, and nothing of any text.
 */
export class KnownBodies {
  readonly #gmac = new Gmac(randomBytes(32), 'known bodies');
  readonly #layouts = new LruMap<string, MembersLayout>(MOST_BODIES);

  /** @param owner whose body it is. Nobody's reading gets faster by what others sent: the time it takes would tell of them. */
  read(owner: string, bytes: Buffer): ReadBody {
    if (bytes.length < SMALLEST) return readBody(bytes);
    const name = `${bytes.length} ${this.#gmac.of(bytes).toString('latin1')} ${owner}`;
    const layout = this.#layouts.get(name);
    if (layout !== undefined) return { ok: true, members: JsonMembers.laidOut(bytes, layout) };
    const read = readBody(bytes);
    if (read.ok && isOrdinary(read.members.layout)) this.#layouts.set(name, read.members.layout);
    return read;
  }
}

function isOrdinary({ members }: MembersLayout): boolean {
  return members.length <= MOST_MEMBERS && members.every(({ key }) => key.length <= LONGEST_KEY);
}
