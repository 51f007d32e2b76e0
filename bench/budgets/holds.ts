import { join } from 'node:path';
import { askOnce, Connection, type Reply } from '../load/connection.ts';
import type { Bench } from '../section.ts';
import { serve } from '../subjects/breakwater.ts';
import { readBooks } from './books.ts';
import type { BenchRedis } from './redis.ts';
import { type Books, bookLines, CALL_COST, modelLines, tenantRequest, tightTenant, wideTenants } from './tenants.ts';

export const ANSWERED_METRIC = 'answered of 200';
export const UNNAMED_METRIC = 'refusals without scope and reset';
export const OVERSPENT_METRIC = 'nano-dollars over or under';
export const PHANTOM_METRIC = 'held nano-dollars a minute after kill -9';
export const KILLED_METRIC = 'held nano-dollars right after kill -9';
export const FREED_METRIC = 'seconds until nothing was held';
export const BUYS = 10;

const AT_ONCE = 200;
const IN_FLIGHT = 20;
/** The promise: a minute after a crash nothing is held. */
const MINUTE_MS = 60_000;
/** Longer than the proxy lives. */
const SLOW = { kind: 'stream', events: 400, gapMs: 50 } as const;

/** Stores to show it on, by the name that figures have; two replicas where they share one. */
interface Store {
  readonly name: string;
  readonly replicas: number;
  readonly books: (purpose: string) => Books;
}

export const ON_SQLITE = 'SQLite';
export const ON_REDIS = 'two replicas on one Redis';

/** Budgets at the edge: a budget for ten and two hundred at once; a proxy killed with requests on the way. */
export async function measureHolds(bench: Bench, redis: BenchRedis | undefined): Promise<void> {
  const stores: Store[] = [
    {
      name: ON_SQLITE,
      replicas: 1,
      books: (purpose) => ({ kind: 'sqlite', folder: join(bench.place.folder, purpose) }),
    },
  ];
  if (redis !== undefined)
    stores.push({ name: ON_REDIS, replicas: 2, books: (purpose) => ({ kind: 'redis', url: redis.url, purpose }) });
  for (const store of stores) {
    await askTwoHundred(bench, store);
    // It waits for leases to run out: no smoke.
    if (!bench.options.quick) await killMidFlight(bench, store);
  }
}

async function startAll(bench: Bench, { replicas, books }: Store, purpose: string, tenants: readonly string[]) {
  const lines = [...modelLines(bench.place.upstreamPort), ...bookLines(books(purpose), replicas), ...tenants];
  const proxies = [];
  for (let index = 0; index < replicas; index++) {
    proxies.push(await serve(bench.place, `budgets-${purpose}-${index}`, lines));
  }
  return proxies;
}

async function askTwoHundred(bench: Bench, store: Store): Promise<void> {
  await bench.upstream.answer({ kind: 'json' });
  const proxies = await startAll(bench, store, 'ten', tightTenant(BUYS));
  try {
    const ports = proxies.map(({ port }) => port);
    const replies = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) => {
        const port = ports[index % ports.length] ?? 0;
        return askOnce(port, tenantRequest(port, { tenant: 0 }));
      }),
    );
    const answered = replies.filter(({ status }) => status === 200).length;
    const [book] = await settledBooks(ports[0] ?? 0);
    const record = recorder(bench, store);
    record(ANSWERED_METRIC, answered);
    record(UNNAMED_METRIC, replies.filter((reply) => reply.status !== 200 && !namesItsLimit(reply)).length);
    record(OVERSPENT_METRIC, Math.abs((book?.spent ?? Number.NaN) - answered * CALL_COST));
    const statuses = Map.groupBy(replies, ({ status, error }) => error ?? String(status));
    const tally = [...statuses].map(([status, list]) => `${list.length} x ${status}`).join(', ');
    bench.say(
      `budgets, ${store.name}: 200 at once on a budget for ${BUYS}: ${tally}; spent ${book?.spent} nano-dollars`,
    );
  } finally {
    for (const proxy of proxies) await proxy.stop();
  }
}

/** 429 that no SDK repeats, with the scope that is spent and when it is whole again. */
export function namesItsLimit({ status, head, body }: Pick<Reply, 'status' | 'head' | 'body'>): boolean {
  return (
    status === 429 &&
    /\r\nx-should-retry: false\r\n/i.test(head) &&
    body.includes('"insufficient_quota"') &&
    /"scope":/.test(body) &&
    /"resets?(At|_at)?":/i.test(body)
  );
}

/** Kills a proxy with streams on the way; the books are then read from the other replica, or from its successor. */
async function killMidFlight(bench: Bench, store: Store): Promise<void> {
  await bench.upstream.answer(SLOW);
  const proxies = await startAll(bench, store, 'crash', wideTenants(1));
  const [victim] = proxies;
  if (victim === undefined) return;
  let survivors = proxies.slice(1);
  try {
    const clients = await beginStreams(victim.port);
    process.kill(victim.pid, 'SIGKILL');
    const killedAt = performance.now();
    await victim.stop();
    for (const client of clients) client.destroy();
    if (survivors.length === 0) survivors = await startAll(bench, store, 'crash', wideTenants(1));
    const port = survivors[0]?.port ?? 0;
    const record = recorder(bench, store);
    record(KILLED_METRIC, await heldAt(port));
    let held = Number.POSITIVE_INFINITY;
    while (held > 0 && performance.now() - killedAt < MINUTE_MS) {
      await sleep(500);
      held = await heldAt(port);
    }
    record(PHANTOM_METRIC, held);
    if (held === 0) record(FREED_METRIC, (performance.now() - killedAt) / 1000);
    bench.say(`budgets, ${store.name}: killed with ${IN_FLIGHT} on the way; ${held} nano-dollars held at the end`);
  } finally {
    for (const proxy of [victim, ...survivors]) await proxy.stop();
  }
}

/** Resolves when all of them have their first bytes: their holds stand. */
async function beginStreams(port: number): Promise<readonly Connection[]> {
  const clients: Connection[] = [];
  for (let index = 0; index < IN_FLIGHT; index++) {
    const client = new Connection(port, () => undefined);
    client.send(tenantRequest(port, { tenant: 0 }, true));
    clients.push(client);
  }
  const deadline = performance.now() + 10_000;
  while (clients.some(({ hasBegun }) => !hasBegun)) {
    if (performance.now() > deadline) throw new Error('the streams to be broken off did not begin');
    await sleep(20);
  }
  return clients;
}

/** What all scopes of the tenant hold together. */
async function heldAt(port: number): Promise<number> {
  return (await readBooks(port)).reduce((sum, { held }) => sum + held, 0);
}

/** The books once nothing is held any more: a client has its answer before the books are closed. */
async function settledBooks(port: number) {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const books = await readBooks(port);
    if (books.every(({ held }) => held === 0) || performance.now() > deadline) return books;
    await sleep(50);
  }
}

function recorder(bench: Bench, { name }: Store) {
  return (metric: string, value: number) =>
    bench.record({ section: 'budgets', metric, circumstance: name, subject: 'breakwater', rounds: [value] });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
