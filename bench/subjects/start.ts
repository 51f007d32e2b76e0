import { startBare } from './bare.ts';
import { startBreakwater } from './breakwater.ts';
import { startNginx } from './nginx.ts';
import { startPortkey } from './portkey.ts';
import { CannotStart, type Place, type Subject, type SubjectName } from './subject.ts';

const STARTERS: Readonly<Record<SubjectName, (place: Place) => Promise<Subject>>> = {
  direct: async (place) => ({
    name: 'direct',
    port: place.upstreamPort,
    headers: {},
    model: 'bench',
    what: 'no proxy',
    stop: async () => undefined,
  }),
  bare: startBare,
  nginx: startNginx,
  portkey: startPortkey,
  breakwater: startBreakwater,
  spliced: (place) => startBreakwater(place, 'spliced'),
  before: (place) => startBreakwater({ ...place, entry: place.before }, 'before'),
};

/** Who runs, and who could not with the reason. */
export interface Started {
  readonly subjects: readonly Subject[];
  readonly absent: readonly string[];
}

/** Starts the named subjects one after another; one that cannot start is left out, not fatal. */
export async function startSubjects(names: readonly SubjectName[], place: Place): Promise<Started> {
  const subjects: Subject[] = [];
  const absent: string[] = [];
  for (const name of names) {
    try {
      subjects.push(await STARTERS[name](place));
    } catch (error) {
      if (!(error instanceof CannotStart)) throw error;
      absent.push(error.message);
      process.stderr.write(`left out: ${error.message}\n`);
    }
  }
  return { subjects, absent };
}
