import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustBeGood, runClosedLoop } from './load/closed-loop.ts';
import { chatBody, PAYLOAD_SIZES } from './load/payloads.ts';
import { chatRequest } from './load/request.ts';
import { type Check, fullCheck, verifyOnce } from './load/verify.ts';
import { cpuBetween, readCpu } from './measure/process-tree.ts';
import { quantile } from './measure/statistics.ts';
import type { Bench } from './section.ts';
import { serve } from './subjects/breakwater.ts';
import { freePort, type Launched, launch } from './subjects/launch.ts';
import type { SubjectName } from './subjects/subject.ts';
import type { Shape } from './upstream/answers.ts';

export const CPU_METRIC = 'CPU us/request';
/** Of an exact hit, over a call of the same proxy in the same round. */
export const HIT_RATIO_METRIC = 'CPU of a hit over a call';
/** Of an exact hit, over the bare handler in the same round, one client. */
export const HIT_P50_METRIC = 'p50 ms of a hit over the bare handler';
export const HIT_P99_METRIC = 'p99 ms of a hit over the bare handler';

const SHAPE: Shape = { kind: 'json' };
const CONNECTIONS = 16;
const WARM_UPS = 6;
const HANDLER = fileURLToPath(new URL('./subjects/bare-handler.ts', import.meta.url));

/** One way to the same answer. */
interface Way {
  readonly name: 'bare handler' | 'exact hit' | 'proxied call';
  readonly subject: SubjectName;
  readonly pid: number;
  readonly port: number;
  readonly request: Buffer;
  readonly check: Check;
}

/**
 * What an exact hit costs beside a call and beside a handler that does nothing but answer: CPU by size of the request with 16 clients, and
 * latency with one. Hits and calls are the same proxy's, on two routes; all three take short turns.
 */
export async function measureCacheHits(bench: Bench): Promise<void> {
  if (!bench.options.subjects.includes('breakwater')) return;
  await bench.upstream.answer(SHAPE);
  const port = await freePort();
  const running: Launched[] = [];
  try {
    const handler = await launch('bare-handler', [process.execPath, HANDLER, String(port)], port, bench.place);
    running.push(handler);
    const proxy = await serve(bench.place, 'cache-hits', [
      `state: {dir: ${JSON.stringify(join(bench.place.folder, 'cache-hits'))}}`,
      'providers:',
      `  up: {baseUrl: "http://127.0.0.1:${bench.place.upstreamPort}/v1", apiKey: bench}`,
      'models:',
      '  kept: {targets: [up/kept], cache: {exact: {ttl: 24h}}}',
      '  bench: {targets: [up/bench]}',
    ]);
    running.push(proxy);
    for (const { name, bytes } of PAYLOAD_SIZES) {
      const ways = [
        await way('bare handler', 'bare', { pid: handler.pid, port }, 'bench', bytes),
        await way('exact hit', 'breakwater', proxy, 'kept', bytes),
        await way('proxied call', 'breakwater', proxy, 'bench', bytes),
      ];
      await measureCpuOf(bench, name, ways);
      await measureLatencyOf(bench, name, ways);
    }
  } finally {
    for (const one of running) await one.stop();
  }
}

async function way(
  name: Way['name'],
  subject: SubjectName,
  { pid, port }: { readonly pid: number; readonly port: number },
  model: string,
  bytes: number,
): Promise<Way> {
  const request = chatRequest({ port, headers: {} }, chatBody(model, bytes, false));
  const whole = fullCheck(SHAPE);
  const first = await verifyOnce(name, port, request, whole);
  if (name !== 'exact hit') return { name, subject, pid, port, request, check: first };
  // The first answer was a call; from now on each must be a hit.
  const isHit: Check = ({ head }) => (/\r\nx-breakwater-cache: exact; age=/i.test(head) ? undefined : 'no hit');
  const cheap = await verifyOnce(name, port, request, (reply) => whole(reply) ?? isHit(reply));
  return { name, subject, pid, port, request, check: (reply) => cheap(reply) ?? isHit(reply) };
}

async function measureCpuOf(bench: Bench, size: string, ways: readonly Way[]): Promise<void> {
  const forMs = bench.options.quick ? 250 : 1_000;
  const rounds = await inTurns(bench, ways, async (one) => {
    await load(one, CONNECTIONS, forMs / 5);
    const before = readCpu(one.pid);
    const good = (await load(one, CONNECTIONS, forMs)).length;
    return cpuBetween(before, readCpu(one.pid)) / 1000 / good;
  });
  for (const one of ways) record(bench, CPU_METRIC, `${size}, ${one.name}`, one.subject, rounds.get(one.name));
  record(
    bench,
    HIT_RATIO_METRIC,
    size,
    'breakwater',
    combine(rounds, 'exact hit', 'proxied call', (a, b) => a / b),
  );
  bench.say(`cache, CPU, ${size}`);
}

async function measureLatencyOf(bench: Bench, size: string, ways: readonly Way[]): Promise<void> {
  const forMs = bench.options.quick ? 250 : 1_000;
  const p50 = new Map<string, number[]>();
  const p99 = await inTurns(bench, ways, async (one, counts) => {
    const times = await load(one, 1, forMs);
    if (counts) p50.set(one.name, [...(p50.get(one.name) ?? []), quantile(times, 0.5)]);
    return quantile(times, 0.99);
  });
  const circumstance = `${size}, one client`;
  for (const one of ways) {
    record(bench, 'p50 ms', `${circumstance}, ${one.name}`, one.subject, p50.get(one.name));
    record(bench, 'p99 ms', `${circumstance}, ${one.name}`, one.subject, p99.get(one.name));
  }
  const over = (rounds: ReadonlyMap<string, readonly number[]>) =>
    combine(rounds, 'exact hit', 'bare handler', (a, b) => a - b);
  record(bench, HIT_P50_METRIC, circumstance, 'breakwater', over(p50));
  record(bench, HIT_P99_METRIC, circumstance, 'breakwater', over(p99));
  bench.say(`cache, latency, ${size}`);
}

/** Short turns in changing order, the first ones to warm up. @returns the rounds of each way, by its name */
async function inTurns(
  bench: Bench,
  ways: readonly Way[],
  measure: (one: Way, counts: boolean) => Promise<number>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const rounds = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let round = bench.options.quick ? 0 : -WARM_UPS; round < bench.options.rounds * 2; round++) {
    for (let turn = 0; turn < ways.length; turn++) {
      const one = ways[(turn + Math.abs(round)) % ways.length];
      if (one === undefined) continue;
      const value = await measure(one, round >= 0);
      if (round >= 0) rounds.get(one.name)?.push(value);
    }
  }
  return rounds;
}

/** @returns milliseconds of each answer */
async function load({ name, port, request, check }: Way, connections: number, forMs: number): Promise<number[]> {
  const times: number[] = [];
  const onGood = ({ totalMs }: { readonly totalMs: number }) => times.push(totalMs);
  mustBeGood(name, await runClosedLoop({ port, request, connections, forMs, check, onGood }));
  return times;
}

function combine(
  rounds: ReadonlyMap<string, readonly number[]>,
  one: Way['name'],
  other: Way['name'],
  how: (one: number, other: number) => number,
): number[] {
  return (rounds.get(one) ?? []).map((value, round) => how(value, rounds.get(other)?.[round] ?? Number.NaN));
}

function record(
  bench: Bench,
  metric: string,
  circumstance: string,
  subject: SubjectName,
  rounds: readonly number[] = [],
): void {
  bench.record({ section: 'cache', metric, circumstance, subject, rounds });
}
