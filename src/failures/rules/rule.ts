import type { FailureClass } from '../failure.ts';

/**
 * One thing known about a provider's errors. Everything given must hold: one of the exact `names` (a body's code, type, Google
 * status, detail reason, AWS exception), one of the `statuses`, and what the message `says`.
 */
export interface Rule {
  readonly names?: readonly string[];
  readonly statuses?: readonly number[];
  readonly says?: RegExp;
  readonly class: FailureClass;
}

/** Rules sorted by the kind of evidence they need, so that the order of evidence does not depend on the order of lines. */
export interface RuleBook {
  readonly byName: ReadonlyMap<string, readonly Rule[]>;
  readonly byText: readonly Rule[];
  readonly byStatus: ReadonlyMap<number, FailureClass>;
}

/** Earlier rules win over later ones of the same kind. */
export function compileRules(rules: readonly Rule[]): RuleBook {
  const byName = new Map<string, Rule[]>();
  const byText: Rule[] = [];
  const byStatus = new Map<number, FailureClass>();
  for (const rule of rules) {
    if (rule.names !== undefined) {
      for (const name of rule.names) byName.set(name, [...(byName.get(name) ?? []), rule]);
    } else if (rule.statuses === undefined) {
      // A word in a message proves nothing by itself: a 400 that quotes a parameter called "rate_limit" is not a 429.
      throw new TypeError(`a rule by text needs a status or a name beside it: ${String(rule.says)}`);
    } else if (rule.says !== undefined) {
      byText.push(rule);
    } else {
      for (const status of rule.statuses) if (!byStatus.has(status)) byStatus.set(status, rule.class);
    }
  }
  return { byName, byText, byStatus };
}

/** What is known about one failed answer. */
export interface Signs {
  /** Lower-cased, most specific first. */
  readonly names: readonly string[];
  /** 0 where there is none. */
  readonly status: number;
  readonly text: string;
}

/** Names first, then text under its status, then the status alone. */
export function applyRules(book: RuleBook, signs: Signs): FailureClass {
  return classByName(book, signs) ?? classByText(book, signs) ?? classByStatus(book, signs.status);
}

/**
 * The most specific name decides, with one exception: a name that speaks of money wins over all others. Providers put "out of
 * credit" beside "rate limit" in one body, and only one of the two is worth waiting for.
 */
function classByName(book: RuleBook, signs: Signs): FailureClass | undefined {
  let found: FailureClass | undefined;
  for (const name of signs.names) {
    const rule = book.byName.get(name)?.find((candidate) => holds(candidate, signs));
    if (rule?.class === 'quota_exhausted') return rule.class;
    found ??= rule?.class;
  }
  return found;
}

function classByText(book: RuleBook, signs: Signs): FailureClass | undefined {
  return signs.text === '' ? undefined : book.byText.find((rule) => holds(rule, signs))?.class;
}

function classByStatus(book: RuleBook, status: number): FailureClass {
  const known = book.byStatus.get(status);
  if (known !== undefined) return known;
  return status >= 400 && status < 500 ? 'invalid_request' : 'server_error';
}

function holds(rule: Rule, signs: Signs): boolean {
  if (rule.statuses !== undefined && !rule.statuses.includes(signs.status)) return false;
  return rule.says === undefined || rule.says.test(signs.text);
}
