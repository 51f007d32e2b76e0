import type { PausedScope } from '../budget-store.ts';
import type { Counter } from './counter.ts';
import type { Hold } from './hold.ts';
import type { Rate } from './rate.ts';

/** All that is in memory of one tenant. */
export class TenantState {
  readonly name: string;
  readonly counters = new Map<string, Counter>();
  readonly rates = new Map<string, Rate>();
  /** By id; those whose lease ran out too, until they are settled late or dropped. */
  readonly holds = new Map<string, Hold>();
  readonly paused = new Map<string, PausedScope>();

  constructor(name: string) {
    this.name = name;
  }

  get isEmpty(): boolean {
    return this.counters.size === 0 && this.rates.size === 0 && this.holds.size === 0 && this.paused.size === 0;
  }
}
