import { hashKey } from './key-hash.ts';
import { formatPath, type Path, type Report } from './path.ts';
import type { ConfigKey } from './tenant-config.ts';

/** What a header can carry. */
const KEY = /^[\x21-\x7e]+$/;
const SHORTEST = 20;
const LONGEST = 512;
const HASHED = /^sha256:([0-9a-fA-F]{64})$/;

/** Client keys of one file, all tenants together. Holds their hashes only, and tells no key in what it reports. */
export class ClientKeys {
  readonly #report: Report;
  readonly #seen = new Map<string, Path>();

  constructor(report: Report) {
    this.#report = report;
  }

  /**
   * @param owner begins the ids: `acme` gives `acme#1`, `acme#2`
   * @param path where the list is written
   */
  build(owner: string, given: readonly string[] | undefined, agent: string | undefined, path: Path): ConfigKey[] {
    const keys: ConfigKey[] = [];
    for (const [index, text] of given?.entries() ?? []) {
      const place = [...path, index];
      const hash = this.#hash(text, place);
      if (hash === undefined) continue;
      const earlier = this.#seen.get(hash);
      if (earlier === undefined) this.#seen.set(hash, place);
      else
        this.#report(
          place,
          `is the same key as ${formatPath(earlier)}: a key belongs to one tenant, and to one agent at most`,
        );
      keys.push({ id: `${owner}#${index + 1}`, hash, agent });
    }
    return keys;
  }

  #hash(text: string, place: Path): string | undefined {
    if (text.startsWith('sha256:')) {
      const digits = HASHED.exec(text)?.[1];
      if (digits === undefined) this.#report(place, 'expected the 64 hexadecimal digits of a SHA-256 after "sha256:"');
      return digits?.toLowerCase();
    }
    if (!KEY.test(text)) this.#report(place, 'holds a blank, a line break or a character a header cannot carry');
    else if (text.length < SHORTEST)
      this.#report(
        place,
        `is too short for a key: at least ${SHORTEST} characters; "breakwater keys create" makes one`,
      );
    else if (text.length > LONGEST) this.#report(place, `is too long for a key: at most ${LONGEST} characters`);
    else return hashKey(text);
    return undefined;
  }
}
