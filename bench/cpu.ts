import { mustBeGood, runClosedLoop } from './load/closed-loop.ts';
import { chatBody, PAYLOAD_SIZES } from './load/payloads.ts';
import { chatRequest } from './load/request.ts';
import { type Check, verify } from './load/verify.ts';
import { cpuBetween, readCpu } from './measure/process-tree.ts';
import { type Bench, inRounds } from './section.ts';
import type { Subject } from './subjects/subject.ts';
import type { Shape } from './upstream/answers.ts';

export const CPU_METRIC = 'CPU us/request';
export const THROUGHPUT_METRIC = 'requests/s';

const CONNECTIONS = 16;
const JSON_SHAPE: Shape = { kind: 'json' };

/** CPU of each proxy's whole process tree per request, 16 clients, an answer of 1 kB, by size of the request. */
export async function measureCpu(bench: Bench): Promise<void> {
  await bench.upstream.answer(JSON_SHAPE);
  const forMs = bench.options.quick ? 250 : 1_500;
  for (const { name, bytes } of PAYLOAD_SIZES) {
    const prepared = new Map<Subject, { readonly request: Buffer; readonly check: Check }>();
    for (const subject of bench.subjects) {
      const request = chatRequest(subject, chatBody(subject.model, bytes, false));
      const check = await verify(subject.name, subject.port, request, JSON_SHAPE);
      prepared.set(subject, { request, check });
      // Optimised code and grown heaps are what a proxy runs with; the first seconds are not.
      await load(subject, request, check, name === '1 kB' ? forMs * 4 : forMs * 1.5);
    }
    await inRounds(bench, 'cpu', name, bench.subjects, async (subject) => {
      const way = prepared.get(subject);
      if (way === undefined) throw new Error(`${subject.name} was not prepared`);
      await load(subject, way.request, way.check, forMs / 5);
      const before = subject.pid === undefined ? undefined : readCpu(subject.pid);
      const result = await load(subject, way.request, way.check, forMs);
      const throughput = (result.good * 1000) / result.tookMs;
      if (subject.pid === undefined || before === undefined) return { [THROUGHPUT_METRIC]: throughput };
      const nanoseconds = cpuBetween(before, readCpu(subject.pid));
      return { [CPU_METRIC]: nanoseconds / 1000 / result.good, [THROUGHPUT_METRIC]: throughput };
    });
  }
}

async function load(subject: Subject, request: Buffer, check: Check, forMs: number) {
  const result = await runClosedLoop({ port: subject.port, request, connections: CONNECTIONS, forMs, check });
  mustBeGood(subject.name, result);
  return result;
}
