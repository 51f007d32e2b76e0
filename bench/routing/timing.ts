import type { RoutingPolicy } from '../../src/config/routing-config.ts';
import { JsonMembers } from '../../src/dialects/json-members.ts';
import { configuredPrice } from '../../src/prices/price.ts';
import { RoutePolicy } from '../../src/routing/policy/route-policy.ts';
import type { RouteContext } from '../../src/routing/policy/route-request.ts';
import { SessionPins } from '../../src/routing/policy/session-pins.ts';
import { ARTICLE } from '../../src/routing/score/article.ts';
import { calibrate } from '../../src/routing/score/calibrate.ts';
import type { ScorePolicy } from '../../src/routing/score/score-policy.ts';
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

/**
 * Decisions on requests of usual and of unusual shape, from the bytes to the model: all that a policy does with gates, rules, a score, evidence
 * and pinned sessions. The bytes are validated before, as in the proxy.
 */
export function timeRequests(repeats: number): { usual: Timing[]; worst: Timing[] } {
  const policy = somePolicy();
  for (let warm = 0; warm < 3; warm++) for (const request of [...USUAL, ...WORST]) time(request, policy, repeats / 10);
  return {
    usual: USUAL.map((request) => time(request, policy, repeats)),
    worst: WORST.map((request) => time(request, policy, repeats / 10)),
  };
}

function time({ name, bytes }: NamedRequest, policy: RoutePolicy, repeats: number): Timing {
  const body = JsonMembers.read(bytes);
  if (!(body instanceof JsonMembers)) throw new Error(`${name} is no JSON object`);
  const values: Taken[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    values.push(
      timed(() =>
        policy.decide(
          {
            endpoint: 'chat',
            body,
            maxTokens: undefined,
            taskType: undefined,
            routeName: undefined,
            session: undefined,
          },
          CONTEXT,
        ),
      ),
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

const rates = (input: number) => ({
  input,
  cacheRead: input / 10,
  cacheWrite5m: input,
  cacheWrite1h: input,
  audioInput: input,
  output: 5 * input,
  reasoning: 5 * input,
  audioOutput: 5 * input,
});
const CHEAP_PRICE = configuredPrice(rates(1_000_000));
const STRONG_PRICE = configuredPrice(rates(3_000_000));

/** Everything that a decision can ask for is there, and answers as it does in the proxy: from memory. */
const CONTEXT: RouteContext = {
  tenant: 'acme',
  allows: () => true,
  price: (model) => (model === 'cheap' ? CHEAP_PRICE : STRONG_PRICE),
  book: {
    consult: () => ({ state: 'canary', n: 300, loss: 0.01, upper: 0.04, serve: 'cheap', shadow: false }),
    peek: () => ({ state: 'canary', n: 300, loss: 0.01, upper: 0.04 }),
  },
  pins: new SessionPins(),
  now: 1_000_000,
  dry: false,
};

function somePolicy(): RoutePolicy {
  const config: RoutingPolicy = {
    name: 'timed',
    rules: ARTICLE.rules,
    tasks: new Map(Object.entries(ARTICLE.tiers)),
    tiers: [
      { name: 'small', model: 'cheap' },
      { name: 'medium', model: 'mid' },
      { name: 'large', model: 'strong' },
    ],
    default: 'medium',
    bumpAt: 0.8,
    score: { file: 'policy.json', policy: someScore(), strongAbove: 0.7 },
    evidence: {
      policy: 'timed',
      reference: 'large',
      strong: 'strong',
      definitions: {},
      delta: 0.05,
      shadow: 0.05,
      canary: 0.1,
      budget: undefined,
      checker: 'exact',
      judge: undefined,
    },
    cascade: true,
    pin: true,
  };
  const serves = new Set(['chat', 'messages', 'responses'] as const);
  const target = { lacks: ['vision', 'audio'], contextWindow: 400_000, serves } as const;
  return new RoutePolicy(
    config,
    config.tiers.map(({ name, model }) => ({ name, model, targets: [target, { ...target, lacks: [] }] })),
  );
}

/** The time does not depend on what was learned. */
function someScore(): ScorePolicy {
  const random = randomFrom(1);
  const rows = Array.from({ length: 300 }, (_, index) => ({
    prompt: `${prose(20 + Math.floor(random() * 2_000))} ${'def f(x): return 2 + 3?'.slice(0, index % 24)}`,
    cheap: random() < 0.5 ? 1 : 0,
    strong: random() < 0.7 ? 1 : 0,
  }));
  return calibrate(rows);
}
