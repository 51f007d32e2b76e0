/** One thing wrong with a configuration, where it is, and what to do about it. Holds no secret. */
export interface Problem {
  /** The file, `(environment)` or `(command line)`. */
  readonly file: string;
  /** From 1; 0 where there is no position (the file cannot be read, an environment variable). */
  readonly line: number;
  /** From 1; 0 likewise. */
  readonly column: number;
  /** `models.smart.targets[1]`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** Lines of one error; a thousand would push the first out of the terminal. */
const MAX_PRINTED = 50;

/** A configuration that is refused, with every problem found in it. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const ordered = orderProblems(problems);
    super(formatProblems(ordered));
    this.name = 'ConfigError';
    this.problems = ordered;
  }

  /** One line a problem, `file:line:column: path: message`, as compilers print them and editors open them. */
  override toString(): string {
    return this.message;
  }
}

function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.slice(0, MAX_PRINTED).map(formatProblem);
  if (problems.length > MAX_PRINTED) lines.push(`... and ${problems.length - MAX_PRINTED} more`);
  return lines.join('\n');
}

function formatProblem(problem: Problem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}:${problem.column}` : problem.file;
  return problem.path === '' ? `${place}: ${problem.message}` : `${place}: ${problem.path}: ${problem.message}`;
}

/** In reading order, and one problem a place: what follows from the first at the same place is noise. */
function orderProblems(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  const kept = problems.filter((problem) => {
    // Without a position nothing says that two problems are one.
    const place = problem.line === 0 ? formatProblem(problem) : `${problem.line}:${problem.column}`;
    if (seen.has(place)) return false;
    seen.add(place);
    return true;
  });
  return Object.freeze(kept.sort((a, b) => a.line - b.line || a.column - b.column));
}
