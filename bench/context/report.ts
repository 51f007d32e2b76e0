import { describeMachine } from '../machine.ts';
import { median } from '../measure/statistics.ts';
import { type ContextOptions, PRICES } from './options.ts';
import type { SessionFigures, TurnFigure } from './session-run.ts';

/** A number to hold. */
export interface ContextMark {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  readonly held: boolean;
}

export interface ContextFigures {
  readonly options: ContextOptions;
  readonly whole: SessionFigures;
  readonly short: SessionFigures;
}

/** The windows that are compared are full in both. */
const EARLY = [0.25, 0.5] as const;
const LATE = [0.75, 1] as const;

export function marksOf({ options, whole, short }: ContextFigures): readonly ContextMark[] {
  const cost = grown(short, ({ cost }) => cost);
  const firstToken = grown(short, ({ firstTokenMs }) => firstTokenMs, median);
  const most = Math.max(...short.turns.map(({ tokens }) => tokens));
  const mark = (what: string, limit: string, measured: string, held: boolean) => ({ what, limit, measured, held });
  return [
    mark('cost a turn, last quarter over the second', 'at most 1.15x', `${cost.toFixed(2)}x`, cost <= 1.15),
    mark('first token, the same', 'at most 1.25x', `${firstToken.toFixed(2)}x`, firstToken <= 1.25),
    mark(
      'the most the upstream was sent',
      `at most ${options.cap} tokens`,
      `${most} of ${short.pastTokens}`,
      most <= options.cap,
    ),
    mark(
      'charged, off from the upstream’s bill',
      'at most 0 n$',
      `${offBy(short) + offBy(whole)} n$`,
      offBy(short) + offBy(whole) === 0,
    ),
    mark(
      'all of it, summaries included, over the whole past',
      'below 1x',
      `${(billOf(short) / billOf(whole)).toFixed(2)}x`,
      billOf(short) < billOf(whole),
    ),
  ];
}

export function render(figures: ContextFigures): string {
  const { options, whole, short } = figures;
  const lines = [
    `One session of ${options.turns} requests that ends with ${thousands(whole.turns.at(-1)?.tokens ?? 0)} tokens, streamed, each request after the answer before; cap ${thousands(options.cap)}. The simulator caches prompts as providers do, and takes ${options.prefillMs} ms for a thousand tokens it has not cached, a tenth of that for those it has (less than a provider does: only ratios say something). $${PRICES.input} in, $${PRICES.cached} cached, $${PRICES.output} out; summarizer $${PRICES.summarizer.input} and $${PRICES.summarizer.output}. Seed ${options.seed}. ${describeMachine()}, ${new Date().toISOString().slice(0, 10)}.`,
    '',
    '| requests | whole past: tokens | $ a turn | first token | compacted: tokens | $ a turn | first token | proxy’s own |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...quarters(options.turns).map(([from, to]) => row(`${from + 1} to ${to}`, whole, short, from, to)),
    row('all', whole, short, 0, options.turns),
    '',
    `Upstream's bill: $${dollars(billOf(whole))} with the whole past, $${dollars(billOf(short))} compacted, of which $${dollars(short.summaryCost)} for ${short.summaries} summaries; ${short.cuts} cuts. Cells are means, first tokens and the proxy's own time medians.`,
    '',
    '| to hold | limit | measured | |',
    '| --- | --- | --- | --- |',
    ...marksOf(figures).map(
      ({ what, limit, measured, held }) => `| ${what} | ${limit} | ${measured} | ${held ? 'held' : 'MISSED'} |`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function row(name: string, whole: SessionFigures, short: SessionFigures, from: number, to: number): string {
  const cells = [whole, short].flatMap(({ turns }) => {
    const some = turns.slice(from, to);
    return [
      thousands(mean(some.map(({ tokens }) => tokens))),
      (mean(some.map(({ cost }) => cost)) / 1e9).toFixed(4),
      `${Math.round(median(some.map(({ firstTokenMs }) => firstTokenMs)))} ms`,
    ];
  });
  const own = median(short.turns.slice(from, to).map(({ overheadMs }) => overheadMs));
  return `| ${name} | ${cells.join(' | ')} | ${own.toFixed(1)} ms |`;
}

function quarters(turns: number): readonly (readonly [number, number])[] {
  return [0, 1, 2, 3].map((quarter) => [Math.round((turns * quarter) / 4), Math.round((turns * (quarter + 1)) / 4)]);
}

/** By how much a figure of the last quarter is that of the second. */
function grown({ turns }: SessionFigures, of: (turn: TurnFigure) => number, average = mean): number {
  const part = ([from, to]: readonly [number, number]) =>
    average(turns.slice(Math.round(turns.length * from), Math.round(turns.length * to)).map(of));
  return part(LATE) / part(EARLY);
}

function billOf({ turns, summaryCost }: SessionFigures): number {
  return turns.reduce((sum, { cost }) => sum + cost, summaryCost);
}

function offBy(figures: SessionFigures): number {
  return Math.abs(figures.charged - Math.round(billOf(figures)));
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length);
}

function thousands(tokens: number): string {
  return Math.round(tokens)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

function dollars(nanos: number): string {
  return (nanos / 1e9).toFixed(2);
}
