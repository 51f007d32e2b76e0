import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { BudgetStore, LedgerLine } from '../../state/budget-store.ts';
import { keyPart, NO_AGENT } from '../scopes.ts';
import { MoneyCircuit } from './money-circuit.ts';
import type { MoneyAlert, MoneyLimits, Settled } from './settled.ts';

const HOUR = 3_600_000;
/** So much of the past is read where it is not too long; else less of it, that it is the latest. Milliseconds. */
const SPANS = [14 * 24 * HOUR, 24 * HOUR, HOUR];
/** Lines of one tenant that are learned from: 256 sessions of twenty requests. */
const MOST_LINES = 5_000;
/** Lines read in all, about a second's work: of thousands of tenants the first to come have their past. */
const MOST_READ = 200_000;
/** Lines read, or learned from, before other work gets its turn: about a millisecond. */
const PAGE = 200;
/** Settlements that wait for their tenants' past to be read, all tenants together. What comes beyond is not measured. */
const MOST_WAITING = 10_000;

export interface MoneyWatchOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** What was settled before this process began; undefined: nothing is known of it. */
  readonly past: Pick<BudgetStore, 'ledger'> | undefined;
  /** A tenant's past could not be read, and spikes are measured from now on; must not throw. */
  readonly onTrouble: (tenant: string, error: unknown) => void;
}

/** Whose settlement it is, as far as the names in the ledger need it. */
export interface Watched {
  readonly name: string;
  readonly otherAgents: object | undefined;
}

interface Waiting {
  readonly settled: Settled;
  readonly limits: MoneyLimits;
  readonly tell: (alert: MoneyAlert) => void;
}

/**
 * The money circuit with a memory: with a tenant's first settlement, what its sessions, tasks and agents have cost before is read from its ledger,
 * one tenant after the other, and the settlements that come meanwhile wait for that. Nobody waits for them.
 */
export class MoneyWatch {
  readonly #options: MoneyWatchOptions;
  readonly #circuit = new MoneyCircuit();
  readonly #beganAt: number;
  readonly #known = new Set<string>();
  readonly #waiting = new Map<string, Waiting[]>();
  #waits = 0;
  #mayRead: number;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param mayRead lines of all tenants together */
  constructor(options: MoneyWatchOptions, mayRead = MOST_READ) {
    this.#options = options;
    this.#beganAt = options.clock.now();
    this.#mayRead = mayRead;
  }

  /** @param tell called for what is out of line: at once, or when the past is known; must not throw */
  settled(tenant: Watched, settled: Settled, limits: MoneyLimits, tell: (alert: MoneyAlert) => void): void {
    const { past } = this.#options;
    if (past === undefined || limits.spike === undefined || this.#known.has(tenant.name)) {
      for (const alert of this.#circuit.settled(settled, limits)) tell(alert);
      return;
    }
    let waiting = this.#waiting.get(tenant.name);
    if (waiting === undefined) {
      waiting = [];
      this.#waiting.set(tenant.name, waiting);
      const { spike } = limits;
      this.#reading = this.#reading.then(() => this.#learn(tenant, past, spike));
    }
    if (this.#waits >= MOST_WAITING) return;
    this.#waits++;
    waiting.push({ settled, limits, tell });
  }

  /** Resolves when no past is read any more, and what waited for it has been judged. */
  caughtUp(): Promise<void> {
    return this.#reading;
  }

  /** Reads no more of the past, and judges what waited. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#reading;
  }

  async #learn(tenant: Watched, past: Pick<BudgetStore, 'ledger'>, spike: number): Promise<void> {
    const { name } = tenant;
    try {
      const lines = await this.#linesOf(name, past);
      for (let from = 0; from < lines.length && !this.#closed; from += PAGE) {
        for (const line of lines.slice(from, from + PAGE)) this.#circuit.learn(settledOf(line, tenant), spike);
        await setImmediate();
      }
    } catch (error) {
      this.#options.onTrouble(name, error);
    }
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    this.#known.add(name);
    this.#waits -= waiting.length;
    for (const { settled, limits, tell } of waiting)
      for (const alert of this.#circuit.settled(settled, limits)) tell(alert);
  }

  /** What was settled before this process began, as far back as it is not too much. */
  async #linesOf(tenant: string, past: Pick<BudgetStore, 'ledger'>): Promise<readonly LedgerLine[]> {
    for (const span of SPANS) {
      const lines = await this.#linesSince(this.#beganAt - span, tenant, past);
      if (lines !== undefined) return lines;
    }
    return [];
  }

  /** Undefined: too many. */
  async #linesSince(
    since: number,
    tenant: string,
    past: Pick<BudgetStore, 'ledger'>,
  ): Promise<readonly LedgerLine[] | undefined> {
    const lines: LedgerLine[] = [];
    for (let after: string | undefined; !this.#closed; ) {
      if (this.#mayRead <= 0) return [];
      const page = await past.ledger(tenant, { after, since, limit: PAGE });
      this.#mayRead -= page.length;
      // The store may give some that are older, and has what came since.
      for (const line of page) if (line.at >= since && line.at < this.#beganAt) lines.push(line);
      after = page.at(-1)?.cursor;
      if (page.length < PAGE || Number(page.at(-1)?.at) >= this.#beganAt) break;
      if (lines.length > MOST_LINES) return undefined;
    }
    return lines;
  }
}

/** With names as scopes have them. */
function settledOf({ agent, session, task, cost, at }: LedgerLine, { name, otherAgents }: Watched): Settled {
  const part = (one: string | undefined) => (one === undefined ? undefined : keyPart(one));
  const nobody = otherAgents === undefined ? undefined : NO_AGENT;
  return {
    tenant: name,
    agent: part(agent) ?? nobody,
    session: part(session),
    task: part(task),
    cost,
    at,
    counters: [],
  };
}
