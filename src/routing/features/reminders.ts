/**
 * What agent harnesses put around the user's words: state, rules, open files. It is the same on every turn, long and full of hard words,
 * so taking it for the user's would send each turn to the strongest model.
 */
const TAGS = [
  'system-reminder',
  'environment_context',
  'environment_details',
  'user_instructions',
  'ide_opened_file',
  'ide_selection',
  'local-command-stdout',
  'command-message',
  'INSTRUCTIONS',
] as const;

const MARKS = TAGS.map((tag) => ({ open: `<${tag}>`, close: `</${tag}>` }));

/** The text without what a harness added. A mark that is not closed ends with the text; one that is not opened began before it. */
export function withoutReminders(text: string): string {
  if (!text.includes('<')) return text;
  let left = text;
  for (const { open, close } of MARKS) left = without(left, open, close);
  return left;
}

/** The mark that closes what a text begins with, where a harness began it. */
export function closingMark(beginning: string): string | undefined {
  const start = beginning.trimStart();
  return start.startsWith('<') ? MARKS.find(({ open }) => start.startsWith(open))?.close : undefined;
}

function without(text: string, open: string, close: string): string {
  let end = text.indexOf(close);
  let start = text.indexOf(open);
  if (end < 0 && start < 0) return text;
  let kept = '';
  let at = 0;
  if (end >= 0 && (start < 0 || end < start)) at = end + close.length;
  for (;;) {
    start = text.indexOf(open, at);
    if (start < 0) return kept + text.slice(at);
    kept += text.slice(at, start);
    end = text.indexOf(close, start);
    if (end < 0) return kept;
    at = end + close.length;
  }
}
