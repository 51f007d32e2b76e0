import assert from 'node:assert/strict';
import { test } from 'node:test';
import { USUAL } from '../context/options.ts';
import { marksOf, render } from '../context/report.ts';
import { runSession } from '../context/session-run.ts';

test('a session runs with the whole past and without, and its bill is what the tenant is charged', async () => {
  const options = { ...USUAL, turns: 40, words: 150, cap: 5000, prefillMs: 0.1 };
  const [whole, short] = [await runSession(options, false), await runSession(options, true)];
  assert.equal(whole.cuts, 0);
  assert.ok(short.cuts >= 1 && short.summaries >= short.cuts);
  const figures = { options, whole, short };
  for (const what of ['the most the upstream was sent', 'charged, off from the upstream’s bill'])
    assert.equal(marksOf(figures).find((mark) => mark.what === what)?.held, true, what);
  assert.match(render(figures), /\| 31 to 40 \|/);
});
