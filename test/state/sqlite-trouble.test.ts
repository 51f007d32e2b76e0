import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { StateUnavailable } from '../../src/state/budget-store.ts';
import { openSqliteStore } from '../../src/state/local/sqlite-store.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { charge, levelOf, request, settlement } from './asks.ts';
import { copyOf, stateDir } from './state-dir.ts';

/** A store whose turns end when told, and a way to keep its file from being written. */
function troubled(queueBound = 1_000) {
  const dir = stateDir();
  const clock = new FakeClock(Date.UTC(2026, 10, 2));
  const troubles: string[] = [];
  let turn: (() => void)[] = [];
  const store = openSqliteStore({
    dir,
    clock,
    queueBound,
    onTrouble: ({ kind, file }) => {
      assert.equal(file, join(dir, 'breakwater.db'));
      troubles.push(kind);
    },
    schedule: (callback) => void turn.push(callback),
  });
  const endTurn = () => {
    const due = turn;
    turn = [];
    for (const callback of due) callback();
  };
  const block = () => {
    const other = new DatabaseSync(join(dir, 'breakwater.db'));
    other.exec('BEGIN IMMEDIATE');
    return () => other.close();
  };
  const settle = (id: string) => store.budgets.settle(settlement('acme', id, [charge('usd', 5)], { held: false }));
  /** What a start would find if the process ended here. */
  const onDisk = async () => {
    const copy = openSqliteStore({ dir: copyOf(dir), clock });
    const { spent } = await levelOf(copy.budgets, 'acme', 'usd');
    copy.close();
    return spent;
  };
  return { store, clock, troubles, endTurn, block, settle, onDisk };
}

describe('settlements', () => {
  it('are written together at the end of the turn', async () => {
    const { store, endTurn, settle, onDisk, troubles } = troubled();
    settle('a');
    settle('b');
    assert.equal(await onDisk(), 0);
    endTurn();
    assert.equal(await onDisk(), 10);
    assert.deepEqual(troubles, []);
    store.close();
  });

  it('are written when the store is closed', async () => {
    const { store, settle, onDisk } = troubled();
    settle('a');
    store.close();
    assert.equal(await onDisk(), 5);
  });

  it('wait for a disk that cannot be written, which is reported once, and are all there afterwards', async () => {
    const { store, clock, endTurn, block, settle, onDisk, troubles } = troubled();
    const unblock = block();
    settle('a');
    endTurn();
    settle('b');
    endTurn();
    clock.advance(2_000);
    assert.deepEqual(troubles, ['write-failed']);
    assert.equal(store.budgets.reserve(request('acme', 'x')).kind, 'held');
    assert.deepEqual(await levelOf(store.budgets, 'acme', 'usd'), { spent: 10, held: 0 });
    unblock();
    clock.advance(1_000);
    assert.deepEqual(troubles, ['write-failed', 'recovered']);
    assert.equal(await onDisk(), 10);
    settle('c');
    endTurn();
    assert.equal(await onDisk(), 15);
    store.close();
  });

  it('that can no longer be kept let nothing new in, until they are written', () => {
    const { store, clock, endTurn, block, settle, troubles } = troubled(2);
    const unblock = block();
    for (const id of ['a', 'b', 'c']) settle(id);
    endTurn();
    for (let n = 0; n < 2; n++) assert.throws(() => store.budgets.reserve(request('acme', 'x')), StateUnavailable);
    assert.deepEqual(troubles, ['write-failed', 'queue-full']);
    unblock();
    clock.advance(1_000);
    assert.equal(store.budgets.reserve(request('acme', 'x')).kind, 'held');
    assert.deepEqual(troubles, ['write-failed', 'queue-full', 'recovered']);
    store.close();
  });

  it('that are lost at the end are reported', () => {
    const { store, block, settle, troubles } = troubled();
    const unblock = block();
    settle('a');
    store.close();
    unblock();
    assert.deepEqual(troubles, ['lost']);
  });
});

describe('pausing and keys', () => {
  it('fail where they cannot be made durable', () => {
    const { store, block } = troubled();
    const unblock = block();
    assert.throws(() => store.budgets.pause('acme', 'tenant', 'by hand'), StateUnavailable);
    assert.deepEqual(store.budgets.paused('acme'), []);
    assert.throws(() => store.budgets.resume('acme', 'tenant'), StateUnavailable);
    assert.throws(() => store.keys.revoke('key_abcdefghijkl', 1), StateUnavailable);
    unblock();
    store.close();
  });
});
