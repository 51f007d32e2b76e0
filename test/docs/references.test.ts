import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })];
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** How GitHub names the anchor of a heading. */
function anchor(heading: string): string {
  const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
  return plain
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

test('links between the pages lead somewhere, to headings too', () => {
  const anchors = new Map(
    PAGES.map((page) => {
      const text = read(page).replace(/^```[\s\S]*?^```/gm, '');
      return [page, new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading)))];
    }),
  );
  const broken: string[] = [];
  for (const page of PAGES) {
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path = '', heading] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, file))) broken.push(`${page}: ${target}`);
      else if (heading !== undefined && anchors.get(file)?.has(heading) === false) broken.push(`${page}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('every header of the proxy’s own is in docs/api.md, and none that it does not know', () => {
  const source = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n');
  const used = new Set(source.match(/\bx-breakwater-[a-z]+(?:-[a-z]+)*/g));
  const told = new Set(read('docs/api.md').match(/\bx-breakwater-[a-z]+(?:-[a-z]+)*/g));
  assert.deepEqual([...told].toSorted(), [...used].toSorted());
});
