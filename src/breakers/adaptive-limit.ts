import type { Clock } from '../clock.ts';
import { CountedLimit } from './counted-limit.ts';

/** Calls measured before the limit is looked at again; fewer are noise, as prompts differ. */
const CALLS_A_LOOK = 10;
/** Least time between two looks, ms. */
const LOOK_EVERY = 500;
/** How much slower than usual the first token may come before the limit goes down. */
const TOLERANCE = 1.5;
/** How far one look moves the limit towards its aim. */
const SMOOTHING = 0.2;
/** How far one look moves the usual time. Not upward while the limit is in use: that slowness is likely our own queue. */
const FOLLOW = 0.1;
/** The limit is halved for one look after being in use for so long, ms, to see the target without our own queue in it. */
const DIP_AFTER = 120_000;
const DIP_FOLLOW = 0.5;

/**
 * A limit that learns how many calls a target carries: the gradient of the usual time to first token over the present one. Never
 * of total time, which is the length of the answer and not the load of the target. Both are geometric means, as one prompt may
 * take ten times another.
 *
 * While the limit is in use a target that is slow is likely kept slow by us. One that has become slower for good would then
 * look overloaded for ever, and its limit go down to `min`: the dips tell the two apart.
 *
 * @see https://github.com/Netflix/concurrency-limits (Gradient2)
 */
export class AdaptiveLimit extends CountedLimit {
  readonly #min: number;
  readonly #max: number;
  readonly #clock: Clock;
  #adapted: number;
  /** The usual time to first token, as ln(ms). */
  #usual: number | undefined;
  #dip: 'none' | 'emptying' | 'measuring' = 'none';
  #busySince: number | undefined;
  #look: { sum: number; calls: number; most: number; since: number };

  constructor({ min, max, clock }: { min: number; max: number; clock: Clock }) {
    super(max);
    this.#min = min;
    this.#max = max;
    this.#clock = clock;
    this.#adapted = Math.min(Math.max(20, min), max);
    this.#look = { sum: 0, calls: 0, most: 0, since: clock.now() };
  }

  override get limit(): number {
    return Math.max(Math.floor(this.#dip === 'none' ? this.#adapted : this.#adapted / 2), this.#min);
  }

  override released(firstTokenMs: number | undefined, era: number): void {
    const look = this.#look;
    look.most = Math.max(look.most, this.inFlight);
    super.released(firstTokenMs, era);
    const now = this.#clock.now();
    if (this.#dip === 'emptying' && this.inFlight <= this.limit) this.#measureFromHere(now);
    if (firstTokenMs === undefined || !Number.isFinite(firstTokenMs) || era !== this.era) return;
    look.sum += Math.log(Math.max(firstTokenMs, 1));
    look.calls++;
    if (look.calls < CALLS_A_LOOK || Math.abs(now - look.since) < LOOK_EVERY) return;
    const present = look.sum / look.calls;
    const busy = look.most * 2 > this.limit;
    this.#look = { sum: 0, calls: 0, most: 0, since: now };
    if (this.#dip === 'none') this.#adapt(present, busy, now);
    else if (this.#dip === 'measuring') this.#endDip(present);
  }

  #adapt(present: number, busy: boolean, now: number): void {
    const usual = this.#usual ?? present;
    this.#usual = present < usual || !busy ? usual + FOLLOW * (present - usual) : usual;
    if (!busy) this.#busySince = undefined;
    else if (this.#busySince === undefined) this.#busySince = now;
    else if (now - this.#busySince >= DIP_AFTER) this.#dip = 'emptying';
    const gradient = Math.min(Math.max(TOLERANCE * Math.exp(this.#usual - present), 0.5), 1);
    // A limit that is not in use has proved nothing, so it does not grow.
    if (gradient === 1 && !busy) return;
    const aim = this.#adapted * gradient + Math.sqrt(this.#adapted);
    const moved = this.#adapted + SMOOTHING * (aim - this.#adapted);
    this.#adapted = Math.min(Math.max(moved, this.#min), this.#max);
  }

  /** Few enough are in flight: from here on only calls begun now are measured. */
  #measureFromHere(now: number): void {
    this.#dip = 'measuring';
    this.era++;
    this.#look = { sum: 0, calls: 0, most: 0, since: now };
  }

  #endDip(present: number): void {
    const usual = this.#usual ?? present;
    this.#usual = usual + DIP_FOLLOW * (present - usual);
    this.#dip = 'none';
    this.#busySince = undefined;
  }
}
