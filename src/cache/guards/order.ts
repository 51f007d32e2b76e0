import { isContent, type QuestionProfile, type Token } from './profile.ts';

/** Prepositions that a compound noun can do without: `ideas for a project`, `project ideas`. */
const COMPOUND = new Set(['>of', '>for', '>in', '>on']);
const LONGEST_MODIFIER = 2;

export function isCompoundPreposition(key: string): boolean {
  return COMPOUND.has(key);
}

/** Whether one order of the same tokens means the same as the other. `a` and `b` are keys, prepared by the caller. */
export function isHarmlessOrder(
  a: QuestionProfile,
  b: QuestionProfile,
  aKeys: readonly string[],
  bKeys: readonly string[],
): boolean {
  if (isRotation(aKeys, bKeys, a.boundaries, b.boundaries)) return true;
  const left = sortCompared(sortAlternatives(aKeys));
  const right = sortCompared(sortAlternatives(bKeys));
  return areEqual(left, right) || isRotation(left, right, a.boundaries, b.boundaries);
}

/** Whether the questions are equal once `ideas for a project` is written as `project ideas` in both. */
export function areEqualAsCompounds(
  a: QuestionProfile,
  b: QuestionProfile,
  aKeys: readonly string[],
  bKeys: readonly string[],
): boolean {
  return areEqual(compounded(a, aKeys), compounded(b, bKeys));
}

export function areEqual(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/**
 * `In Firefox, how do I export` and `How do I export in Firefox`: one phrase or clause went to the other end, and the text shows
 * where it ends there.
 */
function isRotation(
  a: readonly string[],
  b: readonly string[],
  aBounds: ReadonlySet<number>,
  bBounds: ReadonlySet<number>,
): boolean {
  const length = a.length;
  if (length !== b.length) return false;
  for (let cut = 1; cut < length; cut++) {
    if (a[cut] !== b[0] || a[0] !== b[length - cut]) continue;
    const frontInA = isRelation(a[0]) && aBounds.has(cut);
    const frontInB = isRelation(b[0]) && bBounds.has(length - cut);
    if (!frontInA && !frontInB) continue;
    let same = true;
    for (let at = 0; at < length && same; at++) same = a[(at + cut) % length] === b[at];
    if (same) return true;
  }
  return false;
}

/** Joints that depend on what is on either side of them. */
const FIXED = new Set([
  '>and',
  '>or',
  '>but',
  '>then',
  '>than',
  '>so',
  '>plus',
  '>minus',
  '>versus',
  '>vs',
  '>back',
  '>up',
  '>down',
]);

function isRelation(key: string | undefined): boolean {
  return key?.startsWith('>') === true && !FIXED.has(key);
}

/** `per key or per account`: the two sides of an or, if each is one word, in the order of the alphabet. */
function sortAlternatives(keys: readonly string[]): readonly string[] {
  if (!keys.includes('>or')) return keys;
  const sorted = [...keys];
  for (let at = 1; at < sorted.length - 1; at++) {
    if (sorted[at] !== '>or') continue;
    const left = sorted[at - 1];
    const isMarked = sorted[at - 2] === sorted[at + 1] && isSmall(sorted[at - 2]);
    const rightAt = isMarked ? at + 2 : at + 1;
    const right = sorted[rightAt];
    // With a word more on either side it is open what belongs to the alternative: `Anna Berg or Ben`.
    const isAlone = isSmall(sorted[at - 2]) && (sorted[rightAt + 1] === undefined || isSmall(sorted[rightAt + 1]));
    if (left === undefined || right === undefined || isSmall(left) || isSmall(right) || !isAlone || left <= right)
      continue;
    sorted[at - 1] = right;
    sorted[rightAt] = left;
  }
  return sorted;
}

/** `the difference between a soft and a hard delete`: either may come first. Numbers are not touched: that is arithmetic. */
function sortCompared(keys: readonly string[]): readonly string[] {
  const from = keys.indexOf('>between') + 1;
  if (from < 2 || !/^difference(?:\/s)?$/.test(keys[from - 2] ?? '')) return keys;
  const and = keys.indexOf('>and', from);
  if (and < 0) return keys;
  let end = and + 1;
  while (end < keys.length && !isSmall(keys[end])) end += 1;
  const left = keys.slice(from, and);
  const right = keys.slice(and + 1, end);
  if ([...left, ...right].some((key) => isSmall(key) || key.startsWith('#'))) return keys;
  if (left.join(' ') <= right.join(' ')) return keys;
  return [...keys.slice(0, from), ...right, '>and', ...left, ...keys.slice(end)];
}

function isSmall(key: string | undefined): boolean {
  return key !== undefined && /^[!%~>+?]/.test(key);
}

function compounded(profile: QuestionProfile, keys: readonly string[]): readonly string[] {
  const result = [...keys];
  const { tokens, boundaries } = profile;
  for (let at = result.length - 2; at > 0; at--) {
    if (!COMPOUND.has(keys[at] ?? '') || !isWord(tokens[at - 1])) continue;
    let end = at + 1;
    while (end < tokens.length && isWord(tokens[end]) && !boundaries.has(end)) end += 1;
    if (end === at + 1 || end - at - 1 > LONGEST_MODIFIER) continue;
    const head = result[at - 1] ?? '';
    const modifier = result.slice(at + 1, end);
    result.splice(at - 1, end - at + 1, ...modifier, head, '');
  }
  return result.filter((key) => key !== '');
}

function isWord(token: Token | undefined): boolean {
  return token !== undefined && isContent(token) && !token.key.startsWith('#');
}
