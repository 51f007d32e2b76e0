import type { Line } from './compare.ts';

import { FOLDS } from './held-out.ts';
import type { PairResults, Verdict } from './marks.ts';
import { PUBLISHED } from './published.ts';
import type { Timing } from './timing.ts';

/** Everything one run found out. */
export interface Results {
  readonly date: string;
  readonly machine: string;
  readonly tookSeconds: number;
  /** Why there are no figures of quality; undefined where there are. */
  readonly missing: string | undefined;
  readonly check: string | undefined;
  readonly prompts: number;
  readonly pairs: readonly PairResults[];
  /** Microseconds by router. */
  readonly p99: ReadonlyMap<string, number>;
  readonly usual: readonly Timing[];
  readonly worst: readonly Timing[];
  readonly marks: readonly Verdict[];
}

/** The results as Markdown. */
export function render(results: Results): string {
  const { date, machine, tookSeconds, missing, check, pairs, p99, prompts } = results;
  const lines = [
    `Run of ${date.slice(0, 10)}, \`npm run bench:routing\`, ${Math.round(tookSeconds)} s. Machine: ${machine}.`,
    '',
    ...(missing === undefined ? [] : [missing, '']),
    ...(check === undefined ? [] : [check, '']),
    ...table(
      ['number to hold', 'limit', 'measured', ''],
      results.marks.map((mark) => [mark.what, mark.limit, mark.measured, mark.verdict]),
    ),
  ];
  for (const { pair, inDistribution, unseen, gate, known, unknown } of pairs) {
    lines.push(
      '',
      `### ${pair}`,
      '',
      `In-distribution: ${FOLDS} folds by prompt, fitted on the others, n = ${prompts}. Within a task (each routed on its own, the gains added) ours, text alone, has ${fixed(inDistribution.within)}.`,
      '',
      ...lineTable(inDistribution.lines, p99),
      '',
      `Unseen tasks: each task routed by what was fitted on the others. By route key all of it is observed (${percent(unknown.byKey)}); by the text alone ${percent(unknown.byText)}, against ${percent(known.byText)} of known tasks.`,
      '',
      ...lineTable(unseen.lines, p99),
      '',
      `Evidence gate, a key a task, admitted on nine tenths and judged on the tenth: ${keysOf(gate.admitted)}; ${percent(gate.share)} of the prompts went to the cheap model and lost ${points(gate.loss)} (${points(gate.low)} to ${points(gate.high)}); mean score ${gate.quality.toFixed(3)} where all-strong has ${gate.allStrong.toFixed(3)}, for ${percent(gate.cost)} of its cost.`,
    );
  }
  if (pairs.length > 0) {
    lines.push(
      '',
      'Published by others, on other prompts and models:',
      '',
      ...table(['', 'APGR', 'source'], PUBLISHED),
    );
  }
  const timings = [...results.usual, ...results.worst].map(({ name, ...values }) => [
    name,
    ...[values.p50, values.p99, values.p99First].map(micro),
  ]);
  lines.push(
    '',
    'A decision from the bytes of a request (already validated) to the model that serves, by a policy with rules, a score, evidence and sessions, us; the fastest of three takes each:',
    '',
    ...table(['request', 'p50', 'p99', 'p99 of first takes'], timings),
  );
  return `${lines.join('\n')}\n`;
}

function lineTable(lines: readonly Line[], p99: ReadonlyMap<string, number>): string[] {
  const rows = lines.map((line) => [
    line.router,
    fixed(line.apgr),
    Number.isNaN(line.low) ? '' : `${fixed(line.low)} to ${fixed(line.high)}`,
    percent(line.cpt50),
    line.qualityAtHalf.toFixed(3),
    percent(line.realisedCost),
    micro(p99.get(line.router) ?? Number.NaN),
  ]);
  return table(['router', 'APGR', '95%', 'CPT50', 'score at 50% cost', 'realised cost', 'p99 us'], rows);
}

function keysOf(admitted: ReadonlyMap<string, number>): string {
  if (admitted.size === 0) return 'no key was admitted';
  return `admitted ${[...admitted].map(([key, times]) => `${key} (${times} of ${FOLDS})`).join(', ')}`;
}

const fixed = (value: number) => (Number.isNaN(value) ? '' : value.toFixed(3));
const percent = (value: number) => (Number.isNaN(value) ? '' : `${(100 * value).toFixed(1)}%`);
const points = (value: number) => `${(100 * value).toFixed(1)} points`;
const micro = (value: number) => (Number.isNaN(value) ? '' : value.toFixed(value < 10 ? 1 : 0));

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)];
}
