import { mustBeGood, runClosedLoop } from './load/closed-loop.ts';
import { spokenCheck } from './load/spoken-check.ts';
import { spokenRequest } from './load/spoken-request.ts';
import { type Check, verifyOnce } from './load/verify.ts';
import { type Lookup, pairwise } from './measure/figure.ts';
import { cpuBetween, readCpu } from './measure/process-tree.ts';
import type { Bench } from './section.ts';
import { BACK_TO_BACK, EVENT_METRIC, PACED } from './stream.ts';
import { serve } from './subjects/breakwater.ts';
import type { Shape } from './upstream/answers.ts';
import { DIALECTS, type Dialect } from './upstream/stream-script.ts';

export const OVER_TARGET_METRIC = 'x target\u2019s passthrough';
export const OVER_CLIENT_METRIC = 'x client\u2019s passthrough';

/** From which dialect to which, and whether that is a translation. */
export interface Way {
  readonly client: Dialect;
  readonly target: Dialect;
}

/** All nine, the three that pass bytes first. */
export const WAYS: readonly Way[] = [
  ...DIALECTS.map((dialect) => ({ client: dialect, target: dialect })),
  ...DIALECTS.flatMap((client) => DIALECTS.filter((target) => target !== client).map((target) => ({ client, target }))),
];

interface Pace {
  readonly name: string;
  readonly shape: Shape & { readonly kind: 'spoken' };
  readonly staggerMs: number;
}

const CONNECTIONS = 16;
const PACES: readonly Pace[] = [
  { name: PACED, shape: { kind: 'spoken', events: 80, gapMs: 10 }, staggerMs: 10.6 },
  { name: BACK_TO_BACK, shape: { kind: 'spoken', events: 1_000, gapMs: 0 }, staggerMs: 0 },
];

/** What the figures of one way are found by. */
export function circumstanceOf({ client, target }: Way, pace: string): string {
  return `${client === target ? `${client}, passed on` : `${client} client, ${target} target`}, ${pace}`;
}

/**
 * CPU per text delta that the upstream sends, for all nine pairs of dialects through one proxy, in turns; each delta comes out as
 * one event in the client's dialect, so it is the same number on both sides. The frame around the deltas and the request
 * are in the cost.
 */
export async function measureTranslation(bench: Bench): Promise<void> {
  if (!bench.options.subjects.includes('breakwater')) return;
  const url = `http://127.0.0.1:${bench.place.upstreamPort}/v1`;
  const running = await serve(bench.place, 'translate', [
    'providers:',
    ...DIALECTS.map((dialect) => {
      const speaks = dialect === 'messages' ? 'dialect: anthropic' : `speaks: [${dialect}]`;
      return `  to-${dialect}: {baseUrl: "${url}", apiKey: bench, streamUsage: true, ${speaks}}`;
    }),
    'models:',
    ...DIALECTS.map((dialect) => `  ${dialect}: {targets: [to-${dialect}/bench]}`),
  ]);
  try {
    for (const pace of bench.options.quick ? PACES.map(shortened) : PACES) await measurePace(bench, running, pace);
  } finally {
    await running.stop();
  }
}

function shortened(pace: Pace): Pace {
  return { ...pace, shape: { ...pace.shape, events: pace.shape.events / 4 } };
}

async function measurePace(bench: Bench, proxy: { pid: number; port: number }, pace: Pace): Promise<void> {
  const forMs = bench.options.quick ? 150 : 1_500;
  await bench.upstream.answer(pace.shape);
  const prepared: { way: Way; name: string; request: Buffer; check: Check; rounds: number[] }[] = [];
  for (const way of WAYS) {
    const name = circumstanceOf(way, pace.name);
    const request = spokenRequest(proxy.port, way.client, way.target);
    const check = await verifyOnce(name, proxy.port, request, spokenCheck(way.client, pace.shape.events));
    prepared.push({ way, name, request, check, rounds: [] });
    await load(proxy.port, name, pace, request, check, forMs);
  }
  for (let round = 0; round < bench.options.rounds; round++) {
    // Another order each round, as between subjects.
    for (let turn = 0; turn < prepared.length; turn++) {
      const one = prepared[(turn + round) % prepared.length];
      if (one === undefined) continue;
      // Paced streams run long enough to be warm; these are over soon, and the way before them ran other code.
      if (pace.shape.gapMs === 0) await load(proxy.port, one.name, pace, one.request, one.check, forMs / 5);
      const before = readCpu(proxy.pid);
      const { good } = await load(proxy.port, one.name, pace, one.request, one.check, forMs);
      one.rounds.push(cpuBetween(before, readCpu(proxy.pid)) / 1000 / (good * pace.shape.events));
    }
    bench.say(`translate, ${pace.name}: round ${round + 1} of ${bench.options.rounds}`);
  }
  const passed = (dialect: Dialect) =>
    prepared.find(({ way }) => way.client === dialect && way.target === dialect)?.rounds ?? [];
  const record = (metric: string, circumstance: string, rounds: readonly number[]) =>
    bench.record({ section: 'translate', metric, circumstance, subject: 'breakwater', rounds });
  for (const { name, rounds } of prepared) record(EVENT_METRIC, name, rounds);
  for (const { way, name, rounds } of prepared) {
    if (way.client === way.target) continue;
    record(OVER_TARGET_METRIC, name, roundByRound(rounds, passed(way.target)));
    record(OVER_CLIENT_METRIC, name, roundByRound(rounds, passed(way.client)));
  }
}

async function load(port: number, who: string, pace: Pace, request: Buffer, check: Check, forMs: number) {
  const { staggerMs } = pace;
  const result = await runClosedLoop({ port, request, connections: CONNECTIONS, staggerMs, forMs, check });
  mustBeGood(who, result);
  return result;
}

function roundByRound(rounds: readonly number[], base: readonly number[]): number[] {
  return rounds.map((value, round) => value / (base[round] ?? Number.NaN));
}

/**
 * The dearest of the six translations as a multiple of passing on: the median over the rounds of each, over the passthrough of
 * the target's dialect (the same bytes in) or the client's (the same bytes out).
 */
export function dearestTranslation(lookup: Lookup, pace: string, over: keyof Way): number | undefined {
  const ratios: number[] = [];
  for (const way of WAYS) {
    if (way.client === way.target) continue;
    const base: Way = { client: way[over], target: way[over] };
    const find = (one: Way) => lookup(EVENT_METRIC, circumstanceOf(one, pace), 'breakwater');
    const ratio = pairwise(find(way), find(base), (a, b) => a / b);
    if (ratio === undefined) return undefined;
    ratios.push(ratio);
  }
  return Math.max(...ratios);
}
