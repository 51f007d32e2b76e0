/**
 * How well routing chooses between a cheap and a strong model, on public outcomes of nine models, beside what it stands in for; and what
 * a decision costs. docs/routing.md explains the method. `npm run bench:routing -- --help` lists the options.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.ts';
import { checkImplementation } from './check.ts';
import { compare } from './compare.ts';
import { type Case, casesOf, DATA, type OutcomeRow, PAIRS, readOutcomes } from './data.ts';
import { abstention, tryGate } from './gate.ts';
import { byRow, byTask } from './held-out.ts';
import { type PairResults, pairMarks, timeMarks } from './marks.ts';
import { type Results, render } from './render.ts';
import { ORACLE, ROUTERS } from './routers.ts';
import { decisionP99, timeRequests } from './timing.ts';

const USAGE = `npm run bench:routing -- [options]

  --data FILE  paired outcomes, gzipped JSON lines {prompt, task, scores} (default: ../shared/data/routing/llmrouter-train.jsonl.gz)
  --write      put the results into docs/routing.md
  --help`;

const PAGE = fileURLToPath(new URL('../../docs/routing.md', import.meta.url));
const BEGIN = '<!-- bench:routing:begin -->';
const END = '<!-- bench:routing:end -->';

const REPEATS = 3_000;

function main(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: { data: { type: 'string' }, write: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const file = values.data === undefined ? DATA : resolve(values.data);
  const rows = readOutcomes(file);
  const results = rows === undefined ? measure([], `Only times: ${file} is not there.`) : measure(rows, undefined);
  const text = render(results);
  process.stdout.write(`\n${text}`);
  if (values.write) {
    if (rows === undefined) throw new Error('--write takes a whole run, with the data');
    write(text);
  }
}

function measure(rows: readonly OutcomeRow[], missing: string | undefined): Results {
  const started = performance.now();
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const check = missing === undefined ? checkImplementation(rows) : undefined;
  say(missing ?? check ?? '');
  const pairs: PairResults[] = [];
  let cases: Case[] = [];
  for (const pair of missing === undefined ? PAIRS : []) {
    cases = casesOf(rows, pair);
    pairs.push(measurePair(pair.name, cases));
    say(`${pair.name}: measured`);
  }
  const p99 = new Map<string, number>();
  for (const router of ROUTERS)
    if (cases.length > 0 && router !== ORACLE) p99.set(router.name, decisionP99(router, cases));
  const { usual, worst } = timeRequests(REPEATS);
  return {
    date: new Date().toISOString(),
    machine: describeMachine(),
    tookSeconds: (performance.now() - started) / 1_000,
    missing,
    check,
    prompts: rows.length,
    pairs,
    p99,
    usual,
    worst,
    marks: [...pairs.flatMap(pairMarks), ...timeMarks(usual, worst)],
  };
}

function measurePair(pair: string, cases: readonly Case[]): PairResults {
  const rowSplit = byRow(cases);
  const taskSplit = byTask(cases);
  return {
    pair,
    inDistribution: compare(cases, rowSplit, false),
    unseen: compare(cases, taskSplit, true),
    gate: tryGate(cases, rowSplit),
    known: abstention(cases, rowSplit),
    unknown: abstention(cases, taskSplit),
  };
}

function write(text: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/routing.md lacks ${BEGIN} ... ${END}`);
  writeFileSync(PAGE, `${before}${BEGIN}\n${text}${END}${after}`);
  process.stdout.write('\nwritten into docs/routing.md\n');
}

main(process.argv.slice(2));
