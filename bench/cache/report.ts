import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type CacheMark, showShare } from './marks.ts';
import type { Tally } from './tally.ts';

const PAGE = fileURLToPath(new URL('../../docs/cache.md', import.meta.url));
const BEGIN = '<!-- bench:cache:begin -->';
const END = '<!-- bench:cache:end -->';

export function markTable(marks: readonly CacheMark[]): string {
  return table(
    ['number to hold', 'limit', 'measured', ''],
    marks.map((mark) => [mark.what, mark.limit, mark.measured, mark.verdict]),
  );
}

export function tallyTable(tallies: readonly Tally[]): string {
  return table(
    [
      'policy',
      'hits of all',
      'recall of duplicates',
      'non-duplicates served',
      'error among hits',
      'error among all requests',
    ],
    tallies.map((t) => [
      t.policy,
      ...[t.hitRate, t.recall, t.falseHits, t.errorAmongHits, t.errorAmongRequests].map(showShare),
    ]),
  );
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}

/** Puts the results between their marks in docs/cache.md. */
export function writePage(text: string): void {
  if (!existsSync(PAGE)) throw new Error('docs/cache.md does not exist');
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/cache.md lacks ${BEGIN} ... ${END}`);
  writeFileSync(PAGE, `${before}${BEGIN}\n${text}\n${END}${after}`);
}
