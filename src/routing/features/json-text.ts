import type { Span } from '../../dialects/json-members.ts';

const BACKSLASH = 0x5c;

/** More backslashes in a row than this are not told apart into pairs. */
const LONGEST_RUN = 64;

/** The first `most` bytes of what stands between the quotes of a JSON string, decoded; a character cut in two is replaced. */
export function headOf(bytes: Buffer, { start, end }: Span, most: number): string {
  if (end - start <= most) return decode(bytes, start, end);
  let cut = start + most;
  let run = 0;
  while (run < LONGEST_RUN && cut - 1 - run > start && bytes[cut - 1 - run] === BACKSLASH) run++;
  if (run % 2 === 1) cut--;
  // A \uXXXX that is cut in two: the cut goes before it.
  for (let back = 2; back <= 5; back++) {
    const at = cut - back;
    if (at > start && bytes[at] === BACKSLASH && bytes[at + 1] === 0x75 && bytes[at - 1] !== BACKSLASH) cut = at;
  }
  return decode(bytes, start, cut);
}

/** The last `most` bytes, decoded. */
export function tailOf(bytes: Buffer, { start, end }: Span, most: number): string {
  if (end - start <= most) return decode(bytes, start, end);
  let cut = end - most;
  let run = 0;
  while (run < LONGEST_RUN && cut - 1 - run > start && bytes[cut - 1 - run] === BACKSLASH) run++;
  if (run % 2 === 1) cut++;
  return decode(bytes, cut, end);
}

function decode(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  if (!text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch (error) {
    // Cut inside a run of escapes longer than was looked at: as it stands it is good enough to count in.
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
