import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Where packages are that the operator may have installed, beside this program or in one of the directories: file URLs, of all of them in
 * one place. Undefined where there is no such place.
 *
 * @param own this program's own place, as a URL
 */
export function findPackages(
  names: readonly string[],
  directories: readonly string[],
  own: string = import.meta.url,
): readonly string[] | undefined {
  const places = [own, ...directories.map((directory) => pathToFileURL(join(directory, 'package.json')))];
  for (const place of places) {
    const { resolve } = createRequire(place);
    try {
      return names.map((name) => pathToFileURL(resolve(name)).href);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
    }
  }
  return undefined;
}
