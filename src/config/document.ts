import type { LineCounter } from 'yaml';
import type { Problem } from './config-error.ts';
import { formatPath, isSecret, type Path } from './path.ts';

/** Where a value was written. */
interface Place {
  readonly offset: number;
  readonly keyOffset: number | undefined;
  /** The text before interpolation, where the environment had a part in the value. */
  readonly template: string | undefined;
}

/** A parsed file: its plain value, and for every path in it the place it was written at. */
export class ConfigDocument {
  readonly file: string;
  /** Plain objects without a prototype, arrays and scalars; interpolated. */
  value: unknown;
  readonly problems: Problem[] = [];
  readonly #source: string;
  readonly #lines: LineCounter;
  readonly #places = new Map<string, Place>();
  readonly #reported = new Set<string>();

  constructor(file: string, source: string, lines: LineCounter) {
    this.file = file;
    this.#source = source;
    this.#lines = lines;
  }

  place(path: Path, place: Place): void {
    this.#places.set(JSON.stringify(path), place);
  }

  has(path: Path): boolean {
    return this.#places.has(JSON.stringify(path));
  }

  /** The environment had a part in the value. */
  isInterpolated(path: Path): boolean {
    return this.#places.get(JSON.stringify(path))?.template !== undefined;
  }

  /** The value as it may be shown in an error: never a secret, never what a variable holds. */
  shown(path: Path, value: unknown): string | undefined {
    if (isSecret(path)) return undefined;
    const text = JSON.stringify(this.#places.get(JSON.stringify(path))?.template ?? value);
    if (text === undefined) return undefined;
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
  }

  /**
   * Reports at the value of the path, or at the nearest thing around it that was written. Only the first problem of a path
   * counts: an alias that could not be resolved is not "empty" as well.
   */
  report(path: Path, message: string): void {
    if (this.#reported.has(formatPath(path))) return;
    this.reportAt(this.#nearest(path)?.offset ?? 0, path, message);
  }

  /** Reports at the key of the path: a name is wrong, not what it holds. `named`: the path to say, where the key must not be. */
  reportKey(path: Path, message: string, named: Path = path): void {
    const place = this.#nearest(path);
    this.reportAt(place?.keyOffset ?? place?.offset ?? 0, named, message);
  }

  reportAt(offset: number, path: Path, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    const named = formatPath(path);
    this.#reported.add(named);
    // An empty file has no lines for the counter.
    this.problems.push({ file: this.file, line: Math.max(line, 1), column: Math.max(col, 1), path: named, message });
  }

  text(from: number, to: number): string {
    return this.#source.slice(from, to);
  }

  #nearest(path: Path): Place | undefined {
    for (let length = path.length; length >= 0; length--) {
      const place = this.#places.get(JSON.stringify(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return undefined;
  }
}
