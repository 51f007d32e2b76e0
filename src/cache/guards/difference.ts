import { ANTONYMS } from './lexicon/antonyms.ts';
import { readOpposites } from './lexicon/read.ts';
import { isContent, type Token } from './profile.ts';
import { VETO_REASONS, type VetoReason } from './reasons.ts';
import { contentOf } from './words.ts';

const OPPOSITES = canonicalOpposites();
const RANK = new Map(VETO_REASONS.map((reason, rank) => [reason, rank]));
const OPPOSING_PREFIXES = ['un', 'dis', 'non', 'in', 'im', 'ir', 'il', 'de', 'mis', 'anti', 'a'];
const OPPOSING_ENDS: readonly (readonly [string, string])[] = [
  ['up', 'down'],
  ['in', 'out'],
  ['on', 'off'],
  ['over', 'under'],
  ['pre', 'post'],
  ['first', 'last'],
];

/** The most telling reason among the tokens that only one of two questions has. */
export function differenceReason(onlyA: readonly Token[], onlyB: readonly Token[]): VetoReason {
  let best: VetoReason = areForms(onlyA, onlyB) ? 'form' : areOpposed(onlyA, onlyB) ? 'antonym' : 'wording';
  if (best === 'form') return best;
  for (const token of [...onlyA, ...onlyB])
    if ((RANK.get(token.reason) ?? 0) < (RANK.get(best) ?? 0)) best = token.reason;
  return best;
}

function areForms(onlyA: readonly Token[], onlyB: readonly Token[]): boolean {
  if (onlyA.length !== onlyB.length) return false;
  return onlyA.every((a) => isContent(a) && onlyB.some((b) => b.stem === a.stem && isContent(b)));
}

function areOpposed(onlyA: readonly Token[], onlyB: readonly Token[]): boolean {
  return onlyA.some((a) => onlyB.some((b) => areOpposites(a.stem, b.stem)));
}

function areOpposites(a: string, b: string): boolean {
  if (a === b) return false;
  if (OPPOSITES.get(a)?.has(b) === true) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (OPPOSING_PREFIXES.some((prefix) => long === prefix + short)) return true;
  return OPPOSING_ENDS.some(([one, other]) => a.replace(one, other) === b || b.replace(one, other) === a);
}

/** The list by the stems that the tokens carry. */
function canonicalOpposites(): ReadonlyMap<string, ReadonlySet<string>> {
  const map = new Map<string, Set<string>>();
  for (const [word, opposites] of readOpposites(ANTONYMS)) {
    const stem = contentOf(word).stem;
    const set = map.get(stem) ?? new Set<string>();
    for (const opposite of opposites) set.add(contentOf(opposite).stem);
    map.set(stem, set);
  }
  return map;
}
