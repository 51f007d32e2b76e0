/**
 * A day of agent traffic through the proxy, before an upstream that keeps its own bill: what the cache and the other levers save, and what they
 * spoil. `npm run bench:day` prints it, `-- --write` puts it into docs/replayed-day.md. The same seed gives the same figures on every machine.
 */
import { parseArgs } from 'node:util';
import { auditDay } from './audit-findings.ts';
import { CACHE_ARMS, WITHOUT } from './cache-arms.ts';
import type { Arm } from './configuration.ts';
import {
  compounding,
  judgeLevers,
  type LeverRow,
  learned,
  leverRow,
  leverTable,
  type ManyDays,
} from './lever-report.ts';
import { leverArms, NOTHING } from './levers.ts';
import { judgeCacheDay } from './marks.ts';
import { plainCosine } from './plain-cosine.ts';
import { type Replayed, replay } from './replay.ts';
import { cacheTable, circumstances, markTable, writePage } from './report.ts';
import { type Cluster, differenceOf, taskClusters } from './success.ts';
import { generateDay } from './traffic/day.ts';
import type { Day } from './traffic/request.ts';
import { SMALL_DAY, WHOLE_DAY } from './traffic/size.ts';

const SEED = 20_261_122;
/** On which all levers and none are compared. */
const DAYS = 5;
/** The upstream keeps prompts from 1,024 tokens on; what follows the system prompt counts. */
const LONG_PROMPT = 900;
const PARTS = { day: wholeDay, cache: cacheDay, levers: leverDay };

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(SEED) },
    only: { type: 'string', default: Object.keys(PARTS).join(',') },
    'support-prompt': { type: 'string' },
    small: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const prompt = values['support-prompt'];
if (values.write && (values.small || prompt !== undefined)) throw new Error('--write takes the day as it is, whole');

const usual = values.small ? SMALL_DAY : WHOLE_DAY;
const size = prompt === undefined ? usual : { ...usual, supportPrompt: Number(prompt) };
const today = generateDay(Number(values.seed), size);
const wanted = values.only.split(',');
for (const [name, part] of Object.entries(PARTS)) {
  if (!wanted.includes(name)) continue;
  const text = await part(today);
  process.stdout.write(`${text}\n\n`);
  if (values.write) writePage(name, text);
}

function wholeDay(day: Day): Promise<string> {
  return Promise.resolve(circumstances(day));
}

async function cacheDay(day: Day): Promise<string> {
  const off = await run(day, WITHOUT);
  const on: Replayed[] = [];
  for (const arm of CACHE_ARMS) on.push(await run(day, arm));
  const plain = [0.8, 0.9, 0.95].map((threshold) => plainCosine(day, threshold));
  return [markTable(judgeCacheDay(off, on, size.supportPrompt > LONG_PROMPT)), cacheTable(off, on, plain)].join('\n\n');
}

async function leverDay(day: Day): Promise<string> {
  const { trimmed, said } = await auditDay(day);
  const arms = leverArms(trimmed);
  const before = await run(day, NOTHING);
  let routes: Replayed['routes'] = [];
  let clusters: readonly Cluster[] = [];
  const rowOf = async (arm: Arm) => {
    const after = await run(day, arm);
    if (arm === arms.routing) routes = after.routes;
    if (arm === arms.together) clusters = taskClusters(before, after);
    return leverRow(before, after, day.seed);
  };
  const nothing = leverRow(before, before, day.seed);
  const alone: LeverRow[] = [];
  for (const arm of [arms.audit, arms.cache, arms.routing, arms.compaction]) alone.push(await rowOf(arm));
  const [, cache = nothing, routing = nothing] = alone;
  const asWritten = await rowOf(arms.asWritten);
  const untold = await rowOf(arms.untold);
  const together = await rowOf(arms.together);
  const all = [nothing, ...alone, asWritten, untold, together];
  const told = [
    { before: nothing, after: cache },
    { before: nothing, after: routing },
    { before: nothing, after: asWritten },
    { before: untold, after: together },
  ];
  return [
    markTable(judgeLevers(all, told, await manyDays(day, arms.together, together, clusters))),
    leverTable(nothing, all.slice(1)),
    compounding(alone, together),
    learned(routes),
    `What \`breakwater audit\` finds in the day, and is acted upon: ${said.join('; ')}.`,
  ].join('\n\n');
}

/** Few tasks come out otherwise with the levers: whether they are more than chance takes other days, too. */
async function manyDays(first: Day, together: Arm, row: LeverRow, ofFirst: readonly Cluster[]): Promise<ManyDays> {
  const clusters = [...ofFirst];
  const savings = [row.saving];
  for (let more = 1; more < DAYS; more++) {
    const day = generateDay(first.seed + more, size);
    const before = await run(day, NOTHING);
    const after = await run(day, together);
    for (const cluster of taskClusters(before, after)) clusters.push(cluster);
    savings.push(leverRow(before, after, day.seed).saving);
  }
  return { days: DAYS, success: differenceOf(clusters, first.seed), leastSaving: Math.min(...savings) };
}

async function run(day: Day, arm: Arm): Promise<Replayed> {
  const replayed = await replay(day, arm);
  process.stderr.write(`${arm.name}: ${replayed.outcomes.length} requests in ${replayed.seconds.toFixed(0)} s\n`);
  for (const line of replayed.troubles.slice(0, 3)) process.stderr.write(`  logged: ${line.trim()}\n`);
  return replayed;
}
