import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IMPORT = /(?:\bfrom |\bimport\()'(\.[^']+)'/g;

/** The table of docs/architecture.md: each room, and those it says it knows; `all`: every one but those that know it. */
function told(): Map<string, ReadonlySet<string> | 'all'> {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)\/` \|.*\| ([^|]*) \|$/gm)];
  return new Map(
    rows.map(([, room = '', knows = '']) => [
      room,
      knows.startsWith('all') ? 'all' : new Set([...knows.matchAll(/`(\w+)\/`/g)].map(([, name = '']) => name)),
    ]),
  );
}

/** Which rooms import which, and an import of each. */
function imported(): Map<string, Map<string, string>> {
  const rooms = new Map<string, Map<string, string>>();
  for (const file of globSync('src/*/**/*.ts', { cwd: ROOT })) {
    const [, room = ''] = file.split('/');
    const known = rooms.get(room) ?? new Map<string, string>();
    rooms.set(room, known);
    for (const [, target = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(IMPORT)) {
      const [top, other = '', deeper] = normalize(join(file, '..', target)).split('/');
      if (top === 'src' && deeper !== undefined && other !== room) known.set(other, `${file} imports ${target}`);
    }
  }
  return rooms;
}

test('docs/architecture.md names every room, and whom each one knows', () => {
  const table = told();
  const rooms = imported();
  assert.deepEqual([...table.keys()].toSorted(), [...rooms.keys()].toSorted());
  const untold: string[] = [];
  for (const [room, known] of rooms) {
    const may = table.get(room);
    for (const [other, where] of known) if (may !== 'all' && may?.has(other) !== true) untold.push(where);
  }
  assert.deepEqual(untold, [], 'keep the room as it is, or say in the table whom it knows now');
});

test('nobody knows the proxy but the commands', () => {
  const knowing = [...imported()].filter(([, known]) => known.has('proxy')).map(([room]) => room);
  assert.deepEqual(knowing, ['commands']);
});
