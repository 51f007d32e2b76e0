import { writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { openSqliteStore } from '../../src/state/local/sqlite-store.ts';
import { ask, charge, entry, request, settlement } from './asks.ts';

/** Reserves and settles until it is killed; says after each event-loop turn how much was settled in the turns before. */
const [dir = '', limit = '0'] = process.argv.slice(2);
const { budgets } = openSqliteStore({ dir, clock: systemClock });
let settled = 0;
for (let n = 0; ; n++) {
  for (let k = 0; k < 10; k++) {
    const id = `r${process.pid}-${n}-${k}`;
    const reply = budgets.reserve(
      request('acme', id, { leaseMs: 600_000, counters: [ask('usd', Number(limit), 40), ask('slots', 1_000_000, 1)] }),
    );
    // Every second one is still under way when the process ends.
    if (reply.kind !== 'held' || k % 2 === 1) continue;
    const charges = [charge('usd', 7), charge('slots', 0)];
    budgets.settle(settlement('acme', id, charges, { entry: entry('acme', id, { cost: 7 }) }));
    settled += 7;
  }
  const acknowledged = settled;
  await setImmediate();
  await setImmediate();
  writeSync(1, `${acknowledged}\n`);
}
