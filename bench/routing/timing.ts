import { JsonMembers } from '../../src/dialects/json-members.ts';
import { featuresOf } from '../../src/routing/features/features.ts';
import { readPrompt } from '../../src/routing/features/read-prompt.ts';
import { calibratedScorer } from '../../src/routing/score/calibrate.ts';
import type { Scorer } from '../../src/routing/score/scorer.ts';
import { randomFrom } from '../../src/routing/score/seeded.ts';
import { quantile } from '../measure/statistics.ts';
import type { Case } from './data.ts';
import { type NamedRequest, prose, USUAL, WORST } from './requests.ts';
import type { Router } from './routers.ts';

/** A busy machine takes the core away for milliseconds at a time: each decision is taken so often, and the fastest counts. */
const TAKES = 3;

/** Microseconds. */
export interface Timing {
  readonly name: string;
  readonly p50: number;
  readonly p99: number;
  /** Of the first take of each alone: what else the machine does is in it. */
  readonly p99First: number;
}

/** The 99th percentile of a decision from a prompt's text, microseconds. */
export function decisionP99(router: Router, cases: readonly Case[]): number {
  const want = (router.decide ?? router.fit)(cases);
  for (const one of cases) want(one);
  return quantile(
    cases.map((one) => timed(() => want(one)).fastest),
    0.99,
  );
}

/** Decisions on requests of usual and of unusual shape, from the bytes to the score. The bytes are validated before, as in the proxy. */
export function timeRequests(repeats: number): { usual: Timing[]; worst: Timing[] } {
  const scorer = someScorer();
  for (let warm = 0; warm < 3; warm++) for (const request of [...USUAL, ...WORST]) time(request, scorer, repeats / 10);
  return {
    usual: USUAL.map((request) => time(request, scorer, repeats)),
    worst: WORST.map((request) => time(request, scorer, repeats / 10)),
  };
}

function time({ name, bytes }: NamedRequest, scorer: Scorer, repeats: number): Timing {
  const body = JsonMembers.read(bytes);
  if (!(body instanceof JsonMembers)) throw new Error(`${name} is no JSON object`);
  const values: Taken[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    values.push(
      timed(() => {
        const prompt = readPrompt('chat', body);
        return prompt === undefined ? undefined : scorer.judge(featuresOf(prompt));
      }),
    );
  }
  const fastest = values.map((value) => value.fastest);
  const first = values.map((value) => value.first);
  return { name, p50: quantile(fastest, 0.5), p99: quantile(fastest, 0.99), p99First: quantile(first, 0.99) };
}

interface Taken {
  readonly first: number;
  readonly fastest: number;
}

function timed(run: () => unknown): Taken {
  const takes: number[] = [];
  for (let take = 0; take < TAKES; take++) {
    const started = process.hrtime.bigint();
    run();
    takes.push(Number(process.hrtime.bigint() - started) / 1_000);
  }
  return { first: takes[0] ?? Number.NaN, fastest: Math.min(...takes) };
}

/** The time does not depend on what was learned. */
function someScorer(): Scorer {
  const random = randomFrom(1);
  const rows = Array.from({ length: 300 }, (_, index) => ({
    prompt: `${prose(20 + Math.floor(random() * 2_000))} ${'def f(x): return 2 + 3?'.slice(0, index % 24)}`,
    cheap: random() < 0.5 ? 1 : 0,
    strong: random() < 0.7 ? 1 : 0,
  }));
  return calibratedScorer(rows);
}
