import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { parseConfig } from '../../src/config/load.ts';
import { type Serving, serve } from '../../src/proxy/serve.ts';
import { seededRandom } from '../../src/simulator/words.ts';
import type { LedgerLine } from '../../src/state/budget-store.ts';
import { type ExchangeRecord, Telemetry } from '../../src/telemetry/telemetry.ts';
import { type Arm, configurationOf, keyOf, MODEL } from './configuration.ts';
import { DayClock } from './day-clock.ts';
import type { Day, DayRequest } from './traffic/request.ts';
import type { BillLine } from './upstream/bill.ts';
import { DayUpstream } from './upstream/day-upstream.ts';

const DAY = 24 * 3_600_000;
/**
 * The midnight to come: no window of a budget ends within the day, and what a thread of its own has to do by a time of the day is never too late
 * by the machine's clock.
 */
const BEGINNING = Math.ceil(Date.now() / DAY) * DAY;
const LEDGER_PAGE = 5_000;

/** What came of one request. */
export interface Outcome {
  readonly request: DayRequest;
  readonly status: number;
  /** The answer holds what a right one must. Undefined: it is not graded. */
  readonly right: boolean | undefined;
  /** How the proxy's cache answered: `exact`, `semantic`, `miss`, ...; undefined: it was not asked. */
  readonly cache: string | undefined;
  /** The upstream's line for the answer that was given, be it now or earlier. */
  readonly answer: BillLine | undefined;
  /** The answer was made for another question, or for another tenant's. */
  readonly foreign: boolean;
}

/** One arm's day. */
export interface Replayed {
  readonly arm: Arm;
  readonly outcomes: readonly Outcome[];
  /** The upstream's own book. */
  readonly bill: readonly BillLine[];
  /** The proxy's. */
  readonly ledger: readonly LedgerLine[];
  /** What the proxy says its cache spent on embeddings and judges, nano-dollars. */
  readonly cacheSpent: number;
  /** What became of the certificates of semantic caches, and when, milliseconds since the day began. */
  readonly certificates: readonly { readonly tenant: string; readonly event: string; readonly at: number }[];
  /** The same of pairs of models. */
  readonly routes: readonly {
    readonly tenant: string;
    /** Whose requests have that key. */
    readonly agent: string;
    readonly event: string;
    readonly at: number;
  }[];
  /** Defects and warnings that the proxy logged. */
  readonly troubles: readonly string[];
  readonly seconds: number;
}

/** The proxy, its upstream and the clients that replay the day, in one process, on real sockets and the day's clock. */
export async function replay(day: Day, arm: Arm): Promise<Replayed> {
  const began = performance.now();
  const clock = new DayClock(BEGINNING);
  const upstream = await DayUpstream.start(day, clock);
  const troubles: string[] = [];
  const telemetry = new DayTelemetry(troubles, clock);
  const directory = mkdtempSync(join(tmpdir(), 'breakwater-day-'));
  let proxy: Serving | undefined;
  try {
    const config = parseConfig(`${arm.name}.yaml`, configurationOf(arm, day.tenants, upstream.baseUrl, directory), {});
    proxy = await serve({ config, clock, random: seededRandom(day.seed), telemetry, signals: false });
    const agentOf = new Map<string, string>();
    const outcomes = await send(day, arm, proxy, clock, upstream, agentOf);
    if (upstream.unknown.length > 0)
      throw new Error(`the upstream was asked what it does not know: ${upstream.unknown[0]}`);
    return {
      arm,
      outcomes,
      bill: [...upstream.bill.lines()],
      ledger: await ledgerOf(proxy, day.tenants),
      cacheSpent: telemetry.spent,
      certificates: telemetry.certificates,
      routes: telemetry.routes.map(({ key, ...event }) => ({ ...event, agent: agentOf.get(key) ?? key })),
      troubles,
      seconds: (performance.now() - began) / 1_000,
    };
  } finally {
    await proxy?.close();
    await upstream.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Keeps what the cache spent, and everything that should not have been logged. */
class DayTelemetry extends Telemetry {
  spent = 0;
  readonly certificates: { tenant: string; event: string; at: number }[] = [];
  readonly routes: { tenant: string; key: string; event: string; at: number }[] = [];
  readonly #clock: DayClock;

  constructor(troubles: string[], clock: DayClock) {
    super({ level: 'warn', write: (line) => troubles.push(line) });
    this.#clock = clock;
  }

  override cacheSpent(target: string, nanos: number | undefined): void {
    super.cacheSpent(target, nanos);
    this.spent += nanos ?? 0;
  }

  override certificate(of: Parameters<Telemetry['certificate']>[0], event: { readonly kind: string }): void {
    super.certificate(of, event);
    this.certificates.push({ tenant: of.tenant, event: event.kind, at: this.#clock.now() - BEGINNING });
  }

  override evidenceChanged(of: Parameters<Telemetry['evidenceChanged']>[0], event: { readonly kind: string }): void {
    super.evidenceChanged(of, event);
    this.routes.push({ tenant: of.tenant, key: of.key, event: event.kind, at: this.#clock.now() - BEGINNING });
  }

  /** A line for every request is not wanted here. */
  override exchangeDone(_record: ExchangeRecord): void {}
}

/** One after the other, each at its time: so that the same day has the same bill on every machine. */
async function send(
  day: Day,
  arm: Arm,
  proxy: Serving,
  clock: DayClock,
  upstream: DayUpstream,
  /** Filled: by route key. */
  agentOf: Map<string, string>,
): Promise<Outcome[]> {
  const pool = new Pool(proxy.url, { connections: 1 });
  const outcomes: Outcome[] = [];
  try {
    for (const request of day.requests) {
      clock.moveTo(BEGINNING + request.at);
      const audited = arm.audited?.has(request.agent) ?? false;
      const { statusCode, headers, body } = await pool.request({
        path: '/v1/chat/completions',
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${keyOf(request.tenant)}`,
          'x-breakwater-agent': request.agent,
          'x-breakwater-task': request.task,
          ...(request.session === undefined ? {} : { 'x-breakwater-session': request.session }),
        },
        body: JSON.stringify({
          model: MODEL,
          ...request.body(audited),
          ...(request.stream ? { stream: true } : {}),
        }),
      });
      const text = await body.text();
      const cache = headers['x-breakwater-cache'];
      const key = /\bkey=([^;]+)/.exec(String(headers['x-breakwater-route'] ?? ''))?.[1];
      if (key !== undefined) agentOf.set(key, request.agent);
      outcomes.push(outcome(request, statusCode, text, typeof cache === 'string' ? cache : undefined, upstream));
      // What is done behind an answer is done before the next request comes, as it would be: that is seconds away.
      await settled(proxy);
    }
    return outcomes;
  } finally {
    await pool.close();
  }
}

async function settled({ runtime }: Serving): Promise<void> {
  await runtime.semantic?.settled();
  await runtime.compactor?.summaries.idle();
  await runtime.shadows?.idle();
}

function outcome(
  request: DayRequest,
  status: number,
  text: string,
  cache: string | undefined,
  upstream: DayUpstream,
): Outcome {
  const { question } = request;
  const answer = upstream.bill.get(/"id":"(up-\d+)"/.exec(text)?.[1] ?? '');
  return {
    request,
    status,
    right: request.graded ? status === 200 && said(request, text).includes(question.truth) : undefined,
    cache: cache?.split(';', 1)[0],
    answer,
    foreign: answer?.question !== undefined && answer.question.id !== question.id,
  };
}

/** What the client reads: of a stream, its deltas put together. */
function said({ stream }: DayRequest, text: string): string {
  if (!stream) return text;
  const events = text.matchAll(/^data: (\{.*)$/gm);
  return [...events].map(([, event = '']) => deltaOf(JSON.parse(event))).join('');
}

function deltaOf({ choices }: { choices?: readonly { delta?: { content?: string | null } }[] }): string {
  return choices?.[0]?.delta?.content ?? '';
}

async function ledgerOf(proxy: Serving, tenants: readonly string[]): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = [];
  for (const tenant of tenants) {
    let after: string | undefined;
    for (;;) {
      const page = await proxy.runtime.tenancy?.budgets.ledger(tenant, { after, limit: LEDGER_PAGE });
      lines.push(...(page ?? []));
      if (page === undefined || page.length < LEDGER_PAGE) break;
      after = page.at(-1)?.cursor;
    }
  }
  return lines;
}
