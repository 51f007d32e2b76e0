import { runClosedLoop } from './load/closed-loop.ts';
import { runOpenLoop } from './load/open-loop.ts';
import { chatBody } from './load/payloads.ts';
import { chatRequest } from './load/request.ts';
import { type Check, verify } from './load/verify.ts';
import { quantile } from './measure/statistics.ts';
import { type Bench, inRounds } from './section.ts';
import type { Subject } from './subjects/subject.ts';
import type { Shape } from './upstream/answers.ts';

export const P50_METRIC = 'p50 ms';
export const P99_METRIC = 'p99 ms';
export const LATENCY_RATE = 300;
export const STEADY = `1 kB at ${LATENCY_RATE}/s`;

const SHAPE: Shape = { kind: 'json' };

/** Latency at a steady rate, from the intended start of each request. */
export async function measureLatency(bench: Bench): Promise<void> {
  await bench.upstream.answer(SHAPE);
  const forMs = bench.options.quick ? 1_000 : 4_500;
  const prepared = new Map<Subject, { readonly request: Buffer; readonly check: Check }>();
  for (const subject of bench.subjects) {
    const request = chatRequest(subject, chatBody(subject.model, 1_000, false));
    const check = await verify(subject.name, subject.port, request, SHAPE);
    prepared.set(subject, { request, check });
    await runClosedLoop({ port: subject.port, request, connections: 16, forMs: forMs / 5, check });
  }
  await inRounds(bench, 'latency', STEADY, bench.subjects, async (subject) => {
    const way = prepared.get(subject);
    if (way === undefined) throw new Error(`${subject.name} was not prepared`);
    const result = await runOpenLoop({ port: subject.port, perSecond: LATENCY_RATE, forMs, ...way });
    if (result.bad > 0) throw new Error(`${subject.name}: ${[...result.complaints.keys()].join('; ')}`);
    return {
      [P50_METRIC]: quantile(result.latencies, 0.5),
      [P99_METRIC]: quantile(result.latencies, 0.99),
      'generator late p50 ms': quantile(result.lateness, 0.5),
    };
  });
}
