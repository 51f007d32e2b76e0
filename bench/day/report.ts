import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { showShare } from '../cache/marks.ts';
import { table } from '../cache/report.ts';
import type { DayMark } from './marks.ts';
import type { PlainTally } from './plain-cosine.ts';
import type { Replayed } from './replay.ts';
import { clockTime, showDollars, showPercent } from './show.ts';
import { type Tally, tallyOf } from './tally.ts';
import type { Day } from './traffic/request.ts';
import { KINDS } from './traffic/request.ts';
import { PRICES, QUALITY } from './upstream/models.ts';

const PAGE = fileURLToPath(new URL('../../docs/replayed-day.md', import.meta.url));

export function markTable(marks: readonly DayMark[]): string {
  return table(
    ['number to hold', 'limit', 'measured', ''],
    marks.map(({ what, limit, measured, verdict }) => [what, limit, measured, verdict]),
  );
}

/** What was asked, and what the upstream is assumed to be like. */
export function circumstances(day: Day): string {
  const agents = new Map<string, number>();
  for (const { tenant, agent } of day.requests)
    agents.set(`${tenant}/${agent}`, (agents.get(`${tenant}/${agent}`) ?? 0) + 1);
  const traps = day.requests.filter(({ trap }) => trap !== undefined).length;
  return [
    `Seed ${day.seed}: ${day.requests.length} requests of ${agents.size} agents of ${day.tenants.length} tenants (${[...agents].map(([name, count]) => `${name} ${count}`).join(', ')}); ${traps} of them follow a near question that has another answer.`,
    ...day.missing.map((reason) => `- Left out: ${reason}.`),
    '',
    'Assumed of the upstream, dollars a million tokens and the share of right answers by kind of work:',
    '',
    table(
      ['model', 'input', 'cached', 'output', ...KINDS],
      (['small', 'mid', 'strong'] as const).map((model) => [
        model,
        ...[PRICES[model].input, PRICES[model].cached, PRICES[model].output].map((nanos) => `$${nanos / 1000}`),
        ...KINDS.map((kind) => showPercent(QUALITY[kind][model])),
      ]),
    ),
  ].join('\n');
}

export function cacheTable(off: Replayed, on: readonly Replayed[], plain: readonly PlainTally[]): string {
  const before = tallyOf(off);
  const rows = [before, ...on.map(tallyOf)].map((tally) => [
    tally.arm,
    String(tally.requests),
    String(tally.exactHits),
    String(tally.semanticHits),
    showDollars(tally.bill),
    saving(before, tally),
    tally === before ? '' : showDollars(before.bill - tally.bill, 4),
    tally === before ? '' : showDollars(tally.ledgerSaved, 4),
    `${tally.wrongHits.hits} of ${tally.wrongHits.of}`,
    showShare(tally.wrong),
  ]);
  return [
    table(
      [
        'cache',
        'requests',
        'exact hits',
        'semantic hits',
        'bill',
        'less',
        'difference',
        'saved, says the ledger',
        'wrong of hits',
        'wrong of all answers',
      ],
      rows,
    ),
    '',
    'The same day through a cache that has nothing but a threshold (reckoned with the same embedder, one-turn requests only, not run):',
    '',
    table(
      ['plain cosine', 'hits', 'of them with the answer to another question'],
      plain.map(({ threshold, served, wrong }) => [
        `>= ${threshold.toFixed(2)}`,
        String(served),
        `${wrong} = ${showPercent(wrong / Math.max(1, served))}`,
      ]),
    ),
    '',
    ...on.flatMap(({ arm, certificates }) =>
      certificates.map(({ tenant, event, at }) => `- ${arm.name}: ${tenant} ${event} at ${clockTime(at)}.`),
    ),
  ].join('\n');
}

function saving(before: Tally, after: Tally): string {
  return after === before ? '' : showPercent(1 - after.bill / before.bill);
}

/** Puts a part between its marks in docs/replayed-day.md. */
export function writePage(part: string, text: string): void {
  const begin = `<!-- bench:day:${part}:begin -->`;
  const end = `<!-- bench:day:${part}:end -->`;
  if (!existsSync(PAGE)) throw new Error('docs/replayed-day.md does not exist');
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/replayed-day.md lacks ${begin} ... ${end}`);
  writeFileSync(PAGE, `${before}${begin}\n${text}\n${end}${after}`);
}
