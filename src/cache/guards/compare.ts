import { joinCompounds } from './compound-words.ts';
import { differenceReason } from './difference.ts';
import { areEqual, areEqualAsCompounds, isCompoundPreposition, isHarmlessOrder } from './order.ts';
import { isContent, type QuestionProfile, type Token } from './profile.ts';
import type { VetoReason } from './reasons.ts';
import { isReportedVerb } from './reported-verb.ts';

/** Above this many tokens on a side a pair is not compared at all. */
const MOST_TOKENS = 1_000;

export type PairVerdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly reason: VetoReason;
      /**
       * Nothing speaks against the pair but that its wording is too different to be explained: a judge may still be asked.
       * Without a judge it is a miss.
       */
      readonly judgeable: boolean;
    };

const OK: PairVerdict = { ok: true };
const SOFT: ReadonlySet<VetoReason> = new Set(['question', 'wording', 'tense', 'direction']);

/** With more differences than this on a side no joining of words makes two texts one. */
const MOST_JOINED = 8;

/**
 * Words that differ, ways of asking, auxiliaries and prepositions left out: fewer than this in an otherwise equal text, or on one of its sides, are a
 * changed detail and no rewording (`the best plan` and `the plan`, `sent to` and `got from`). No judge is asked about those: it errs, too.
 */
const REWORDED_FROM = 5;
const REWORDED_ON_EACH_SIDE = 2;

/**
 * Whether the stored question's answer also answers the asked one, whatever their embeddings say. Every word that differs must
 * be explained (a synonym, another spelling, a harmless form or order); one that is not is a veto. Symmetric, deterministic,
 * linear in the texts' length but for the order of equal words.
 */
export function comparePair(asked: QuestionProfile, stored: QuestionProfile): PairVerdict {
  const a = asked.tokens;
  const b = stored.tokens;
  if (a.length > MOST_TOKENS || b.length > MOST_TOKENS) return { ok: false, reason: 'too-long', judgeable: false };
  const aKeys = a.map((token) => token.key);
  let bKeys = b.map((token) => token.key);
  if (areEqual(aKeys, bKeys)) return OK;
  let [onlyA, onlyB] = leftovers(a, b, aKeys, bKeys);
  if (onlyA.length > 0 && onlyB.length > 0) {
    bKeys = unifyForms(asked, stored, onlyA, onlyB, bKeys);
    if (areEqual(aKeys, bKeys)) return OK;
    [onlyA, onlyB] = leftovers(a, b, aKeys, bKeys);
  }
  if (onlyA.length === 0 && onlyB.length === 0)
    return isHarmlessOrder(asked, stored, aKeys, bKeys) ? OK : { ok: false, reason: 'order', judgeable: false };
  if (onlyA.length > MOST_JOINED || onlyB.length > MOST_JOINED) return veto(pick(a, onlyA), pick(b, onlyB));
  const joinedA = joinCompounds(asked, onlyA, stored, onlyB);
  if (joinedA !== undefined) return comparePair(joinedA, stored);
  const joinedB = joinCompounds(stored, onlyB, asked, onlyA);
  if (joinedB !== undefined) return comparePair(asked, joinedB);
  // On one side only: `search for logs` and `search in logs` would both become `logs search`.
  if (
    (onlyA.length === 0 || onlyB.length === 0) &&
    onlyA.every((at) => isCompoundPreposition(aKeys[at] ?? '')) &&
    onlyB.every((at) => isCompoundPreposition(bKeys[at] ?? '')) &&
    areEqualAsCompounds(asked, stored, aKeys, bKeys)
  )
    return OK;
  return veto(pick(a, onlyA), pick(b, onlyB));
}

function veto(onlyA: readonly Token[], onlyB: readonly Token[]): PairVerdict {
  const reason = differenceReason(onlyA, onlyB);
  return { ok: false, reason, judgeable: SOFT.has(reason) && isReworded(contentOf(onlyA), contentOf(onlyB)) };
}

function isReworded(a: number, b: number): boolean {
  return a + b >= REWORDED_FROM && Math.min(a, b) >= REWORDED_ON_EACH_SIDE;
}

function contentOf(tokens: readonly Token[]): number {
  return tokens.filter(isContent).length;
}

function pick(tokens: readonly Token[], indexes: readonly number[]): Token[] {
  return indexes.flatMap((at) => tokens[at] ?? []);
}

/** The indexes of the tokens of each side that the other one lacks, as multisets. */
function leftovers(
  a: readonly Token[],
  b: readonly Token[],
  aKeys: readonly string[],
  bKeys: readonly string[],
): [number[], number[]] {
  const open = new Map<string, number>();
  for (const key of bKeys) open.set(key, (open.get(key) ?? 0) + 1);
  const onlyA: number[] = [];
  for (let at = 0; at < a.length; at++) {
    const key = aKeys[at] ?? '';
    const count = open.get(key) ?? 0;
    if (count > 0) open.set(key, count - 1);
    else onlyA.push(at);
  }
  const onlyB: number[] = [];
  for (let at = b.length - 1; at >= 0; at--) {
    const key = bKeys[at] ?? '';
    const count = open.get(key) ?? 0;
    if (count === 0) continue;
    open.set(key, count - 1);
    onlyB.push(at);
  }
  return [onlyA, onlyB.reverse()];
}

/** Gives the tokens of b that are a harmless form of one of a that one's key. */
function unifyForms(
  asked: QuestionProfile,
  stored: QuestionProfile,
  onlyA: readonly number[],
  onlyB: readonly number[],
  bKeys: readonly string[],
): string[] {
  const keys = [...bKeys];
  const taken = new Set<number>();
  const general = isGeneral(asked) && isGeneral(stored);
  const isOnly = onlyA.length === 1 && onlyB.length === 1;
  for (const bAt of onlyB) {
    const b = stored.tokens[bAt];
    const aAt = onlyA.find((at) => {
      const a = asked.tokens[at];
      if (a === undefined || b === undefined || taken.has(at)) return false;
      if (arePlaces(a, b)) return isPlaced(asked, at) && isPlaced(stored, bAt);
      return a.stem === b.stem && (isHarmlessForm(a, b, general) || (isOnly && isReportedVerb(asked, at, stored, bAt)));
    });
    if (aAt === undefined) continue;
    taken.add(aAt);
    keys[bAt] = asked.tokens[aAt]?.key ?? '';
  }
  return keys;
}

const PLACES = new Set(['>in', '>on', '>at']);

/** `in Firefox`, `on Firefox`, `at Firefox`: the place is in the noun. */
function arePlaces(a: Token, b: Token): boolean {
  return PLACES.has(a.key) && PLACES.has(b.key);
}

/** Before a name or a noun; before a number or a date the preposition tells when, how long or how much. */
function isPlaced(profile: QuestionProfile, at: number): boolean {
  const next = profile.tokens[at + 1];
  return (
    next !== undefined &&
    isContent(next) &&
    (next.reason === 'wording' || next.reason === 'entity') &&
    !TIMES.has(next.key)
  );
}

const TIMES = new Set(['time', 'call', 'stock', 'hold']);

/** `a soft delete` and `soft deletes`; `of getting` and `to get`. Other forms tell one case from many, or now from then. */
function isHarmlessForm(a: Token, b: Token, general: boolean): boolean {
  if (a.form === 'gerund' || b.form === 'gerund') return isPlainForm(a) && isPlainForm(b);
  return general && (isAnyOf(a, b) || isAnyOf(b, a));
}

/** Many without a limit, and one without a name. */
function isAnyOf(many: Token, one: Token): boolean {
  if (many.form !== 'plural' || many.determiner !== 'bare') return false;
  return one.form === 'other' && one.determiner === 'a';
}

function isPlainForm(token: Token): boolean {
  return token.form === 'gerund' || (token.form === 'other' && !token.key.includes('/'));
}

/** A question, and no order to show or do something: there one and many are the same. */
function isGeneral(profile: QuestionProfile): boolean {
  const first = profile.tokens[0]?.key ?? '';
  return first.startsWith('?') && first !== '?show' && first !== '?write';
}
