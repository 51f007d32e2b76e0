import type { Cancellation } from '../cancellation.ts';
import type { Clock } from '../clock.ts';

/** Waits, or returns at once when the work is cancelled: the caller looks at `cancellation.reason` afterwards. */
export function wait(ms: number, clock: Clock, cancellation: Cancellation): Promise<void> {
  if (ms <= 0 || cancellation.reason !== undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      clock.clearTimeout(timer);
      cancellation.off(finish);
      resolve();
    };
    const timer = clock.setTimeout(finish, ms);
    cancellation.on(finish);
  });
}
