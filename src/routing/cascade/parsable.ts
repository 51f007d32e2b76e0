import { Script } from 'node:vm';
import { parseJsonText } from '../../failures/json-record.ts';
import { isBalanced, type Lexis } from './balanced.ts';

const C_LIKE: Lexis = { line: ['//'], block: [['/*', '*/']], quotes: ['"', "'"], long: [] };
const PYTHON: Lexis = { line: ['#'], block: [], quotes: ['"', "'"], long: ['"""', "'''"] };

/** Languages of which at least brackets and strings can be followed. Not those whose quotes or comments take more than that. */
const LEXES: ReadonlyMap<string, Lexis> = new Map([
  ['python', PYTHON],
  ['py', PYTHON],
  ['java', { ...C_LIKE, long: ['"""'] }],
  ['c', C_LIKE],
  ['csharp', C_LIKE],
  ['go', { ...C_LIKE, long: ['`'] }],
]);

/**
 * Whether code can be parsed, as far as that can be told here: JSON and JavaScript by the real parsers, some other languages by their
 * brackets and strings, all others always. Nothing is ever run.
 *
 * @param language as behind a fence, in small letters
 */
export function isParsable(language: string, code: string): boolean {
  switch (language) {
    case 'json':
      return parseJsonText(code) !== undefined;
    case 'javascript':
    case 'js':
    case 'mjs':
    case 'node':
      return isJavaScript(code);
    default: {
      const lexis = LEXES.get(language);
      return lexis === undefined || isBalanced(code, lexis);
    }
  }
}

/** Imports and exports at a line's beginning: a script has none. What they bring in does not matter to the parser. */
const IMPORT = /^import\b(?!\s*[(.])[^;'"`]{0,2000}['"][^'"\n]*['"][^;\n]*;?/gm;
const EXPORT_LIST = /^export\s*(?:\*|\{)[^;'"`]{0,2000}(?:['"][^'"\n]*['"])?\s*;?/gm;
const EXPORT_DEFAULT = /^export\s+default\s+/gm;
const EXPORT = /^export\s+(?=(?:async|function|class|const|let|var)\b)/gm;
/** React's language goes by the name of JavaScript often, and takes another parser. */
const JSX = /<\/|\/>/;

/** Compiled and never run. In a function, so that `await` and `return` at the top are no mistake: snippets have them. */
function isJavaScript(code: string): boolean {
  if (JSX.test(code)) return true;
  const script = code
    .replace(IMPORT, '')
    .replace(EXPORT_LIST, '')
    .replace(EXPORT_DEFAULT, 'void ')
    .replace(EXPORT, '')
    .replaceAll('import.meta', '({})');
  // Some blocks are a value and no program.
  return compiles(`(async () => {\n${script}\n})`) || compiles(`(\n${script}\n)`);
}

function compiles(source: string): boolean {
  try {
    return new Script(source) instanceof Script;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    // Nested too deep to be told.
    if (error instanceof RangeError) return true;
    throw error;
  }
}
