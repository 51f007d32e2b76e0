import { mustBeGood, runClosedLoop } from './load/closed-loop.ts';
import { chatBody } from './load/payloads.ts';
import { chatRequest } from './load/request.ts';
import { type Check, verify } from './load/verify.ts';
import { cpuBetween, readCpu } from './measure/process-tree.ts';
import { median } from './measure/statistics.ts';
import { type Bench, inRounds } from './section.ts';
import type { Subject } from './subjects/subject.ts';
import type { Shape } from './upstream/answers.ts';

export const EVENT_METRIC = 'CPU us/event';
export const FIRST_METRIC = 'first event ms';
export const PACED = '10 ms apart';
export const BACK_TO_BACK = 'back to back';

interface Pace {
  readonly name: string;
  readonly shape: Shape & { readonly kind: 'stream' };
  readonly connections: number;
  readonly staggerMs: number;
}

/** The paced streams are out of step, so that nearly every event is a wake-up of its own. */
const PACES: readonly Pace[] = [
  { name: PACED, shape: { kind: 'stream', events: 80, gapMs: 10 }, connections: 16, staggerMs: 10.6 },
  { name: BACK_TO_BACK, shape: { kind: 'stream', events: 1_000, gapMs: 0 }, connections: 16, staggerMs: 0 },
];

/** CPU per relayed event of about 250 bytes, the cost of its request included; and how late the first one comes. */
export async function measureStreams(bench: Bench): Promise<void> {
  const forMs = bench.options.quick ? 300 : 1_500;
  for (const pace of PACES) {
    await bench.upstream.answer(pace.shape);
    const prepared = new Map<Subject, { readonly request: Buffer; readonly check: Check }>();
    for (const subject of bench.subjects) {
      const request = chatRequest(subject, chatBody(subject.model, 1_000, true));
      const check = await verify(subject.name, subject.port, request, pace.shape);
      prepared.set(subject, { request, check });
      await load(subject, pace, request, check, forMs / 2);
    }
    await inRounds(bench, 'stream', pace.name, bench.subjects, async (subject) => {
      const way = prepared.get(subject);
      if (way === undefined) throw new Error(`${subject.name} was not prepared`);
      const before = subject.pid === undefined ? undefined : readCpu(subject.pid);
      const result = await load(subject, pace, way.request, way.check, forMs);
      const first = pace.shape.gapMs === 0 ? {} : { [FIRST_METRIC]: median(result.firstMs) };
      if (subject.pid === undefined || before === undefined) return first;
      const nanoseconds = cpuBetween(before, readCpu(subject.pid));
      return { [EVENT_METRIC]: nanoseconds / 1000 / (result.good * pace.shape.events), ...first };
    });
  }
}

async function load(subject: Subject, pace: Pace, request: Buffer, check: Check, forMs: number) {
  const firstMs: number[] = [];
  const { port, name } = subject;
  const { connections, staggerMs } = pace;
  const onGood = (reply: { readonly firstByteMs: number }) => firstMs.push(reply.firstByteMs);
  const result = await runClosedLoop({ port, request, connections, staggerMs, forMs, check, onGood });
  mustBeGood(name, result);
  return { ...result, firstMs };
}
