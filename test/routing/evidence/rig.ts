import type { Random } from '../../../src/clock.ts';
import type { EvidenceSettings } from '../../../src/config/routing-config.ts';
import {
  type Change,
  type Circumstances,
  type ComparisonCost,
  type ComparisonResult,
  NO_TRAFFIC,
} from '../../../src/routing/evidence/change.ts';
import { applyChange } from '../../../src/routing/evidence/fold.ts';
import { type EvidenceRecord, freshRecord } from '../../../src/routing/evidence/record.ts';
import { OBSERVED, versionOf } from '../../../src/routing/evidence/terms.ts';

export const SETTINGS: EvidenceSettings = {
  policy: 'p',
  reference: 'large',
  strong: 'smart',
  definitions: {},
  delta: 0.05,
  shadow: 0.05,
  canary: 0.1,
  budget: undefined,
  checker: 'exact',
  judge: undefined,
};

export const PAIR = { cheap: 'small', strong: 'smart' };
export const AS_EVER: Circumstances = { cheap: 'small-1', strong: 'smart-1', prompt: 'p1', price: '1/10' };
/** A tenth of the strong one's price. */
export const CHEAP: ComparisonCost = { cheap: 1_000, strong: 10_000, shadow: 1_000, judge: 0 };

/** What the two models are worth beside each other, drawn for each request. */
export interface Habit {
  /** Shares of requests on which the strong one is better, and the cheap one. */
  readonly losses: number;
  readonly wins: number;
  /** How much a difference counts. Default 1. */
  readonly size?: number;
}

export function drawn({ losses, wins, size = 1 }: Habit, random: Random): ComparisonResult {
  const at = random();
  if (at < losses) return { kind: 'scores', cheap: 1 - size, strong: 1 };
  return { kind: 'scores', cheap: 1, strong: at < losses + wins ? 1 - size : 1 };
}

/** One pair's record, folded as a proxy would. */
export class Ladder {
  record: EvidenceRecord;
  readonly settings: EvidenceSettings;
  readonly events: string[] = [];
  now = 1_000_000;

  constructor(settings: EvidenceSettings = SETTINGS) {
    this.settings = settings;
    this.record = freshRecord(versionOf(settings, PAIR), this.now);
    this.traffic(OBSERVED);
  }

  apply(change: Change): void {
    const { record, events } = applyChange(this.record, change, this.settings, this.now);
    this.record = record;
    for (const event of events) this.events.push('why' in event ? `${event.kind} ${event.why}` : event.kind);
  }

  traffic(seen: number, served = 0): void {
    this.apply({ kind: 'traffic', traffic: { ...NO_TRAFFIC, seen, served } });
  }

  /** One comparison, and the requests around it, of which the canary's share gets the cheap model's answer. */
  compared(result: ComparisonResult, circumstances = AS_EVER, cost = CHEAP): void {
    const { attempt } = this.record;
    if (this.record.state === 'canary') this.traffic(20, 2);
    this.apply({ kind: 'compared', attempt, result, circumstances, cost });
  }

  /** Compares until the state is reached. @returns how many comparisons it took; undefined: it was not within `most` */
  until(state: EvidenceRecord['state'], habit: Habit, random: Random, most: number): number | undefined {
    for (let n = 1; n <= most; n++) {
      this.compared(drawn(habit, random));
      if (this.record.state === state) return n;
    }
    return undefined;
  }
}
