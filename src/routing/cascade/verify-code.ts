import type { Doubt } from './doubt.ts';
import { isParsable } from './parsable.ts';

/** A line that opens or closes a block of code: its fence, and the language behind an opening one. */
const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n`]*$/gm;
/** Code that is looked at in all, UTF-16 units, and blocks of it: what is beyond is taken on trust. */
const MOST_CODE = 64 * 1024;
const MOST_BLOCKS = 64;

/** Whether every block of code in the text is closed, and can be parsed where its language is known. No block at all is no doubt. */
export function doubtAboutCode(text: string): Doubt | undefined {
  let left = MOST_CODE;
  let blocks = 0;
  let open: { readonly fence: string; readonly language: string; readonly from: number } | undefined;
  for (const match of text.matchAll(FENCE)) {
    const [line, fence = '', language = ''] = match;
    if (open === undefined) {
      open = { fence, language: language.toLowerCase(), from: match.index + line.length + 1 };
      continue;
    }
    // A fence inside a block is shorter, of the other kind, or names a language.
    if (!fence.startsWith(open.fence) || language !== '') continue;
    const code = text.slice(open.from, match.index);
    left -= code.length;
    if (left >= 0 && ++blocks <= MOST_BLOCKS && !isParsable(open.language, code)) {
      return { code: 'broken-code', message: `A block of ${open.language} in the answer cannot be parsed.` };
    }
    open = undefined;
  }
  return open === undefined ? undefined : { code: 'broken-code', message: 'A block of code in the answer has no end.' };
}
