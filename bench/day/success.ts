import { seededRandom } from '../../src/simulator/words.ts';
import type { Replayed } from './replay.ts';
import { taskSuccess } from './tally.ts';

/** By how much the share of successful tasks differs, after minus before, with its 95% interval; all -1 to 1. */
export interface Difference {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 1_000;

/**
 * Paired, and resampled by what was asked: a question that is asked a hundred times is answered rightly a hundred times or not at all, and jobs
 * of one session hang together. The task is the unit.
 */
export function successDifference(before: Replayed, after: Replayed, seed: number): Difference {
  const was = taskSuccess(before.outcomes);
  const is = taskSuccess(after.outcomes);
  const clusters = new Map<string, { sum: number; tasks: number }>();
  const clusterOf = new Map(
    before.outcomes.map(({ request: { task, session, question } }) => [
      task,
      question.kind === 'coding' ? (session ?? task) : question.kind === 'research' ? task : question.id,
    ]),
  );
  for (const [task, success] of is) {
    const name = clusterOf.get(task) ?? task;
    const cluster = clusters.get(name) ?? { sum: 0, tasks: 0 };
    clusters.set(name, cluster);
    cluster.sum += Number(success) - Number(was.get(task) ?? false);
    cluster.tasks += 1;
  }
  const all = [...clusters.values()];
  const mean = meanOf(all);
  const random = seededRandom(seed);
  const means = Array.from({ length: RESAMPLES }, () =>
    meanOf(all.map((one) => all[Math.floor(random() * all.length)] ?? one)),
  ).sort((a, b) => a - b);
  return {
    mean,
    low: means[Math.floor(RESAMPLES * 0.025)] ?? mean,
    high: means[Math.ceil(RESAMPLES * 0.975) - 1] ?? mean,
  };
}

function meanOf(clusters: readonly { readonly sum: number; readonly tasks: number }[]): number {
  let sum = 0;
  let tasks = 0;
  for (const cluster of clusters) {
    sum += cluster.sum;
    tasks += cluster.tasks;
  }
  return tasks === 0 ? 0 : sum / tasks;
}
