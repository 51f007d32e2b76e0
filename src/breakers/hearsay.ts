import type { Clock } from '../clock.ts';
import { ProbeLease } from './probe-lease.ts';
import type { CircuitSettings } from './settings.ts';
import type { Sharing } from './shared-circuits.ts';
import type { CircuitState } from './state.ts';

/** So much earlier, ms, a probe is due elsewhere than at the replica whose last one failed: its own way out may be what is broken. */
const OTHERS_FIRST_MS = 1_000;

/**
 * What one circuit tells the other replicas, and how far it believes what they tell. One whose way out is broken finds every
 * target dead and says so; so no word of another is ever enough to refuse a target that works here.
 */
export class Hearsay {
  readonly lease: ProbeLease;
  /** Epoch ms of the last success seen here. */
  succeededAt = Number.NEGATIVE_INFINITY;
  readonly #circuit: string;
  readonly #sharing: Sharing;
  /** Epoch ms at which this replica itself last opened it. */
  #openedAt = 0;
  /** What others said has proved wrong here: no doubt is listened to until then, epoch ms. */
  #deafUntil = 0;

  constructor(circuit: string, sharing: Sharing, clock: Clock) {
    this.#circuit = circuit;
    this.#sharing = sharing;
    this.lease = new ProbeLease(circuit, sharing, clock);
  }

  /** Whether "it is open elsewhere" is reason to look here: not where it went well a moment ago, nor once that proved wrong. */
  doubts({ window }: CircuitSettings, now: number): boolean {
    return now >= this.#deafUntil && now - this.succeededAt >= window;
  }

  /** How much of a stay that others prolong is believed: `maxOpenFor` from when this replica saw it fail itself. */
  believedUntil(until: number, { maxOpenFor }: CircuitSettings, now: number): number {
    return Math.min(until, this.#openedAt + maxOpenFor, now + maxOpenFor);
  }

  /** Tells the others what was seen here, and only that: hearsay passed on would go round for ever. */
  changed(after: CircuitState, { maxOpenFor }: CircuitSettings, now: number): void {
    const { reason } = after;
    if (after.state === 'half-open' || reason === 'remote-closed' || reason === 'remote-probe-failed') return;
    if (after.state === 'closed') {
      this.succeededAt = now;
      if (reason === 'remote-refuted') this.#deafUntil = now + maxOpenFor;
      this.#sharing.closed(this.#circuit);
      return;
    }
    this.#openedAt = now;
    this.#deafUntil = 0;
    if (reason === 'remote-confirmed') return;
    const left = after.until - now;
    const sooner = after.attempt > 0 ? Math.min(OTHERS_FIRST_MS, left / 10) : 0;
    this.#sharing.opened(this.#circuit, left - sooner, after.attempt);
  }
}
