import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { readCpu } from './process-tree.ts';

const NS_PER_TICK = 1e9 / 100;
/** With more than this of the machine used by others, latencies and even CPU ratios (by cold caches) are off. */
const QUIET_SHARE = 0.05;

/** Watches how much of the machine goes to processes that are not the bench's. */
export class Neighbours {
  readonly #busyAtStart = busyNs();
  readonly #startedAt = performance.now();

  /** To be called when the bench's children have ended: the kernel then counts their time as ours. */
  describe(): string {
    const wall = (performance.now() - this.#startedAt) * 1e6 * cpus().length;
    const own = readCpu(process.pid).processes.get(process.pid) ?? 0;
    const share = Math.max(0, busyNs() - this.#busyAtStart - own) / wall;
    const percent = `${(share * 100).toFixed(1)}% of the machine`;
    if (share <= QUIET_SHARE) return `other processes used ${percent}`;
    return `NOT QUIET: other processes used ${percent}; latencies mean nothing, and ratios are off`;
  }
}

/** Nanoseconds that all CPUs together have worked since boot. */
function busyNs(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.split(/\s+/).map(Number) ?? [];
  return (user + nice + system + irq + softirq + steal) * NS_PER_TICK;
}
