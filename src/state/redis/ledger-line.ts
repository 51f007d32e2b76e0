import type { LedgerEntry, LedgerLine } from '../budget-store.ts';

/** One field of a stream entry: JSON, which leaves out what is undefined. */
export function writeEntry(entry: LedgerEntry): string {
  return JSON.stringify(entry);
}

/** A stream entry as XRANGE gives it: `[id, [field, value]]`. @throws where it is none of ours */
export function readLine(item: unknown): LedgerLine {
  const [cursor, fields] = item as [string, [string, string]];
  const entry = JSON.parse(fields[1]) as LedgerEntry;
  return {
    ...entry,
    agent: entry.agent,
    user: entry.user,
    session: entry.session,
    task: entry.task,
    key: entry.key,
    target: entry.target,
    cursor,
  };
}
