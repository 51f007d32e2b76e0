import { readWords } from './lexicon/read.ts';
import type { QuestionProfile, Token } from './profile.ts';

/** Both parts long enough to be words of their own. */
const SHORTEST_PART = 3;
/** A colour or a size before a noun often says something else than the word of both (`a green house`). */
const NO_FIRST_PART = readWords(`
green blue red black white grey gray yellow brown pink hot cold dark light high low big small large hard soft long short dead wild free open
new old good bad well
`);
const PLURAL = '/s';

/**
 * `user name` and `username`, `data center` and `datacenter`: what one text writes as two words and the other as one is read as one.
 *
 * @param other - the indexes of the tokens that only the other text has
 * @returns the profile with such pairs joined, or undefined where there are none
 */
export function joinCompounds(
  profile: QuestionProfile,
  only: readonly number[],
  other: QuestionProfile,
  onlyOther: readonly number[],
): QuestionProfile | undefined {
  const solid = new Set(onlyOther.map((at) => other.tokens[at]?.key ?? ''));
  const at = only.find((place) => isCompound(profile, place, solid));
  if (at === undefined) return undefined;
  const [first, second] = profile.tokens.slice(at, at + 2);
  if (first === undefined || second === undefined) return undefined;
  const joined: Token = { ...second, key: first.key + second.key, stem: first.key + second.stem, linked: first.linked };
  return {
    ...profile,
    tokens: [...profile.tokens.slice(0, at), joined, ...profile.tokens.slice(at + 2)],
    boundaries: new Set([...profile.boundaries].map((place) => (place > at ? place - 1 : place))),
  };
}

function isCompound(profile: QuestionProfile, at: number, solid: ReadonlySet<string>): boolean {
  const first = profile.tokens[at];
  const second = profile.tokens[at + 1];
  if (first === undefined || second === undefined || second.linked || profile.boundaries.has(at + 1)) return false;
  return isPart(first.key) && !NO_FIRST_PART.has(first.key) && isPart(second.key) && solid.has(first.key + second.key);
}

function isPart(key: string): boolean {
  const word = key.endsWith(PLURAL) ? key.slice(0, -PLURAL.length) : key;
  return word.length >= SHORTEST_PART && /^[a-z]+$/.test(word);
}
