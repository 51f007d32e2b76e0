import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Clock, Timer } from '../../src/clock.ts';
import { StateUnavailable } from '../../src/state/budget-store.ts';
import type { RedisClient } from '../../src/state/redis/client.ts';
import { RedisLink } from '../../src/state/redis/link.ts';
import type { RedisTrouble } from '../../src/state/redis/trouble.ts';

/** A link to a Redis that answers when a test says so, and a clock whose timers may run late, as those of a busy process do. */
function rig() {
  let now = 1000;
  const timers = new Map<Timer, { run: () => void; at: number }>();
  const clock: Clock = {
    now: () => now,
    setTimeout: (run, ms) => {
      const timer: Timer = {};
      timers.set(timer, { run, at: now + ms });
      return timer;
    },
    clearTimeout: (timer) => void (timer && timers.delete(timer)),
  };
  const trouble: RedisTrouble[] = [];
  let answer: (reply: string) => void = () => undefined;
  const client = Object.assign(new EventEmitter(), {
    call: () => new Promise((resolve) => (answer = resolve)),
    set: () => new Promise(() => undefined),
    disconnect: () => undefined,
  }) as unknown as RedisClient;
  const events = { onTrouble: (told: RedisTrouble) => void trouble.push(told) };
  const link = new RedisLink({ client, clock, where: 'redis:6379', commandTimeoutMs: 50, events });
  /** So much later the timers that are due run, and a turn of the event loop after them. */
  const later = async (ms: number) => {
    now += ms;
    for (const [timer, { run, at }] of [...timers]) {
      if (at > now) continue;
      timers.delete(timer);
      run();
    }
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { link, trouble, later, answer: (reply: string) => answer(reply) };
}

test('a Redis that says nothing while a command waits is taken to be away', async () => {
  const { link, trouble, later } = rig();
  const asked = assert.rejects(link.call('get', 'k'), StateUnavailable);
  await later(50);
  await asked;
  assert.deepEqual(trouble, [{ kind: 'unavailable', where: 'redis:6379', reason: 'no answer within 50 ms' }]);
  link.close();
});

test('where this process was busy all the time, a command waits once more before Redis is judged', async () => {
  const { link, trouble, later, answer } = rig();
  const asked = link.call('get', 'k');
  await later(300);
  answer('v');
  assert.equal(await asked, 'v');
  assert.deepEqual(trouble, [], 'no alarm at every start of a proxy');
  link.close();
});

test('once more, and no longer', async () => {
  const { link, trouble, later } = rig();
  const asked = assert.rejects(link.call('get', 'k'), StateUnavailable);
  await later(300);
  await later(300);
  await asked;
  assert.equal(trouble.length, 1);
  link.close();
});
