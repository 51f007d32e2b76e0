import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { openSqliteReader } from '../../src/state/local/sqlite-reader.ts';
import { openSqliteStore } from '../../src/state/local/sqlite-store.ts';
import { migrate } from '../../src/state/sqlite/migrations.ts';
import { StateFileError } from '../../src/state/sqlite/state-file-error.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { ask, charge, levelOf, request, settlement } from './asks.ts';
import { stateDir } from './state-dir.ts';

const clock = new FakeClock(Date.UTC(2026, 10, 2));

const refusal = (dir: string, ...words: readonly RegExp[]) =>
  assert.throws(
    () => openSqliteStore({ dir, clock }),
    (error) => error instanceof StateFileError && words.every((word) => word.test(error.message)),
  );

describe('the state directory', () => {
  it('is made where there is none, for its owner only', () => {
    const dir = join(stateDir(), 'deep', 'data');
    openSqliteStore({ dir, clock }).close();
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    for (const name of ['breakwater.db', 'breakwater.lock']) {
      assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name);
    }
  });

  it('belongs to one process at a time', () => {
    const dir = stateDir();
    const store = openSqliteStore({ dir, clock });
    refusal(dir, /another Breakwater process/, new RegExp(dir), /redis/);
    refusal(dir, /another Breakwater process/);
    const child = new URL('./sqlite-crash-child.ts', import.meta.url).pathname;
    const { status, stderr } = spawnSync(process.execPath, [child, dir], { encoding: 'utf8', timeout: 60_000 });
    assert.equal(status, 1);
    assert.match(stderr, /another Breakwater process/);
    store.close();
    store.close();
    openSqliteStore({ dir, clock }).close();
  });

  it('that cannot be one is named', () => {
    const file = join(stateDir(), 'file');
    writeFileSync(file, '');
    refusal(join(file, 'data'), new RegExp(`${file}/data`));
  });
});

describe('a database file', () => {
  it('that is none is named, and left as it is', () => {
    const dir = stateDir();
    const file = join(dir, 'breakwater.db');
    writeFileSync(file, 'not a database, but long enough to be taken for one '.repeat(100));
    refusal(dir, new RegExp(file), /not an SQLite database/);
    assert.match(readFileSync(file, 'utf8'), /^not a database/);
  });

  it('that is damaged is named', () => {
    const dir = stateDir();
    const store = openSqliteStore({ dir, clock });
    for (let n = 0; n < 500; n++)
      store.budgets.settle(settlement('acme', `r${n}`, [charge(`k${n}`, 1)], { held: false }));
    store.close();
    const file = join(dir, 'breakwater.db');
    const fd = openSync(file, 'r+');
    for (let at = 4_096; at < statSync(file).size; at += 4_096) writeSync(fd, Buffer.alloc(4_096, 0xff), 0, 4_096, at);
    closeSync(fd);
    refusal(dir, new RegExp(file), /damaged/);
  });

  it('of a newer version is refused, and left as it is', () => {
    const dir = stateDir();
    openSqliteStore({ dir, clock }).close();
    const db = new DatabaseSync(join(dir, 'breakwater.db'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    refusal(dir, /breakwater\.db/, /newer version/, /99/);
    refusal(dir, /newer version/);
  });
});

describe('migrations', () => {
  const version = (db: DatabaseSync) => db.prepare('PRAGMA user_version').get()?.user_version;

  it('run those that are missing, in order, once', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, 'x.db', ['CREATE TABLE log (step)', "INSERT INTO log VALUES ('two')"]);
    migrate(db, 'x.db', ['fails', 'fails', "INSERT INTO log VALUES ('three')", "INSERT INTO log VALUES ('four')"]);
    const steps = db.prepare('SELECT step FROM log').all();
    assert.deepEqual(
      steps.map(({ step }) => step),
      ['two', 'three', 'four'],
    );
    assert.equal(version(db), 4);
    db.close();
  });

  it('all happen or none', () => {
    const db = new DatabaseSync(':memory:');
    assert.throws(() => migrate(db, 'x.db', ['CREATE TABLE one (a)', 'CREATE TABLE two (', 'CREATE TABLE three (a)']));
    assert.equal(version(db), 0);
    assert.deepEqual(db.prepare('SELECT name FROM sqlite_schema').all(), []);
    db.close();
  });
});

describe('a second process, such as a command', () => {
  it('may come before the server ever ran', () => {
    const dir = stateDir();
    const reader = openSqliteReader({ dir, clock });
    assert.deepEqual(reader.keys.list(), []);
    reader.close();
  });

  it('sees what is settled, whether or not there was a checkpoint', async () => {
    const dir = stateDir();
    const store = openSqliteStore({ dir, clock });
    const reader = openSqliteReader({ dir, clock });
    for (let n = 0; n < 3; n++) {
      store.budgets.reserve(request('acme', `r${n}`, { counters: [ask('usd', 100, 9)] }));
      store.budgets.settle(settlement('acme', `r${n}`, [charge('usd', 4)]));
      store.flush();
      if (n === 1) clock.advance(20_000);
      assert.deepEqual(await levelOf(store.budgets, 'acme', 'usd'), { spent: 4 * (n + 1), held: 0 });
      assert.deepEqual(
        (await reader.budgets.counters('acme', 10)).map(({ key, spent }) => [key, spent]),
        [['usd', 4 * (n + 1)]],
      );
    }
    assert.deepEqual(
      (await reader.budgets.ledger('acme', { limit: 10 })).map(({ id }) => id),
      ['r0', 'r1', 'r2'],
    );
    assert.deepEqual(await reader.budgets.counters('other', 10), []);
    reader.close();
    store.close();
  });

  it('pauses and resumes what the server then refuses and lets pass', async () => {
    const dir = stateDir();
    const store = openSqliteStore({ dir, clock });
    const reader = openSqliteReader({ dir, clock });
    await reader.budgets.pause('acme', 'tenant', 'by hand');
    store.refresh();
    assert.equal(store.budgets.reserve(request('acme', 'a')).kind, 'refused');
    assert.deepEqual(store.budgets.paused('acme'), await reader.budgets.paused('acme'));
    assert.equal(await reader.budgets.resume('acme', 'tenant'), true);
    assert.equal(await reader.budgets.resume('acme', 'tenant'), false);
    await store.keys.revision();
    assert.equal(store.budgets.reserve(request('acme', 'a')).kind, 'held');
    reader.close();
    store.close();
  });

  it('may resume through the server what it does not know of yet', async () => {
    const dir = stateDir();
    const store = openSqliteStore({ dir, clock });
    const reader = openSqliteReader({ dir, clock });
    await reader.budgets.pause('acme', 'tenant', 'by hand');
    assert.equal(store.budgets.resume('acme', 'tenant'), true);
    assert.deepEqual(await reader.budgets.paused('acme'), []);
    reader.close();
    store.close();
  });

  it('makes and revokes keys, which the server notices by the revision', async () => {
    const dir = stateDir();
    const store = openSqliteStore({ dir, clock });
    const reader = openSqliteReader({ dir, clock });
    const before = await store.keys.revision();
    await reader.keys.add({
      id: 'key_abcdefghijkl',
      hash: 'a'.repeat(64),
      hint: 'wxyz',
      tenant: 'acme',
      agent: undefined,
      label: undefined,
      createdAt: 1,
      expiresAt: undefined,
      revokedAt: undefined,
    });
    const added = await store.keys.revision();
    assert.notEqual(added, before);
    await reader.keys.revoke('key_abcdefghijkl', 5);
    assert.notEqual(await store.keys.revision(), added);
    assert.deepEqual(
      (await store.keys.list()).map(({ revokedAt }) => revokedAt),
      [5],
    );
    reader.close();
    store.close();
  });
});

describe('a start', () => {
  it('finds what was paused, and keys', async () => {
    const dir = stateDir();
    const store = openSqliteStore({ dir, clock });
    store.budgets.pause('acme', 'agent:coder', 'by hand');
    const paused = store.budgets.paused('acme');
    store.close();
    const again = openSqliteStore({ dir, clock });
    assert.deepEqual(again.budgets.paused('acme'), paused);
    again.close();
  });
});
