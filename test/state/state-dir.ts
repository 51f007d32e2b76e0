import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const dirs: string[] = [];

/** A directory of its own, removed when the process ends: no suite that is done may take another's away. */
export function stateDir(): string {
  if (dirs.length === 0)
    process.once('exit', () => dirs.splice(0).forEach((dir) => void rmSync(dir, { recursive: true, force: true })));
  const dir = mkdtempSync(join(tmpdir(), 'breakwater-state-'));
  dirs.push(dir);
  return dir;
}

/** The files as they are now, as if the process that writes them had ended here. */
export function copyOf(dir: string): string {
  const copy = stateDir();
  for (const name of ['breakwater.db', 'breakwater.db-wal']) {
    if (existsSync(join(dir, name))) copyFileSync(join(dir, name), join(copy, name));
  }
  return copy;
}
