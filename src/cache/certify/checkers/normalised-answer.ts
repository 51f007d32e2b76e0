/** Deeper JSON is compared as it is written. */
const MAX_DEPTH = 64;

/**
 * One spelling for answers that say the same to the letter: Unicode's forms, white space, case, and a full stop at the end do not matter;
 * of JSON neither does the order of keys.
 */
export function normalisedAnswer(answer: string): string {
  const text = answer.trim();
  if (text.startsWith('{') || text.startsWith('[')) {
    const json = parsed(text);
    if (json !== undefined) return JSON.stringify(sorted(json, 0));
  }
  return text.normalize('NFKC').replace(/\s+/gu, ' ').toLowerCase().replace(/\.$/u, '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sorted(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => sorted(item, depth + 1));
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member, depth + 1)]));
}
