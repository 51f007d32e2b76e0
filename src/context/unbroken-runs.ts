/**
 * A run of this many characters without a blank, or of blanks only, is cut. Merging a run of bytes takes the tokenizer time that grows with
 * the square of its length: a megabyte of one letter took it hours.
 */
const LONGEST_RUN = 256;
/** Pieces are no longer than this, so that there is a moment to stop between two. */
const LONGEST_PIECE = 16_384;

/**
 * A text in pieces that can be tokenized one by one. A token across a cut becomes two, so the pieces have at least as many tokens as the
 * whole but for rare accidents of the merge order, and hardly more: one in {@link LONGEST_RUN} characters. No cut falls into a surrogate pair.
 */
export function* pieces(text: string): Generator<string> {
  let start = 0;
  let run = 0;
  let blank = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isBlank =
      code === 0x20 ||
      (code >= 0x09 && code <= 0x0d) ||
      code === 0xa0 ||
      code === 0x3000 ||
      (code >= 0x2000 && code <= 0x200a);
    if (isBlank === blank) run++;
    else {
      // A word takes the blank before it along, so a piece ends before the blank.
      if (isBlank && at - start >= LONGEST_PIECE) {
        yield text.slice(start, at);
        start = at;
      }
      blank = isBlank;
      run = 1;
    }
    if (run <= LONGEST_RUN || (code >= 0xdc00 && code <= 0xdfff)) continue;
    yield text.slice(start, at);
    start = at;
    run = 1;
  }
  if (start < text.length) yield text.slice(start);
}
