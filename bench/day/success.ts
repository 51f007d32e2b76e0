import { seededRandom } from '../../src/simulator/words.ts';
import type { Replayed } from './replay.ts';
import { taskSuccess } from './tally.ts';

/** By how much the share of successful tasks differs, after minus before, with its 95% interval; all -1 to 1. */
export interface Difference {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** What was resampled. */
  readonly clusters: number;
}

/** Tasks that succeed or fail together. */
export interface Cluster {
  /** Successes after minus before. */
  readonly sum: number;
  readonly tasks: number;
}

const RESAMPLES = 2_000;

/**
 * The tasks of a day, paired, by what was asked: a question that is asked a hundred times is answered rightly a hundred times or not at all, and
 * jobs of one session hang together.
 */
export function taskClusters(before: Replayed, after: Replayed): Cluster[] {
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
  return [...clusters.values()];
}

/** The mean over all tasks, and what it is in 95% of resamples of the clusters. */
export function differenceOf(clusters: readonly Cluster[], seed: number): Difference {
  const mean = meanOf(clusters);
  const random = seededRandom(seed);
  const means = Array.from({ length: RESAMPLES }, () =>
    meanOf(clusters.map((one) => clusters[Math.floor(random() * clusters.length)] ?? one)),
  ).sort((a, b) => a - b);
  return {
    mean,
    low: means[Math.floor(RESAMPLES * 0.025)] ?? mean,
    high: means[Math.ceil(RESAMPLES * 0.975) - 1] ?? mean,
    clusters: clusters.length,
  };
}

function meanOf(clusters: readonly Cluster[]): number {
  let sum = 0;
  let tasks = 0;
  for (const cluster of clusters) {
    sum += cluster.sum;
    tasks += cluster.tasks;
  }
  return tasks === 0 ? 0 : sum / tasks;
}
