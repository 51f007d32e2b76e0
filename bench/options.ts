import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SUBJECT_NAMES, type SubjectName } from './subjects/subject.ts';

export const SECTION_NAMES = ['cpu', 'stream', 'translate', 'latency', 'faults', 'memory', 'budgets', 'cache'] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

export interface Options {
  readonly only: readonly SectionName[];
  readonly subjects: readonly SubjectName[];
  readonly rounds: number;
  /** A smoke run: everything shorter and once, figures not to be quoted. */
  readonly quick: boolean;
  /** How long the memory section keeps the load up, milliseconds. */
  readonly soakMs: number;
  /** Replace the dated block in docs/benchmarks.md. */
  readonly write: boolean;
  /** Breakwater's main script, absolute, where it is not the one of this checkout. */
  readonly entry: string | undefined;
  /** Another build's main script, absolute, to be measured beside Breakwater's as `before`. */
  readonly before: string | undefined;
  /** Keep logs and configurations of the subjects, and say where. */
  readonly keep: boolean;
}

/** `before` is there where a build for it is named. */
const LISTED = SUBJECT_NAMES.filter((name) => name !== 'before');

/** A smoke run leaves out the peers. */
const QUICK_SUBJECTS: readonly SubjectName[] = ['direct', 'bare', 'breakwater'];

export const USAGE = `npm run bench -- [options]

  --only LIST      of: ${SECTION_NAMES.join(', ')} (default: all)
  --subjects LIST  of: ${LISTED.join(', ')} (default: all; with --quick: ${QUICK_SUBJECTS.join(', ')})
  --rounds N       interleaved rounds of each measurement (default 5)
  --quick          one short round of everything, under a minute: proves that the bench runs, not how fast the proxy is
  --soak TIME      length of the memory soak: 45s, 60m, 2h (default 60s; judged from 10m on)
  --write          put the results into docs/benchmarks.md
  --entry FILE     another build's main script in Breakwater's place (default: dist/main.js if current, else src/main.ts)
  --before FILE    an earlier build's main script, measured in turns with this one as the subject "before"
  --keep           keep the subjects' logs and configurations
  --help`;

/** @throws Error with a sentence for the user where an argument makes no sense. */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      subjects: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      soak: { type: 'string' },
      write: { type: 'boolean', default: false },
      entry: { type: 'string' },
      before: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const quick = values.quick;
  const rounds = values.rounds === undefined ? (quick ? 1 : 5) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}: not a whole number above 0`);
  if (values.write && (quick || values.only !== undefined))
    throw new Error('--write takes a whole run: no --quick, no --only');
  return {
    only: chosen('--only', values.only, SECTION_NAMES),
    subjects: [
      ...(quick && values.subjects === undefined ? QUICK_SUBJECTS : chosen('--subjects', values.subjects, LISTED)),
      ...(values.before === undefined ? [] : ['before' as const]),
    ],
    rounds,
    quick,
    soakMs: values.soak === undefined ? (quick ? 2_000 : 60_000) : duration(values.soak),
    write: values.write,
    entry: values.entry === undefined ? undefined : resolve(values.entry),
    before: values.before === undefined ? undefined : resolve(values.before),
    keep: values.keep,
  };
}

function chosen<T extends string>(flag: string, list: string | undefined, all: readonly T[]): readonly T[] {
  if (list === undefined) return all;
  const wanted = new Set(list.split(',').map((name) => name.trim()));
  const known = all.filter((name) => wanted.delete(name));
  if (wanted.size > 0) throw new Error(`${flag} ${[...wanted].join(',')}: unknown; there is ${all.join(', ')}`);
  return known;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

function duration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? [];
  const factor = UNITS[unit ?? ''];
  if (factor === undefined) throw new Error(`--soak ${text}: write a time such as 45s or 60m`);
  return Number(amount) * factor;
}
