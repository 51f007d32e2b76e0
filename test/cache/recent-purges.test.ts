import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RecentPurges } from '../../src/cache/recent-purges.ts';
import { entryOf } from './entries.ts';

const HOUR = 60 * 60 * 1000;

describe('recent purges', () => {
  test('take what was asked before them and fits, and nothing else', () => {
    const purges = new RecentPurges();
    purges.add({ tenant: 'acme', tag: 'docs' }, 1_000);
    const docs = entryOf('a', { tags: ['docs'] });
    assert.equal(purges.takes(docs, 999), true);
    assert.equal(purges.takes(docs, 1_001), false);
    assert.equal(purges.takes(entryOf('a'), 999), false);
    assert.equal(purges.takes({ ...docs, tenant: 'umbrella' }, 999), false);
  });

  test('are forgotten after an hour', () => {
    const purges = new RecentPurges();
    purges.add({}, 1_000);
    purges.add({ tag: 'none' }, 1_000 + HOUR);
    assert.equal(purges.takes(entryOf('a'), 999), false);
  });

  test('of which there are very many take more than was purged, and never less', () => {
    const purges = new RecentPurges();
    for (let at = 1; at <= 400; at++) purges.add({ tag: `t${at}` }, at);
    for (let at = 1; at <= 400; at++) assert.equal(purges.takes(entryOf('a', { tags: [`t${at}`] }), at - 1), true);
    assert.equal(purges.takes(entryOf('a', { tags: ['t1'] }), 401), false);
    assert.equal(purges.takes(entryOf('a', { tags: ['other'] }), 300), false);
  });
});
