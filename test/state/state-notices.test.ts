import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { openState } from '../../src/state/open-state.ts';
import { FakeRedis } from './fake-redis.ts';

/** Time for what happens on sockets of this machine; what is waited for is a fact, not a duration. */
async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('a Redis that goes away and comes back is told once each way, however many lines the log has of it', async () => {
  const fake = await new FakeRedis().listen();
  const lines: string[] = [];
  const turns: string[] = [];
  const state = await openState(
    {
      kind: 'redis',
      urls: [`redis://127.0.0.1:${fake.port}`],
      topology: { kind: 'standalone' },
      timeout: 5_000,
      replicas: 1,
      lease: 45_000,
      whenUnavailable: 'block',
      keyPrefix: 'breakwater',
    },
    {
      clock: systemClock,
      random: () => 0,
      onNotice: (text, turn) => {
        lines.push(text);
        if (turn !== undefined) turns.push(turn);
      },
      onDegraded: () => undefined,
    },
  );
  try {
    await fake.close();
    await until(() => lines.some((line) => line.includes('connection')));
    await Promise.resolve(state.keys.list()).catch(() => undefined);
    await until(() => turns.length > 0);
    assert.deepEqual(turns, ['unavailable']);
    await fake.listen(fake.port);
    await until(() => turns.length > 1);
    assert.deepEqual(turns, ['unavailable', 'recovered']);
    assert.match(lines.at(-1) ?? '', /is back after \d+ ms$/);
  } finally {
    await state.close();
    await fake.close();
  }
});
