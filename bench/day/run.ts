/**
 * A day of agent traffic through the proxy, before an upstream that keeps its own bill: what the cache saves, and what it serves wrongly.
 * `npm run bench:day` prints it, `-- --write` puts it into docs/replayed-day.md. The same seed gives the same figures on every machine, times
 * apart.
 */
import { parseArgs } from 'node:util';
import { CACHE_ARMS, WITHOUT } from './cache-arms.ts';
import { judgeCacheDay } from './marks.ts';
import { plainCosine } from './plain-cosine.ts';
import { type Replayed, replay } from './replay.ts';
import { cacheTable, circumstances, markTable, writePage } from './report.ts';
import { generateDay, SMALL_DAY, WHOLE_DAY } from './traffic/day.ts';

const SEED = 20_261_122;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(SEED) },
    small: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
if (values.small && values.write) throw new Error('--write takes a whole day: no --small');

const say = (line: string) => process.stderr.write(`${line}\n`);
const day = generateDay(Number(values.seed), values.small ? SMALL_DAY : WHOLE_DAY);
const off = await run(WITHOUT);
const on: Replayed[] = [];
for (const arm of CACHE_ARMS) on.push(await run(arm));
const marks = judgeCacheDay(off, on);
const text = [
  `Run of ${new Date().toISOString().slice(0, 10)}, \`npm run bench:day\`.`,
  circumstances(day),
  markTable(marks),
  cacheTable(
    off,
    on,
    [0.8, 0.9, 0.95].map((threshold) => plainCosine(day, threshold)),
  ),
].join('\n\n');
process.stdout.write(`${text}\n`);
if (values.write) writePage('cache', text);

async function run(arm: (typeof CACHE_ARMS)[number]): Promise<Replayed> {
  const replayed = await replay(day, arm);
  say(`${arm.name}: ${replayed.outcomes.length} requests in ${replayed.seconds.toFixed(0)} s`);
  for (const line of replayed.troubles.slice(0, 3)) say(`  logged: ${line.trim()}`);
  return replayed;
}
