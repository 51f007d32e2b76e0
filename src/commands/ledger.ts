import { formatMoney } from '../config/amounts.ts';
import { ledgerCsvPages, ledgerPages } from '../console/csv-pages.ts';
import type { LedgerShape } from '../console/shapes.ts';
import { parseArguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { ACCESS, withAdministration } from './open-administration.ts';
import { printable } from './printable.ts';

const USUAL_SPAN = '24h';
/** A page is written before the next is read, so the columns cannot wait for the widest of all lines. */
const COLUMNS: readonly (readonly [head: string, width: number, cell: (line: LedgerShape) => string])[] = [
  ['TIME (UTC)', 19, ({ at }) => at.slice(0, 19).replace('T', ' ')],
  ['AGENT', 14, ({ agent }) => agent ?? '-'],
  ['MODEL', 18, ({ model }) => model],
  ['TARGET', 34, ({ target }) => target ?? '-'],
  ['STATUS', 8, ({ status }) => status],
  ['IN', -8, ({ inputTokens }) => String(inputTokens)],
  ['OUT', -7, ({ outputTokens }) => String(outputTokens)],
  ['COST', -11, ({ costNanoUsd, estimated }) => `${estimated ? '~' : ''}${formatMoney(costNanoUsd)}`],
];

/** `breakwater ledger` */
export const ledgerCommand: Command = async (args, terminal) => {
  const { values } = parseArguments(args, {
    ...ACCESS,
    tenant: { type: 'string' },
    since: { type: 'string' },
    json: { type: 'boolean' },
    csv: { type: 'boolean' },
  });
  const { tenant, since = USUAL_SPAN, json, csv } = values;
  if (tenant === undefined) throw new UsageError('needs --tenant NAME.');
  if (json === true && csv === true) throw new UsageError('takes --json or --csv, not both.');
  await withAdministration(values, terminal, async (administration) => {
    const wish = { tenant, since };
    if (csv === true) {
      for await (const text of ledgerCsvPages(administration, wish)) terminal.out(text);
      return;
    }
    let lines = 0;
    let nanos = 0;
    for await (const page of ledgerPages(administration, wish)) {
      if (json === true) terminal.out(page.map((line) => `${JSON.stringify(line)}\n`).join(''));
      else {
        if (lines === 0 && page.length > 0)
          terminal.out(`${COLUMNS.map(([head, width]) => fit(head, width)).join('  ')}\n`);
        terminal.out(page.map(describe).join(''));
      }
      lines += page.length;
      for (const { costNanoUsd } of page) nanos += costNanoUsd;
    }
    if (json !== true) terminal.error(`${lines} requests, ${formatMoney(nanos)}, since ${since}.\n`);
  });
  return 0;
};

function describe(line: LedgerShape): string {
  return `${COLUMNS.map(([, width, cell]) => fit(printable(cell(line)), width))
    .join('  ')
    .trimEnd()}\n`;
}

/** @param width negative: to the right */
function fit(text: string, width: number): string {
  const room = Math.abs(width);
  const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
  return width < 0 ? shown.padStart(room) : shown.padEnd(room);
}
