import { join } from 'node:path';
import { mustBeGood, runClosedLoop } from '../load/closed-loop.ts';
import { askOnce } from '../load/connection.ts';
import { type Check, verify } from '../load/verify.ts';
import { cpuBetween, readCpu } from '../measure/process-tree.ts';
import type { Bench } from '../section.ts';
import { serve } from '../subjects/breakwater.ts';
import type { Launched } from '../subjects/launch.ts';
import { CannotStart } from '../subjects/subject.ts';
import type { Shape } from '../upstream/answers.ts';
import { readBooks } from './books.ts';
import type { BenchRedis } from './redis.ts';
import { type Books, bookLines, modelLines, SCOPES, tenantRequest, wideTenants } from './tenants.ts';

export const COST_METRIC = 'CPU us/request';
export const ADDED_METRIC = 'CPU us/request added';
export const RATIO_METRIC = 'CPU over one tenant';
export const NO_TENANTS = 'no tenants';
export const ONE_SQLITE = 'one tenant, 4 scopes, SQLite';
export const MANY_SQLITE = '5,000 tenants, 4 scopes each, SQLite';
export const ONE_REDIS = 'one tenant, 4 scopes, Redis';

const MANY = 5_000;
const CONNECTIONS = 16;
const WARM_UPS = 8;
const JSON_SHAPE: Shape = { kind: 'json' };

/** The same proxy under one way of keeping books. */
interface Variant {
  readonly name: string;
  readonly tenants: number;
  readonly books: Books | undefined;
}

interface Running extends Variant {
  readonly proxy: Launched & { readonly port: number };
  readonly next: () => Buffer;
  readonly check: Check;
  readonly rounds: number[];
}

/**
 * CPU of a request of 1 kB with no tenants, with one, with many. Two ways at a time, in short turns: a process that waits for minutes
 * while others are measured has to compile again what V8 dropped meanwhile, and that would be measured instead.
 */
export async function measureBudgetCost(bench: Bench, redis: BenchRedis | undefined): Promise<void> {
  const sqlite = (name: string): Books => ({ kind: 'sqlite', folder: join(bench.place.folder, name) });
  const none: Variant = { name: NO_TENANTS, tenants: 0, books: undefined };
  const one: Variant = { name: ONE_SQLITE, tenants: 1, books: sqlite('one') };
  const many: Variant = { name: MANY_SQLITE, tenants: MANY, books: sqlite('many') };
  await bench.upstream.answer(JSON_SHAPE);
  const added = await measurePair(bench, none, one);
  record(bench, COST_METRIC, NO_TENANTS, added?.base);
  record(bench, COST_METRIC, ONE_SQLITE, added?.other);
  record(
    bench,
    ADDED_METRIC,
    ONE_SQLITE,
    added?.other.map((value, round) => value - (added.base[round] ?? Number.NaN)),
  );
  const wide = await measurePair(bench, { ...one, books: sqlite('one-again') }, many);
  record(bench, COST_METRIC, MANY_SQLITE, wide?.other);
  record(
    bench,
    RATIO_METRIC,
    MANY_SQLITE,
    wide?.other.map((value, round) => value / (wide.base[round] ?? Number.NaN)),
  );
  if (redis === undefined) return;
  const books: Books = { kind: 'redis', url: redis.url, purpose: 'cost' };
  const shared = await measurePair(bench, none, { name: ONE_REDIS, tenants: 1, books });
  record(bench, COST_METRIC, ONE_REDIS, shared?.other);
  record(
    bench,
    ADDED_METRIC,
    ONE_REDIS,
    shared?.other.map((value, round) => value - (shared.base[round] ?? Number.NaN)),
  );
}

interface Pair {
  readonly base: readonly number[];
  readonly other: readonly number[];
}

/** Undefined: one of them cannot start. What could not be measured is then missing in the table, and its mark says so. */
async function measurePair(bench: Bench, base: Variant, other: Variant): Promise<Pair | undefined> {
  const running: Running[] = [];
  try {
    for (const variant of [base, other]) running.push(await start(bench, variant));
    await measureInTurns(bench, running);
    for (const one of running) if (one.tenants > 0) await mustKeepBooks(one);
    const [first, second] = running;
    return first && second && { base: first.rounds, other: second.rounds };
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    bench.say(`left out: ${base.name}, ${other.name}: ${error.message}`);
    return undefined;
  } finally {
    for (const { proxy } of running) await proxy.stop();
  }
}

function record(bench: Bench, metric: string, circumstance: string, rounds: readonly number[] | undefined): void {
  if (rounds !== undefined)
    bench.record({ section: 'budgets', metric, circumstance, subject: 'breakwater', rounds: [...rounds] });
}

async function start(bench: Bench, variant: Variant): Promise<Running> {
  const { name, tenants, books } = variant;
  const lines = books === undefined ? [] : [...bookLines(books), ...wideTenants(tenants)];
  const label = `budgets-${tenants}-${books?.kind ?? 'none'}`;
  const proxy = await serve(bench.place, label, [...modelLines(bench.place.upstreamPort), ...lines]);
  try {
    const { port } = proxy;
    if (tenants > 0) await mustRefuseStrangers(port);
    const requests = Array.from({ length: Math.max(1, tenants) }, (_, tenant) => tenantRequest(port, { tenant }));
    let turn = 0;
    const next = () => requests[turn++ % requests.length] ?? Buffer.alloc(0);
    const check = await verify(name, port, next(), JSON_SHAPE);
    const one: Running = { ...variant, proxy, next, check, rounds: [] };
    // Every tenant is known to the store before anything is measured.
    for (let left = tenants; left > 0; left -= (await load(one, 1_000)).good);
    await load(one, bench.options.quick ? 250 : 3_000);
    return one;
  } catch (error) {
    await proxy.stop();
    throw error;
  }
}

/** Turns of a second each, until both are as fast as they get, and then as many as are measured. */
async function measureInTurns(bench: Bench, running: readonly Running[]): Promise<void> {
  const forMs = bench.options.quick ? 250 : 1_000;
  const warmUps = bench.options.quick ? 0 : WARM_UPS;
  for (let round = -warmUps; round < bench.options.rounds * 2; round++) {
    for (let turn = 0; turn < running.length; turn++) {
      const one = running[(turn + Math.abs(round)) % running.length];
      if (one === undefined) continue;
      await load(one, forMs / 5);
      const before = readCpu(one.proxy.pid);
      const { good } = await load(one, forMs);
      if (round >= 0) one.rounds.push(cpuBetween(before, readCpu(one.proxy.pid)) / 1000 / good);
    }
  }
  bench.say(`budgets, cost: ${running.map(({ name }) => name).join(' beside ')}`);
}

async function load({ name, proxy, next, check }: Running, forMs: number) {
  const result = await runClosedLoop({ port: proxy.port, request: next, connections: CONNECTIONS, forMs, check });
  mustBeGood(name, result);
  return result;
}

/** A proxy that lets anybody in would be measured doing nothing. */
async function mustRefuseStrangers(port: number): Promise<void> {
  const { status } = await askOnce(port, tenantRequest(port, 'unknown'));
  if (status !== 401) throw new Error(`a key of nobody was answered with ${status}: the tenants are not in force`);
}

/** And one that does not charge all the scopes would be measured doing less. */
async function mustKeepBooks({ name, proxy, tenants }: Running): Promise<void> {
  const charged = (await readBooks(proxy.port)).filter(({ spent }) => spent > 0);
  const expected = tenants * SCOPES.length;
  // A list of many may be cut; a single tenant's is whole.
  if (tenants === 1 ? charged.length !== expected : charged.length === 0) {
    throw new Error(`${name}: ${charged.length} of ${expected} budgets were charged`);
  }
}
