/** Only the end of a text is looked at: a loop that matters does not stop. UTF-16 units. */
const TAIL = 8_192;
/** How long a looping end must be, and how often its unit must come, before it counts. A rule of dashes or a table row is shorter. */
const MIN_LENGTH = 400;
const MIN_REPEATS = 8;

/** A unit of text that a text ends in again and again. */
export interface Loop {
  /** Length of the repeated unit, UTF-16 units. */
  readonly period: number;
  readonly repeats: number;
}

/**
 * Finds the loop a text ends in, if it does: the model says the same n characters over and over. Linear in the length of the tail: the
 * border array (Knuth, Morris, Pratt) of the reversed tail gives the smallest period of every suffix at once.
 */
export function findLoop(text: string): Loop | undefined {
  const tail = text.slice(-TAIL);
  // A loop of blanks is one too (JSON modes fall into it); a loop followed by a last newline no less.
  return loopAtEnd(tail) ?? loopAtEnd(tail.trimEnd());
}

function loopAtEnd(tail: string): Loop | undefined {
  const { length } = tail;
  if (length < MIN_LENGTH) return undefined;
  const border = new Int32Array(length + 1);
  let found: Loop | undefined;
  let matched = 0;
  for (let size = 1; size < length; size++) {
    const unit = tail.charCodeAt(length - 1 - size);
    while (matched > 0 && unit !== tail.charCodeAt(length - 1 - matched)) matched = border[matched] ?? 0;
    if (unit === tail.charCodeAt(length - 1 - matched)) matched++;
    border[size + 1] = matched;
    const period = size + 1 - matched;
    if (size + 1 >= MIN_LENGTH && (size + 1) / period >= MIN_REPEATS)
      found = { period, repeats: Math.floor((size + 1) / period) };
  }
  return found;
}
