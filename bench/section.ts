import type { Figure } from './measure/figure.ts';
import type { Options } from './options.ts';
import type { Place, Subject, SubjectName } from './subjects/subject.ts';
import type { Upstream } from './upstream/handle.ts';

/** What every section works with. */
export interface Bench {
  readonly options: Options;
  readonly upstream: Upstream;
  readonly place: Place;
  /** The running subjects, in the order of a round. */
  readonly subjects: readonly Subject[];
  record(figure: Figure): void;
  /** One line of progress. */
  say(line: string): void;
}

/** The numbers one measurement gives, by metric. */
export type Measured = Readonly<Record<string, number>>;

/**
 * Measures the subjects in rounds (A B C, B C A, ...), so that a slow minute of the machine meets all of them, and records
 * one figure for each subject and metric.
 */
export async function inRounds(
  bench: Bench,
  section: string,
  circumstance: string,
  subjects: readonly Subject[],
  measure: (subject: Subject) => Promise<Measured>,
): Promise<void> {
  const values = new Map<string, { subject: SubjectName; metric: string; rounds: number[] }>();
  for (let round = 0; round < bench.options.rounds; round++) {
    const shift = round % Math.max(1, subjects.length);
    for (const subject of [...subjects.slice(shift), ...subjects.slice(0, shift)]) {
      for (const [metric, value] of Object.entries(await measure(subject))) {
        const key = `${subject.name} ${metric}`;
        const series = values.get(key) ?? { subject: subject.name, metric, rounds: [] };
        series.rounds.push(value);
        values.set(key, series);
      }
    }
    bench.say(`${section}, ${circumstance}: round ${round + 1} of ${bench.options.rounds}`);
  }
  for (const { subject, metric, rounds } of values.values()) {
    bench.record({ section, metric, circumstance, subject, rounds });
  }
}
