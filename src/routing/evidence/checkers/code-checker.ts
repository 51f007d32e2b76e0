import { Script } from 'node:vm';
import { parseJsonText } from '../../../failures/json-record.ts';
import { byWholeness, type Checker, scores, UNDECIDED } from './checker.ts';
import type { ComparedAnswer } from './compared-answer.ts';

/** Longest block that is parsed, characters: compiling is linear, but it holds up the event loop. */
const LONGEST = 64 * 1024;
const MOST_BLOCKS = 32;

const JAVASCRIPT: ReadonlySet<string> = new Set(['js', 'javascript', 'node', 'cjs']);
const JSON_NAMES: ReadonlySet<string> = new Set(['json']);

/**
 * For code: the fenced blocks of an answer parse, or they do not. JavaScript (scripts, and not modules: what imports or exports is not looked
 * at) and JSON; blocks in other languages are not looked at either. Nothing is ever run. An answer without a block that can be looked at is
 * worth nothing beside one that has some; where neither has, nothing is decided.
 */
export const codeChecker: Checker = {
  mayDecide: () => true,
  compare: (pair) => {
    const whole = byWholeness(pair);
    if (whole !== undefined) return whole;
    const cheap = parses(pair.cheap);
    const strong = parses(pair.strong);
    if (cheap === undefined && strong === undefined) return UNDECIDED;
    return scores(cheap === true ? 1 : 0, strong === true ? 1 : 0);
  },
};

/** Undefined: there is nothing to be looked at. */
function parses({ text }: ComparedAnswer): boolean | undefined {
  let looked = false;
  for (const { language, code } of blocksOf(text)) {
    const fine = blockParses(language, code);
    if (fine === false) return false;
    looked ||= fine === true;
  }
  return looked ? true : undefined;
}

function blockParses(language: string, code: string): boolean | undefined {
  if (code.length > LONGEST) return undefined;
  if (JSON_NAMES.has(language)) return parseJsonText(code) !== undefined;
  if (!JAVASCRIPT.has(language)) return undefined;
  try {
    // Compiles and does not run.
    new Script(code);
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    return /^\s*(?:import|export)\b/m.test(code) ? undefined : false;
  }
}

/** Blocks between lines of three backquotes. One that is not closed goes to the end. */
function blocksOf(text: string): { readonly language: string; readonly code: string }[] {
  const blocks: { language: string; code: string }[] = [];
  let open: { language: string; lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (open === undefined) {
      if (!trimmed.startsWith('```')) continue;
      if (blocks.length === MOST_BLOCKS) break;
      open = { language: trimmed.slice(3).trim().toLowerCase(), lines: [] };
    } else if (trimmed === '```') {
      blocks.push({ language: open.language, code: open.lines.join('\n') });
      open = undefined;
    } else open.lines.push(line);
  }
  if (open !== undefined) blocks.push({ language: open.language, code: open.lines.join('\n') });
  return blocks;
}
