/** What of a language hides brackets. */
export interface Lexis {
  /** What begins a comment to the line's end. */
  readonly line: readonly string[];
  /** What begins and ends a longer one. */
  readonly block: readonly (readonly [begin: string, end: string])[];
  /** Quotes of strings that end in their line. One without an end is an apostrophe, and hides nothing. */
  readonly quotes: readonly string[];
  /** Quotes of strings over several lines, looked for first. */
  readonly long: readonly string[];
}

const CLOSING: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);
const CLOSERS = new Set(CLOSING.values());

/** Whether brackets outside of strings and comments close each other, and long strings and comments have an end. Linear. */
export function isBalanced(code: string, lexis: Lexis): boolean {
  const open: string[] = [];
  let at = 0;
  while (at < code.length) {
    const hidden = hiddenFrom(code, at, lexis);
    if (hidden === 'endless') return false;
    if (hidden > at) {
      at = hidden;
      continue;
    }
    const sign = code[at] ?? '';
    const closing = CLOSING.get(sign);
    if (closing !== undefined) open.push(closing);
    else if (CLOSERS.has(sign) && open.pop() !== sign) return false;
    at++;
  }
  return open.length === 0;
}

/** Where the string or comment that begins here is over; the same place where none begins. */
function hiddenFrom(code: string, at: number, { line, block, quotes, long }: Lexis): number | 'endless' {
  for (const begin of line) if (code.startsWith(begin, at)) return lineEnd(code, at);
  for (const [begin, end] of block) {
    if (!code.startsWith(begin, at)) continue;
    const found = code.indexOf(end, at + begin.length);
    return found < 0 ? 'endless' : found + end.length;
  }
  for (const quote of long) {
    if (!code.startsWith(quote, at)) continue;
    const end = closingQuote(code, at + quote.length, quote, code.length);
    return end ?? 'endless';
  }
  for (const quote of quotes) {
    if (code.startsWith(quote, at)) return closingQuote(code, at + 1, quote, lineEnd(code, at)) ?? at + 1;
  }
  return at;
}

function lineEnd(code: string, at: number): number {
  const end = code.indexOf('\n', at);
  return end < 0 ? code.length : end;
}

/** The place behind the quote that closes a string, escapes left out. */
function closingQuote(code: string, from: number, quote: string, until: number): number | undefined {
  for (let at = from; at < until; at++) {
    if (code[at] === '\\') at++;
    else if (code.startsWith(quote, at)) return at + quote.length;
  }
  return undefined;
}
