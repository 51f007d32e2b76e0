import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';
import type { CircuitSettings } from './settings.ts';

const BUCKETS = 10;
/** Opossum's reset timer cannot be switched off; this is the longest a Node timer can hold. `state.ts` decides when to probe. */
const NEVER = 2 ** 31 - 1;

const SUCCEEDED = Promise.resolve();
const FAILED = new Error('the call had failed');

/** Opossum wants a call to make; ours has ended already, so this only repeats how. */
function replay(failed: boolean): Promise<void> {
  // Thrown rather than rejected: opossum then judges the rate before `fire` returns, not a microtask later.
  if (failed) throw FAILED;
  return SUCCEEDED;
}

/** The rejection of `fire` tells what we have just told opossum. */
function alreadyKnown(): void {}

/** The bucket of opossum's window in which a success was counted. */
export type Counted = Pick<CircuitBreaker.Bucket, 'fires'>;

/** What the rolling window holds. */
export interface WindowCounts {
  readonly completed: number;
  readonly failures: number;
}

/**
 * Opossum as the judge of a circuit's failure rate. It counts in its rolling window, knows the volume and the threshold, and
 * opens. It is told of calls only when they have completed (calls in flight cannot dilute the rate), never times, limits or
 * aborts any, and its window turns on our clock, when a call completes: no timer runs.
 */
export class RateBreaker {
  readonly #breaker: CircuitBreaker<[boolean], void>;
  readonly #rotation = new EventEmitter();
  readonly #bucketLength: number;
  #bucketEnds: number;
  /** The one opossum counts in now. */
  #bucket: CircuitBreaker.Bucket | undefined;

  constructor(name: string, settings: CircuitSettings, now: number) {
    this.#bucketLength = settings.window / BUCKETS;
    this.#bucketEnds = now + this.#bucketLength;
    this.#breaker = new CircuitBreaker(replay, {
      name,
      timeout: false,
      resetTimeout: NEVER,
      errorThresholdPercentage: settings.rate * 100,
      volumeThreshold: settings.minimumVolume,
      rollingCountBuckets: BUCKETS,
      rollingCountTimeout: settings.window,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#rotation,
    });
    [this.#bucket] = this.#breaker.status.window;
  }

  /** A call has succeeded. @returns where it was counted, for {@link broken} */
  success(now: number): Counted | undefined {
    if (!this.#takes(now)) return undefined;
    this.#breaker.fire(false);
    return this.#bucket;
  }

  /** A call has failed. @returns whether opossum has opened on it: the rate is exceeded */
  failure(now: number): boolean {
    if (!this.#takes(now)) return false;
    this.#breaker.fire(true).catch(alreadyKnown);
    return this.#breaker.opened;
  }

  /** A call that was counted as a success has failed after all. @returns as {@link failure} */
  broken(counted: Counted, now: number): boolean {
    // The very bucket: once that has left the window there is nothing to take back, and this touches nothing that counts.
    counted.fires--;
    return this.failure(now);
  }

  /** Opossum has opened, but on too little: it goes on counting, and judges again at the next failure. */
  overrule(): void {
    this.#breaker.close();
  }

  counts(now: number): WindowCounts {
    this.#rotate(now);
    const { fires, failures } = this.#breaker.stats;
    return { completed: fires, failures };
  }

  /** The circuit has opened on other evidence. */
  open(): void {
    if (!this.#breaker.isShutdown) this.#breaker.open();
  }

  /** The circuit has closed: begin with an empty window, or the failures that opened it would open it again. */
  close(): void {
    if (this.#breaker.isShutdown) return;
    this.#turn(BUCKETS);
    this.#breaker.close();
  }

  /** Stops opossum's timer. Nothing is counted from here on. */
  shutdown(): void {
    if (!this.#breaker.isShutdown) this.#breaker.shutdown();
  }

  #takes(now: number): boolean {
    if (!this.#breaker.closed) return false;
    this.#rotate(now);
    return true;
  }

  #rotate(now: number): void {
    const left = this.#bucketEnds - now;
    if (left > this.#bucketLength) this.#bucketEnds = now + this.#bucketLength; // the wall clock was put back
    if (left > 0) return;
    const passed = 1 + Math.floor(-left / this.#bucketLength);
    this.#turn(Math.min(passed, BUCKETS));
    this.#bucketEnds += passed * this.#bucketLength;
  }

  #turn(buckets: number): void {
    // Opossum keeps the duration of every call though percentiles are off; without this a busy window is a large array.
    if (this.#bucket) this.#bucket.latencyTimes.length = 0;
    for (let i = 0; i < buckets; i++) this.#rotation.emit('rotate');
    [this.#bucket] = this.#breaker.status.window;
  }
}
