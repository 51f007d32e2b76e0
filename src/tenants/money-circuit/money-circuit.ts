import { LruMap } from '../../lru-map.ts';
import { NO_AGENT } from '../scopes.ts';
import { AgentDays, type DearStretch } from './agent-days.ts';
import { DaySlope } from './day-slope.ts';
import { describeSlope, describeSpike } from './describe-alert.ts';
import { PastCosts } from './past-costs.ts';
import { type RunningCost, RunningCosts } from './running-costs.ts';
import type { MoneyAlert, MoneyLimits, Settled, SettledCounter, SpikeAlert } from './settled.ts';

/** Finished sessions (and tasks) of an agent that the next are measured against. */
const PAST_RUNS = 256;
/** Below ten an average is an anecdote. */
const MINIMUM_RUNS = 10;

interface AgentPast {
  readonly sessions: PastCosts;
  readonly tasks: PastCosts;
  readonly days: AgentDays;
}

const NOTHING: readonly MoneyAlert[] = [];

/**
 * Tells when money goes faster than it should: a session, a task or an agent that costs several times what such things cost, or a day's
 * budget that would be gone within the hour. It decides nothing; who asks may pause the scope it names.
 *
 * Spikes are measured by what this process settled, slopes by the shared counters. Pure state, bounded, constant work a settlement.
 */
export class MoneyCircuit {
  readonly #agents: LruMap<string, AgentPast>;
  readonly #sessions: RunningCosts;
  readonly #tasks: RunningCosts;
  readonly #slopes: LruMap<string, DaySlope>;

  /**
   * What it forgets it begins to learn anew, so there is room for more than can be busy at once: up to 1 kB a daily counter, 200 bytes a
   * run, and up to 4 kB an agent with a long past.
   *
   * @param most agents, sessions, tasks and daily counters remembered, of each so many at most
   */
  constructor({ agents = 16_384, runs = 20_000, counters = 40_000 } = {}) {
    this.#agents = new LruMap(agents);
    this.#sessions = new RunningCosts(runs);
    this.#tasks = new RunningCosts(runs);
    this.#slopes = new LruMap(counters);
  }

  /** @returns what is out of line since this settlement; most often nothing */
  settled(settled: Settled, { spike, endsWithin }: MoneyLimits): readonly MoneyAlert[] {
    const spikes = settled.cost > 0 ? this.#spikes(settled, spike) : NOTHING;
    if (endsWithin === undefined) return spikes;
    const slopes = this.#slopesOf(settled, endsWithin);
    return slopes.length === 0 ? spikes : [...spikes, ...slopes];
  }

  /**
   * Learns from a settlement of the past (a ledger line, after a restart), in the order of time. What was out of line then has been told, and is not
   * told again.
   */
  learn(settled: Settled, spike: number | undefined): void {
    if (settled.cost > 0) this.#spikes(settled, spike);
  }

  #spikes(settled: Settled, spike: number | undefined): readonly MoneyAlert[] {
    const { tenant, agent, session, task, cost, at } = settled;
    const whose = `${tenant}\0${agent ?? ''}`;
    const past = this.#past(whose);
    const ofSession =
      session === undefined ? undefined : this.#sessions.add(`${whose}\0${session}`, cost, at, past.sessions);
    const ofTask = task === undefined ? undefined : this.#tasks.add(`${whose}\0${task}`, cost, at, past.tasks);
    const stretch = past.days.add(cost, at, spike);
    const sessionCrosses = crosses(ofSession, spike);
    const taskCrosses = crosses(ofTask, spike);
    if (!sessionCrosses && !taskCrosses && stretch === undefined) return NOTHING;
    const alerts: MoneyAlert[] = [];
    if (sessionCrosses && ofSession) alerts.push(runSpike('session', tenant, `session:${session}`, ofSession));
    if (taskCrosses && ofTask) alerts.push(runSpike('task', tenant, `task:${task}`, ofTask));
    if (stretch) alerts.push(spikeAlert(tenant, `agent:${agent ?? NO_AGENT}`, stretch));
    return alerts;
  }

  #slopesOf(settled: Settled, endsWithin: number): readonly MoneyAlert[] {
    let alerts: MoneyAlert[] | undefined;
    for (const counter of settled.counters) {
      const alert = this.#slope(settled, counter, endsWithin);
      if (alert === undefined) continue;
      alerts ??= [];
      alerts.push(alert);
    }
    return alerts ?? NOTHING;
  }

  #slope({ tenant, at }: Settled, counter: SettledCounter, endsWithin: number): MoneyAlert | undefined {
    const { key, scope, unit, per, limit, spent, windowStart, windowEnd } = counter;
    if (per !== 'day' || windowEnd === undefined) return undefined;
    const name = `${tenant}\0${key}`;
    let slope = this.#slopes.get(name);
    if (slope === undefined || slope.windowStart < windowStart) {
      slope = new DaySlope(windowStart);
      this.#slopes.set(name, slope);
    }
    if (slope.windowStart > windowStart) return undefined;
    slope.read(spent, at);
    if (slope.told) return undefined;
    const pace = slope.tooSteep(limit, endsWithin, windowEnd);
    if (pace === undefined) return undefined;
    slope.told = true;
    const perHour = Math.round(pace * 3_600_000);
    const endsAt = Math.round(at + (limit - spent) / pace);
    const text = describeSlope(counter, tenant, perHour, endsAt - at);
    return {
      cause: 'slope',
      tenant,
      scope,
      window: windowStart,
      counter: key,
      unit,
      limit,
      spent,
      perHour,
      endsAt,
      text,
    };
  }

  #past(whose: string): AgentPast {
    let past = this.#agents.get(whose);
    if (past === undefined) {
      past = {
        sessions: new PastCosts(PAST_RUNS, MINIMUM_RUNS),
        tasks: new PastCosts(PAST_RUNS, MINIMUM_RUNS),
        days: new AgentDays(),
      };
      this.#agents.set(whose, past);
    }
    return past;
  }
}

/** True once: where the run is now out of line for the first time. */
function crosses(run: RunningCost | undefined, spike: number | undefined): boolean {
  if (run === undefined || spike === undefined || run.crossed !== undefined) return false;
  const threshold = run.past.threshold(spike);
  if (threshold === undefined || run.cost <= threshold) return false;
  run.crossed = threshold;
  return true;
}

function runSpike(
  of: 'session' | 'task',
  tenant: string,
  scope: string,
  { since, cost, past }: RunningCost,
): SpikeAlert {
  return spikeAlert(tenant, scope, { of, start: since, cost, average: past.average });
}

function spikeAlert(tenant: string, scope: string, dear: Omit<DearStretch, 'of'> & Pick<SpikeAlert, 'of'>): SpikeAlert {
  const { of, start: window, cost, average } = dear;
  const text = describeSpike(of, scope, tenant, cost, average);
  return { cause: 'spike', of, tenant, scope, window, cost, average, text };
}
