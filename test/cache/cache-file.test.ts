import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { AnswerCache, NewAnswer } from '../../src/cache/answer-cache.ts';
import { openCache } from '../../src/cache/open-cache.ts';
import type { CacheTrouble } from '../../src/cache/store/cache-store.ts';
import { parseConfig } from '../../src/config/load.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { stateDir } from '../state/state-dir.ts';
import { entryOf } from './entries.ts';

const ANSWERS = 60;
/** Of about eleven kilobytes: most of the file's pages hold nothing but a part of one. */
const TEXT = 'the answer is 42 '.repeat(650);
const PAGE = 4_096;
const LIFE = { ttl: 3_600_000, staleIfError: undefined };

interface Opened {
  readonly cache: AnswerCache;
  readonly troubles: readonly CacheTrouble[];
}

async function open(dir: string, clock: FakeClock): Promise<Opened> {
  const source = `state: {dir: ${JSON.stringify(dir)}}\nproviders: {a: {baseUrl: "http://127.0.0.1:1", apiKey: k}}\ncache: {exact: on, idempotency: on}`;
  const troubles: CacheTrouble[] = [];
  const onTrouble = (trouble: CacheTrouble) => void troubles.push(trouble);
  const cache = await openCache(parseConfig('c.yaml', source, {}), { clock, random: () => 0, onTrouble });
  return { cache, troubles };
}

const keyOf = (number: number) => entryOf(`k${number}`).key;

function answerOf(number: number): NewAnswer {
  const { createdAt: _at, freshUntil: _fresh, keepUntil: _keep, epoch: _epoch, ...rest } = entryOf(`k${number}`);
  return { ...rest, body: Buffer.from(JSON.stringify({ number, text: TEXT })) };
}

async function filled(dir: string, clock: FakeClock): Promise<string> {
  const { cache } = await open(dir, clock);
  for (let number = 0; number < ANSWERS; number++) cache.keep(answerOf(number), LIFE, clock.now());
  await cache.close();
  return join(dir, 'cache.db');
}

/** What is found of the answers, and that it is what was kept. */
async function found(cache: AnswerCache): Promise<number> {
  let count = 0;
  for (let number = 0; number < ANSWERS; number++) {
    const entry = await cache.find('acme', keyOf(number));
    if (entry === undefined) continue;
    count++;
    assert.ok(entry.body.equals(answerOf(number).body), `answer ${number} is what was kept`);
  }
  return count;
}

describe('a damaged cache file', () => {
  const pages = [...Array(8).keys()].map((page) => page * 21 + 3);
  const damages: readonly (readonly [string, (bytes: Buffer, page: number) => Buffer])[] = [
    ['overwritten', (bytes, page) => bytes.fill(0xff, page * PAGE, (page + 1) * PAGE)],
    ['emptied', (bytes, page) => bytes.fill(0, page * PAGE, (page + 1) * PAGE)],
    [
      'that has changed places',
      (bytes, page) => bytes.fill(bytes.subarray(99 * PAGE, 100 * PAGE), page * PAGE, (page + 1) * PAGE),
    ],
    ['behind which all is cut off', (bytes, page) => bytes.subarray(0, page * PAGE)],
  ];
  for (const [what, damage] of damages) {
    test(`with a page ${what} gives no answer that is not the one kept, and is in use again`, async () => {
      for (const page of pages) {
        const dir = stateDir();
        const clock = new FakeClock();
        const file = await filled(dir, clock);
        writeFileSync(file, damage(readFileSync(file), page));
        const { cache } = await open(dir, clock);
        await found(cache);
        cache.keep(answerOf(0), LIFE, clock.now());
        await cache.close();
        const again = await open(dir, clock);
        assert.ok((await found(again.cache)) > 0, `page ${page}: what was kept since is there`);
        assert.deepEqual(again.troubles, []);
        await again.cache.close();
      }
    });
  }

  test('in which a few letters have changed gives none of the answers concerned, and says so', async () => {
    const dir = stateDir();
    const clock = new FakeClock();
    const file = await filled(dir, clock);
    const bytes = readFileSync(file);
    for (let at = bytes.indexOf('answer is 42'); at >= 0; at = bytes.indexOf('answer is 42', at)) bytes[at + 11] = 0x33;
    writeFileSync(file, bytes);
    const { cache, troubles } = await open(dir, clock);
    assert.equal(await found(cache), 0);
    assert.match(troubles[0]?.message ?? '', /60 kept answers cannot be read .* was changed/);
    await cache.close();
  });
});

test('a process that ends without closing its cache has written what it had, idempotent answers included', async () => {
  const dir = stateDir();
  const script = `
    const { openCache } = await import(${JSON.stringify(new URL('../../src/cache/open-cache.ts', import.meta.url))});
    const { parseConfig } = await import(${JSON.stringify(new URL('../../src/config/load.ts', import.meta.url))});
    const { systemClock: clock } = await import(${JSON.stringify(new URL('../../src/clock.ts', import.meta.url))});
    const { Cancellation } = await import(${JSON.stringify(new URL('../../src/cancellation.ts', import.meta.url))});
    const config = parseConfig('c.yaml', ${JSON.stringify(`state: {dir: ${JSON.stringify(dir)}}\nproviders: {a: {baseUrl: "http://127.0.0.1:1", apiKey: k}}\ncache: {exact: on, idempotency: on}`)}, {});
    const cache = await openCache(config, { clock, random: Math.random, onTrouble: (trouble) => { throw new Error(trouble.message); } });
    const begun = await cache.idempotency.begin({ name: { tenant: 'acme', key: 'k' }, fingerprint: 'f', owner: 'o', until: clock.now() + 1000, cancellation: new Cancellation() });
    begun.claim.complete({ contentType: 'application/json', status: 'ok', target: 'a/m', body: Buffer.from('{}') }, 3600000);
    process.exit(0);`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const { cache } = await open(dir, new FakeClock(Date.now()));
  const { Cancellation } = await import('../../src/cancellation.ts');
  const begun = await cache.idempotency.begin({
    name: { tenant: 'acme', key: 'k' },
    fingerprint: 'f',
    owner: 'other',
    until: 0,
    cancellation: new Cancellation(),
  });
  assert.equal(begun.kind, 'answer');
  await cache.close();
});
