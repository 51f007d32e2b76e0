import assert from 'node:assert/strict';
import type { Capability } from '../../../src/dialects/capability.ts';
import { ENDPOINTS, type Endpoint } from '../../../src/dialects/endpoint.ts';
import { JsonMembers } from '../../../src/dialects/json-members.ts';
import { configuredPrice, type Price } from '../../../src/prices/price.ts';
import type { EvidenceBook, RouteDecision, RouteState, Verdict } from '../../../src/routing/decision.ts';
import { RoutePolicy } from '../../../src/routing/policy/route-policy.ts';
import type { RouteContext, RouteRequest } from '../../../src/routing/policy/route-request.ts';
import { SessionPins } from '../../../src/routing/policy/session-pins.ts';
import { configOf } from '../../config/problems-of.ts';

const MODELS = `providers: {a: {baseUrl: "http://127.0.0.1:1/v1", apiKey: k}}
models: {cheap: {targets: [a/small]}, mid: {targets: [a/mid]}, smart: {targets: [a/big]}}
`;

export const TIERS = 'tiers: {small: cheap, medium: mid, large: smart}';
export const RULES = `tasks: {classification: small, coding: medium, reasoning: large},
  rules: [{task: classification, contains: [classify, Label]}, {task: reasoning, contains: [prove]}]`;

interface Facts {
  readonly lacks?: readonly Capability[];
  readonly contextWindow?: number;
  readonly serves?: readonly Endpoint[];
}

/** A policy as the file would make it, with what is said of the models' targets. */
export function policyOf(text: string, facts: Readonly<Record<string, Facts>> = {}): RoutePolicy {
  const config = configOf(`${MODELS}routing: {policies: {p: {${text}}}}`).routing.policies.get('p');
  assert.ok(config);
  const tiers = config.tiers.map(({ name, model }) => {
    const { lacks = [], contextWindow, serves = ENDPOINTS } = facts[model] ?? {};
    return { name, model, targets: [{ lacks, contextWindow, serves: new Set(serves) }] };
  });
  return new RoutePolicy(config, tiers);
}

export function membersOf(body: unknown): JsonMembers {
  const members = JsonMembers.read(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  assert.ok(members instanceof JsonMembers);
  return members;
}

export const asks = (body: unknown, more: Partial<RouteRequest> = {}): RouteRequest => ({
  endpoint: 'chat',
  body: membersOf(body),
  maxTokens: undefined,
  taskType: undefined,
  routeName: undefined,
  session: undefined,
  ...more,
});

export const user = (content: unknown) => ({ role: 'user', content });
export const said = (content: string, more: object = {}) => ({ model: 'auto', ...more, messages: [user(content)] });

export const context = (more: Partial<RouteContext> = {}): RouteContext => ({
  tenant: '',
  allows: () => true,
  price: () => undefined,
  book: undefined,
  pins: new SessionPins(),
  now: 1_000_000,
  dry: false,
  ...more,
});

export function decide(policy: RoutePolicy, request: RouteRequest, with_: Partial<RouteContext> = {}): RouteDecision {
  return policy.decide(request, context(with_)) ?? assert.fail('nothing is allowed');
}

/** Says the same of every pair. */
export const book = (state: RouteState, serve: Verdict['serve']): EvidenceBook => ({
  consult: () => ({ state, n: 100, loss: 0.01, upper: 0.04, serve, shadow: true }),
  peek: () => ({ state, n: 100, loss: 0.01, upper: 0.04 }),
});

/** Dollars a million tokens: input, cached input, output. */
export const price = (input: number, cached: number, output: number): Price => {
  const [inputRate, cachedRate, outputRate] = [input * 1e6, cached * 1e6, output * 1e6];
  return configuredPrice({
    input: inputRate,
    cacheRead: cachedRate,
    cacheWrite5m: inputRate,
    cacheWrite1h: inputRate,
    audioInput: inputRate,
    output: outputRate,
    reasoning: outputRate,
    audioOutput: outputRate,
  });
};
