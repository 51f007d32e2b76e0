import { type ClosedLoopResult, runClosedLoop } from './load/closed-loop.ts';
import { runOpenLoop } from './load/open-loop.ts';
import { chatBody } from './load/payloads.ts';
import { chatRequest } from './load/request.ts';
import { fullCheck, WRONG_TEXT } from './load/verify.ts';
import { quantile } from './measure/statistics.ts';
import type { Bench } from './section.ts';
import { serve } from './subjects/breakwater.ts';
import type { SubjectName } from './subjects/subject.ts';
import type { Shape } from './upstream/answers.ts';
import { type FaultMix, TRANSIENT, TRANSIENT_AND_BROKEN } from './upstream/faults.ts';

export const ANSWERED_METRIC = '% answered';
export const TRIES_METRIC = 'tries/request';
export const TRUNCATED_METRIC = 'truncated shown as whole';
export const PENALTY_METRIC = 'p99 ms over healthy';
export const DEAD_PRIMARY = 'primary dead, circuit open';
export const ALL_DOWN = 'everything down';

const JSON_SHAPE: Shape = { kind: 'json' };
const STREAM_SHAPE: Shape = { kind: 'stream', events: 20, gapMs: 0 };
const CLIENTS = 64;

interface RandomFaults {
  readonly name: string;
  readonly shape: Shape;
  readonly mix: FaultMix;
  /** Further settings of the model, YAML. */
  readonly settings: string;
}

/** A stall must be told from a slow answer somehow; a second keeps the bench short. */
const TIMERS = 'timeouts: {firstToken: 1s, stall: 1s}';

export const RANDOM_FAULTS = {
  at20: { name: '20% faults', shape: JSON_SHAPE, mix: { share: 0.2, kinds: TRANSIENT }, settings: '' },
  at30: { name: '30% faults', shape: JSON_SHAPE, mix: { share: 0.3, kinds: TRANSIENT }, settings: '' },
  held20: {
    name: '20% faults, streams break, commit: complete',
    shape: STREAM_SHAPE,
    mix: { share: 0.2, kinds: TRANSIENT_AND_BROKEN },
    settings: `, stream: {commit: complete}, ${TIMERS}`,
  },
  held30: {
    name: '30% faults, streams break, commit: complete',
    shape: STREAM_SHAPE,
    mix: { share: 0.3, kinds: TRANSIENT_AND_BROKEN },
    settings: `, stream: {commit: complete}, ${TIMERS}`,
  },
  open20: {
    name: '20% faults, streams break, commit: first-delta',
    shape: STREAM_SHAPE,
    mix: { share: 0.2, kinds: TRANSIENT_AND_BROKEN },
    settings: `, stream: {commit: first-delta, onBreak: error}, ${TIMERS}`,
  },
} satisfies Record<string, RandomFaults>;

/** Runs of each case, each with a fresh proxy and other dice: whether a circuit opens by chance must not decide a verdict. */
const RUNS = 3;

/** What Breakwater makes of a failing upstream, beside what a client without it would see. */
export async function measureFaults(bench: Bench): Promise<void> {
  const wanted = (name: SubjectName) => bench.options.subjects.includes(name);
  const { at20, at30, held20, held30, open20 } = RANDOM_FAULTS;
  for (const faults of bench.options.quick ? [at20, held20, open20] : [at20, at30, held20, held30, open20]) {
    if (wanted('direct') && faults !== open20) {
      recordFaults(bench, faults, 'direct', [await askUnderFaults(bench, faults, 'direct', bench.upstream.port, 1)]);
    }
    if (!wanted('breakwater')) continue;
    const runs: FaultRun[] = [];
    for (let seed = 1; seed <= (bench.options.quick ? 1 : RUNS); seed++) {
      await withBreakwater(bench, faults.settings, async (port) => {
        runs.push(await askUnderFaults(bench, faults, 'breakwater', port, seed));
      });
    }
    recordFaults(bench, faults, 'breakwater', runs);
  }
  if (!wanted('breakwater')) return;
  await withBreakwater(bench, '', (port) => withDeadPrimary(bench, port));
  await withBreakwater(bench, '', (port) => withEverythingDown(bench, port));
}

/** A fresh proxy for each case, so that no circuit of the last case is still open: two targets of three tries. */
async function withBreakwater(bench: Bench, settings: string, measure: (port: number) => Promise<void>): Promise<void> {
  const url = `http://127.0.0.1:${bench.place.upstreamPort}`;
  const running = await serve(bench.place, 'faults', [
    'providers:',
    `  a: {baseUrl: "${url}/a/v1", apiKey: bench}`,
    `  b: {baseUrl: "${url}/b/v1", apiKey: bench}`,
    'models:',
    `  bench: {targets: [a/bench, b/bench], retries: {max: 2}${settings}}`,
    '  healthy: {targets: [b/bench]}',
  ]);
  try {
    await measure(running.port);
  } finally {
    await running.stop();
  }
}

interface FaultRun {
  readonly good: number;
  readonly requests: number;
  readonly tries: number;
  readonly truncated: number;
}

async function askUnderFaults(
  bench: Bench,
  faults: RandomFaults,
  subject: SubjectName,
  port: number,
  seed: number,
): Promise<FaultRun> {
  const { shape, mix, name } = faults;
  const before = await bench.upstream.answer(shape, { a: mix, b: mix }, seed * 1_000);
  const result = await runClosedLoop({
    port,
    request: chatRequest({ port, headers: {} }, chatBody('bench', 1_000, shape.kind === 'stream')),
    connections: CLIENTS,
    forMs: bench.options.quick ? 800 : subject === 'direct' ? 2_000 : 5_000,
    check: fullCheck(shape),
    keepBody: true,
    toleratesBad: true,
    // Without a proxy nothing else ends a stalled stream.
    patienceMs: subject === 'direct' ? 1_000 : 30_000,
  });
  const tries = (await bench.upstream.answer(JSON_SHAPE)) - before;
  const { good, bad } = result;
  bench.say(`faults, ${name}, ${subject}, run ${seed}: ${good} of ${good + bad} answered${complaintsOf(result)}`);
  return { good, requests: good + bad, tries, truncated: result.complaints.get(WRONG_TEXT) ?? 0 };
}

/** The runs pooled: a share of all their requests. */
function recordFaults(bench: Bench, faults: RandomFaults, subject: SubjectName, runs: readonly FaultRun[]): void {
  const sum = (field: keyof FaultRun) => runs.reduce((total, run) => total + run[field], 0);
  const record = (metric: string, value: number) =>
    bench.record({ section: 'faults', metric, circumstance: faults.name, subject, rounds: [value] });
  record(ANSWERED_METRIC, (100 * sum('good')) / sum('requests'));
  record(TRIES_METRIC, sum('tries') / sum('requests'));
  record(TRUNCATED_METRIC, sum('truncated'));
  record('requests', sum('requests'));
}

/** The penalty is over a model that has only the healthy target, in the same process, in turns. */
async function withDeadPrimary(bench: Bench, port: number): Promise<void> {
  const forMs = bench.options.quick ? 1_000 : 3_000;
  const ask = (model: string, forThisMs = forMs) =>
    runOpenLoop({
      port,
      request: chatRequest({ port, headers: {} }, chatBody(model, 1_000, false)),
      perSecond: 300,
      forMs: forThisMs,
      check: fullCheck(JSON_SHAPE),
      keepBody: true,
    });
  await bench.upstream.answer(JSON_SHAPE, { a: { share: 1, kinds: ['server-error'] } });
  await ask('healthy', 1_000);
  // The circuit opens in here, by retries that end in good answers.
  const runs = [await ask('bench', 1_000)];
  const penalties: number[] = [];
  for (let round = 0; round < bench.options.rounds; round++) {
    const healthy = await ask('healthy');
    const dead = await ask('bench');
    penalties.push(quantile(dead.latencies, 0.99) - quantile(healthy.latencies, 0.99));
    runs.push(dead);
  }
  const good = runs.reduce((sum, run) => sum + run.latencies.length, 0);
  const all = runs.reduce((sum, run) => sum + run.bad, good);
  const record = (metric: string, rounds: readonly number[]) =>
    bench.record({ section: 'faults', metric, circumstance: DEAD_PRIMARY, subject: 'breakwater', rounds });
  record(ANSWERED_METRIC, [(100 * good) / all]);
  record(PENALTY_METRIC, penalties);
  bench.say(`faults, ${DEAD_PRIMARY}: ${good} of ${all} answered${runs.map(complaintsOf).join('')}`);
}

/** From the first request on, the opening of the circuits included. Every request must be refused, and soon. */
async function withEverythingDown(bench: Bench, port: number): Promise<void> {
  const dead = { share: 1, kinds: ['server-error', 'overloaded'] } as const;
  const before = await bench.upstream.answer(JSON_SHAPE, { a: dead, b: dead });
  const result = await runOpenLoop({
    port,
    request: chatRequest({ port, headers: {} }, chatBody('bench', 1_000, false)),
    perSecond: 100,
    forMs: bench.options.quick ? 2_000 : 10_000,
    check: (reply) => (reply.status >= 500 && reply.status < 600 ? undefined : `status ${reply.status}`),
    keepBody: true,
  });
  const tries = (await bench.upstream.answer(JSON_SHAPE)) - before;
  const all = result.latencies.length + result.bad;
  const record = (metric: string, value: number) =>
    bench.record({ section: 'faults', metric, circumstance: ALL_DOWN, subject: 'breakwater', rounds: [value] });
  record(TRIES_METRIC, tries / all);
  record('p50 ms to the refusal', quantile(result.latencies, 0.5));
  record('p99 ms to the refusal', quantile(result.latencies, 0.99));
  bench.say(`faults, ${ALL_DOWN}: ${tries} tries for ${all} requests${complaintsOf(result)}`);
}

function complaintsOf(result: Pick<ClosedLoopResult, 'complaints'>): string {
  const list = [...result.complaints].map(([complaint, count]) => `${count} x ${complaint}`);
  return list.length === 0 ? '' : `; ${list.join(', ')}`;
}
