import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the loop's delay is sampled, milliseconds. */
const SAMPLE_MS = 20;
const NANOSECONDS = 1e9;
const QUANTILES = [0.5, 0.99, 1];

/** Label values and number. */
export type Reading = readonly [readonly string[], number];

/** What the process knows of itself, read when asked. */
export class ProcessHealth {
  readonly #delay = monitorEventLoopDelay({ resolution: SAMPLE_MS });

  constructor() {
    this.#delay.enable();
  }

  /** How late timers ran since the last call, seconds, by quantile. */
  *eventLoopDelay(): Generator<Reading> {
    if (this.#delay.count > 0) {
      for (const quantile of QUANTILES) {
        const nanoseconds = quantile === 1 ? this.#delay.max : this.#delay.percentile(100 * quantile);
        // The sampler reports the time between its samples: the delay is what is above the interval.
        yield [[String(quantile)], Math.max(0, nanoseconds / NANOSECONDS - SAMPLE_MS / 1000)];
      }
    }
    this.#delay.reset();
  }

  close(): void {
    this.#delay.disable();
  }
}

/** Open TCP connections of either side. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
}

/** Open file descriptors; nothing where there is no /proc. */
export function* openDescriptors(): Generator<Reading> {
  const names = fromProc(() => readdirSync('/proc/self/fd'));
  // Reading the directory opens one itself.
  if (names !== undefined) yield [[], names.length - 1];
}

/** File descriptors the process may have; nothing where there is no /proc or no limit. */
export function* maxDescriptors(): Generator<Reading> {
  const limits = fromProc(() => readFileSync('/proc/self/limits', 'utf8'));
  const soft = /^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1];
  if (soft !== undefined) yield [[], Number(soft)];
}

/** What /proc says; undefined on systems that have none, or do not let us look. */
function fromProc<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
