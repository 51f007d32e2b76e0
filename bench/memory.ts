import { Soak } from './load/soak.ts';
import { countOpenFiles, readRss } from './measure/process-tree.ts';
import { trend } from './measure/statistics.ts';
import type { Bench } from './section.ts';
import { startSubjects } from './subjects/start.ts';
import type { Subject } from './subjects/subject.ts';

export const IDLE_METRIC = 'RSS idle MB';
export const SLOPE_METRIC = 'RSS slope MB/h';
export const FLAT_METRIC = 'RSS slope beyond noise MB/h';
export const FRESH = 'fresh process';

const MB = 1e6;
/** Before this long a slope is warm-up, not leak: not worth showing, and not to be judged. */
const SHOWN_FROM_MS = 60_000;
const JUDGED_FROM_MS = 10 * 60_000;
/** Enough points for a slope; more would only cost time. */
const MAX_SAMPLES = 360;

/** Memory of each proxy, fresh and idle; then under mixed load with clients that go away, Breakwater for the whole soak. */
export async function measureMemory(bench: Bench): Promise<void> {
  const names = bench.options.subjects.filter((name) => name !== 'direct' && name !== 'spliced' && name !== 'before');
  for (const name of names) {
    const { subjects } = await startSubjects([name], bench.place);
    const [subject] = subjects;
    if (subject === undefined) continue;
    try {
      await measureOne(bench, subject);
    } finally {
      await subject.stop();
    }
  }
}

async function measureOne(bench: Bench, subject: Subject): Promise<void> {
  const { pid, name } = subject;
  if (pid === undefined) return;
  const record = (metric: string, circumstance: string, value: number) =>
    bench.record({ section: 'memory', metric, circumstance, subject: name, rounds: [value] });

  await sleep(bench.options.quick ? 500 : 3_000);
  record(IDLE_METRIC, FRESH, readRss(pid) / MB);
  const filesBefore = countOpenFiles(pid);

  const forMs = name === 'breakwater' ? bench.options.soakMs : Math.min(bench.options.soakMs, 8_000);
  await bench.upstream.answer({ kind: 'mixed', events: 20, gapMs: 10 });
  const soak = new Soak(subject);
  const samples = await sample(bench, subject, pid, forMs);
  const tally = await soak.stop();

  const circumstance = `mixed load, ${Math.round(forMs / 1000)} s`;
  record('RSS peak MB', circumstance, Math.max(...samples.map((point) => point.y)));
  record('RSS end MB', circumstance, samples.at(-1)?.y ?? Number.NaN);
  const settled = samples.slice(Math.floor(samples.length / 3));
  const { slope, margin } = trend(settled);
  if (forMs >= SHOWN_FROM_MS) record(SLOPE_METRIC, circumstance, slope);
  if (forMs >= JUDGED_FROM_MS) record(FLAT_METRIC, 'soak', Math.max(0, slope - margin));
  record('answered', circumstance, tally.answered);
  record('left by the client', circumstance, tally.left);
  record('bad answers', circumstance, tally.bad);
  await sleep(bench.options.quick ? 300 : 2_000);
  // Idle keep-alive sockets to the upstream are no leak, but they are bounded by the clients there were.
  record('sockets and files kept after', circumstance, countOpenFiles(pid) - filesBefore);
}

/** RSS in MB over hours. */
async function sample(bench: Bench, subject: Subject, pid: number, forMs: number): Promise<{ x: number; y: number }[]> {
  const everyMs = Math.max(250, forMs / MAX_SAMPLES);
  const startedAt = performance.now();
  const samples: { x: number; y: number }[] = [];
  let saidAt = startedAt;
  while (performance.now() - startedAt < forMs) {
    await sleep(everyMs);
    const now = performance.now();
    samples.push({ x: (now - startedAt) / 3_600_000, y: readRss(pid) / MB });
    if (now - saidAt < 60_000) continue;
    saidAt = now;
    bench.say(
      `memory, ${subject.name}: ${Math.round((now - startedAt) / 60_000)} min, ${samples.at(-1)?.y.toFixed(1)} MB`,
    );
  }
  return samples;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
