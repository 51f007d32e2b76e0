import type { Clock } from '../../clock.ts';

/** What a promise gives until then, clock milliseconds; `late` where it gives nothing by then. Rejects as it does, in time. */
export function within<T, L>(clock: Clock, until: number, work: Promise<T>, late: L): Promise<T | L> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => resolve(late), Math.max(0, until - clock.now()));
    work.then(
      (value) => {
        clock.clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clock.clearTimeout(timer);
        reject(error);
      },
    );
  });
}
