import type { Path } from './path.ts';

/** Options of later versions: refused by name, so that nobody believes a budget holds that nothing enforces. */
const LATER: readonly (readonly string[])[] = [['telemetry', 'otlp']];

export function isLater(path: Path): boolean {
  return LATER.some(
    (known) => known.length === path.length && known.every((part, index) => part === '*' || part === path[index]),
  );
}
