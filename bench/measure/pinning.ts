import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which CPU runs what. The proxies under test share one CPU, so that each is measured on the same one; the load has the other. */
export interface Pinning {
  readonly pinned: boolean;
  /** What to put before a command line so that it runs on the proxies' CPU. */
  readonly proxyPrefix: readonly string[];
  readonly description: string;
}

/**
 * Moves this process (and so every child without a prefix) to the load's CPU. Without `taskset` or a second CPU nothing is
 * pinned: CPU figures stay usable, latencies do not.
 */
export function pinLoad(): Pinning {
  const hasTaskset = spawnSync('taskset', ['--version']).status === 0;
  const cpus = hasTaskset ? allowedCpus() : [];
  const [proxyCpu, loadCpu] = cpus;
  if (proxyCpu === undefined || loadCpu === undefined) {
    const why = hasTaskset ? `${availableParallelism()} CPU` : 'no taskset';
    return { pinned: false, proxyPrefix: [], description: `not pinned (${why})` };
  }
  execFileSync('taskset', ['-a', '-c', '-p', String(loadCpu), String(process.pid)], { stdio: 'ignore' });
  return {
    pinned: true,
    proxyPrefix: ['taskset', '-c', String(proxyCpu)],
    description: `proxy on CPU ${proxyCpu}; load and upstream on CPU ${loadCpu}`,
  };
}

function allowedCpus(): number[] {
  const list = execFileSync('taskset', ['-c', '-p', String(process.pid)], { encoding: 'utf8' }).split(':')[1] ?? '';
  return list
    .trim()
    .split(',')
    .flatMap((part) => {
      const [from, to = from] = part.split('-').map(Number);
      if (from === undefined || to === undefined) return [];
      return Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
    });
}
