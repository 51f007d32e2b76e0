import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { openSqliteStore } from '../../src/state/local/sqlite-store.ts';
import { ask, levelOf, request } from './asks.ts';
import { stateDir } from './state-dir.ts';

const child = new URL('./sqlite-crash-child.ts', import.meta.url).pathname;

/** Runs traffic on a directory in another process and kills it, with no chance to clean up, after so many turns. */
async function killAfter(turns: number, dir: string, limit: number): Promise<number> {
  const process_ = spawn(process.execPath, [child, dir, String(limit)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(process_, 'exit');
  let acknowledged = 0;
  for await (const line of createInterface({ input: process_.stdout })) {
    acknowledged = Number(line);
    if (--turns === 0) process_.kill('SIGKILL');
  }
  const [, signal] = await exited;
  assert.equal(signal, 'SIGKILL');
  return acknowledged;
}

describe('a process killed in the middle of its traffic', () => {
  it('loses nothing that was settled before its last turn, and leaves no holds', async () => {
    const dir = stateDir();
    let before = 0;
    for (const turns of [20, 60, 1]) {
      const acknowledged = await killAfter(turns, dir, 1_000_000);
      const store = openSqliteStore({ dir, clock: systemClock });
      const { spent, held } = await levelOf(store.budgets, 'acme', 'usd');
      const lines = await store.budgets.ledger('acme', { limit: 1_000_000 });
      store.close();
      assert.equal(held, 0);
      assert.ok(spent >= before + acknowledged, `${spent} of ${before} + ${acknowledged} are left`);
      assert.equal(
        spent,
        lines.reduce((sum, { cost }) => sum + cost, 0),
      );
      before = spent;
    }
  });

  it('has not overspent, and what it held can be taken at once', async () => {
    const dir = stateDir();
    await killAfter(30, dir, 1_000);
    const store = openSqliteStore({ dir, clock: systemClock });
    const { spent } = await levelOf(store.budgets, 'acme', 'usd');
    assert.ok(spent <= 1_000, `spent ${spent}`);
    const rest = request('acme', 'rest', { counters: [ask('usd', 1_000, 1_000 - spent)] });
    assert.equal(store.budgets.reserve(rest).kind, 'held');
    store.close();
  });
});
