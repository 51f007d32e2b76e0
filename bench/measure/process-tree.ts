import { readdirSync, readFileSync } from 'node:fs';

/** CPU time spent so far by a process and all its descendants. Two of these make a {@link cpuBetween}. */
export interface CpuReading {
  /** Nanoseconds on a CPU by thread (`pid/tid`), from schedstat. Threads that have ended are missing. */
  readonly threads: ReadonlyMap<string, number>;
  /** Nanoseconds by process, from stat: 10 ms grain, but counts ended threads and reaped children. */
  readonly processes: ReadonlyMap<number, number>;
}

const NS_PER_TICK = 1e9 / 100;
const KB_PER_PAGE = 4;

/** Reads the CPU clocks of `root` and its descendants. Linux only; throws where `root` has ended. */
export function readCpu(root: number): CpuReading {
  const threads = new Map<string, number>();
  const processes = new Map<number, number>();
  for (const pid of treeOf(root)) {
    processes.set(pid, statTicks(pid) * NS_PER_TICK);
    for (const tid of entries(`/proc/${pid}/task`)) {
      const line = readOrEmpty(`/proc/${pid}/task/${tid}/schedstat`);
      if (line !== '') threads.set(`${pid}/${tid}`, Number(line.split(' ', 1)[0]));
    }
  }
  if (threads.size === 0) throw new Error(`process ${root} is gone`);
  return { threads, processes };
}

/**
 * Nanoseconds of CPU between two readings. The precise clock is used unless the coarse one shows that it missed a thread or
 * a child that ended in between.
 */
export function cpuBetween(before: CpuReading, after: CpuReading): number {
  const precise = sumOfIncreases(before.threads, after.threads);
  const coarse = sumOfIncreases(before.processes, after.processes);
  const grain = 2 * NS_PER_TICK * after.processes.size;
  return coarse > precise * 1.02 + grain ? coarse : precise;
}

/** Resident memory of `root` and its descendants, bytes. Pages shared between them count once for each. */
export function readRss(root: number): number {
  let pages = 0;
  for (const pid of treeOf(root)) pages += Number(readOrEmpty(`/proc/${pid}/statm`).split(' ')[1] ?? 0);
  return pages * KB_PER_PAGE * 1024;
}

/** Open file descriptors of the root process: sockets that leak show here before they show as memory. */
export function countOpenFiles(root: number): number {
  return entries(`/proc/${root}/fd`).length;
}

function sumOfIncreases<K>(before: ReadonlyMap<K, number>, after: ReadonlyMap<K, number>): number {
  let sum = 0;
  for (const [key, value] of after) sum += value - (before.get(key) ?? 0);
  return sum;
}

function treeOf(root: number): number[] {
  const tree = [root];
  for (let index = 0; index < tree.length; index++) {
    const pid = tree[index];
    for (const tid of entries(`/proc/${pid}/task`)) {
      const children = readOrEmpty(`/proc/${pid}/task/${tid}/children`).trim();
      if (children !== '') tree.push(...children.split(' ').map(Number));
    }
  }
  return tree;
}

function statTicks(pid: number): number {
  const line = readOrEmpty(`/proc/${pid}/stat`);
  // The name in parentheses may hold spaces; the fields after it are numbered from 3 (state).
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  return field(14) + field(15) + field(16) + field(17);
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    return endedMeanwhile(error, []);
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    return endedMeanwhile(error, '');
  }
}

/** A process or thread may end between listing and reading it; anything else is a real error. */
function endedMeanwhile<T>(error: unknown, instead: T): T {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ESRCH') return instead;
  throw error;
}
