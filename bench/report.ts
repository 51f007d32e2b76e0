import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { judge, type Verdict } from './marks.ts';
import type { Figure } from './measure/figure.ts';
import { digits, quantile } from './measure/statistics.ts';
import type { SectionName } from './options.ts';
import { SUBJECT_NAMES } from './subjects/subject.ts';

/** Everything one run found out. */
export interface Results {
  readonly date: string;
  readonly command: string;
  readonly machine: string;
  readonly pinning: string;
  readonly quick: boolean;
  readonly tookSeconds: number;
  /** Who ran, as `name: what exactly`. */
  readonly subjects: readonly string[];
  readonly absent: readonly string[];
  /** Sections that failed, with the reason. */
  readonly failed: readonly string[];
  readonly sections: readonly SectionName[];
  readonly figures: readonly Figure[];
}

const LATEST = fileURLToPath(new URL('./results/latest.json', import.meta.url));
const PAGE = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

/** Prints the results, keeps them as bench/results/latest.json, and with `write` puts them into docs/benchmarks.md. */
export function report(results: Results, write: boolean): void {
  process.stdout.write(`\n${render(results)}`);
  mkdirSync(fileURLToPath(new URL('./results', import.meta.url)), { recursive: true });
  writeFileSync(
    LATEST,
    `${JSON.stringify({ ...results, verdicts: judge(results.figures, results.sections) }, null, 2)}\n`,
  );
  process.stdout.write('\nkept as bench/results/latest.json\n');
  if (!write) return;
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/benchmarks.md lacks ${BEGIN} ... ${END}`);
  writeFileSync(PAGE, `${before}${BEGIN}\n${render(results)}${END}${after}`);
  process.stdout.write('written into docs/benchmarks.md\n');
}

/** The results as Markdown. */
export function render(results: Results): string {
  const lines = [
    `Run of ${results.date.slice(0, 10)}, \`${results.command}\`, ${Math.round(results.tookSeconds)} s.`,
    '',
    `- Machine: ${results.machine}.`,
    `- CPUs: ${results.pinning}.`,
    `- Subjects: ${results.subjects.join('; ')}.`,
    ...results.absent.map((reason) => `- Left out: ${reason}.`),
    ...results.failed.map((reason) => `- Failed: ${reason}.`),
    ...(results.quick ? ['- A smoke run: these figures are not to be quoted.'] : []),
    '',
    ...markTable(judge(results.figures, results.sections)),
  ];
  for (const section of new Set(results.figures.map((figure) => figure.section))) {
    lines.push(
      '',
      `### ${section}`,
      '',
      ...figureTable(results.figures.filter((figure) => figure.section === section)),
    );
  }
  return `${lines.join('\n')}\n`;
}

function markTable(verdicts: readonly Verdict[]): string[] {
  return table(
    ['number to hold', 'limit', 'measured', ''],
    verdicts.map((v) => [v.what, v.limit, v.measured, v.verdict]),
  );
}

/** A row for each metric and circumstance, a column for each subject: the median, and the spread of the rounds. */
function figureTable(figures: readonly Figure[]): string[] {
  const names = SUBJECT_NAMES.filter((name) => figures.some((figure) => figure.subject === name));
  const keys = new Set(figures.map((figure) => `${figure.metric}\n${figure.circumstance}`));
  const rows = [...keys].map((key) => {
    const [metric = '', circumstance = ''] = key.split('\n');
    const cells = names.map((name) => {
      const found = figures.find((f) => f.subject === name && f.metric === metric && f.circumstance === circumstance);
      return found === undefined ? '' : spread(found.rounds, metric.startsWith('%'));
    });
    return [metric, circumstance, ...cells];
  });
  return table(['', '', ...names], rows);
}

function spread(rounds: readonly number[], isPercentage: boolean): string {
  const show = (value: number) => digits(value, isPercentage);
  const middle = show(quantile(rounds, 0.5));
  return rounds.length < 2 ? middle : `${middle} (${show(Math.min(...rounds))}..${show(Math.max(...rounds))})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)];
}
