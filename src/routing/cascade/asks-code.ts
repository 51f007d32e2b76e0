import type { Conversation, Part } from '../../dialects/conversation/request.ts';

/** Of the last thing the user said, so much is read from each end, UTF-16 units. */
const READ = 2_048;

/** Somebody is to make or mend a piece of a program. */
const ASKS =
  /\b(?:write|implement|generate|create|code|fix|debug|refactor|rewrite|port|translate|convert|complete|optimi[sz]e)\b[^.?!\n]{0,80}\b(?:function|code|script|class|program|method|snippet|module|component|query|regex|tests?|algorithm|endpoint|api)\b/i;

/** Whether program code is asked for: by the task, where the policy names it so, or in the last words of the user. */
export function asksForCode(task: string | undefined, { turns }: Conversation): boolean {
  if (task !== undefined && /code|program/i.test(task)) return true;
  const last = turns.findLast(({ role, parts }) => role === 'user' && parts.some(({ kind }) => kind === 'text'));
  return last !== undefined && ASKS.test(ends(textOf(last.parts)));
}

function textOf(parts: readonly Part[]): string {
  let text = '';
  for (const part of parts) if (part.kind === 'text') text += part.text;
  return text;
}

function ends(text: string): string {
  return text.length <= 2 * READ ? text : `${text.slice(0, READ)}\n${text.slice(-READ)}`;
}
