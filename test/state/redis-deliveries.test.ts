import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StateUnavailable } from '../../src/state/budget-store.ts';
import { Deliveries } from '../../src/state/redis/deliveries.ts';
import { RedisScriptError } from '../../src/state/redis/link.ts';
import type { RedisTrouble } from '../../src/state/redis/trouble.ts';
import { FakeClock } from '../breakers/fake-clock.ts';

function rig(bound = 1_000) {
  const clock = new FakeClock();
  const sent: string[] = [];
  const troubles: RedisTrouble[] = [];
  const away = new Set<string>();
  const deliveries = new Deliveries({
    clock,
    bound,
    available: (key) => !away.has(key),
    events: { onTrouble: (trouble) => troubles.push(trouble) },
  });
  const add = (name: string, { key = 'k', settlement = true, fail = (): Error | undefined => undefined } = {}) =>
    deliveries.add({
      key,
      settlement,
      send: async () => {
        const error = fail();
        if (error) throw error;
        sent.push(name);
      },
    });
  const lost = () => troubles.flatMap((trouble) => (trouble.kind === 'lost-settlements' ? [trouble.count] : []));
  return { deliveries, clock, sent, away, add, lost };
}

describe('what Redis must still be told', () => {
  it('is told in order, and once', async () => {
    const { deliveries, sent, add } = rig();
    for (let n = 0; n < 200; n++) add(`d${n}`);
    await Promise.all([deliveries.send(), deliveries.send()]);
    assert.deepEqual(
      sent,
      Array.from({ length: 200 }, (_, n) => `d${n}`),
    );
    assert.equal(deliveries.size, 0);
  });

  it('waits for its own server, and does not hold up what is for another', async () => {
    const { deliveries, sent, away, add } = rig();
    away.add('gone');
    for (let n = 0; n < 100; n++) add(`gone${n}`, { key: 'gone' });
    add('here', { key: 'here' });
    await deliveries.send();
    assert.deepEqual(sent, ['here']);
    away.clear();
    await deliveries.send();
    assert.equal(sent.length, 101);
  });

  it('is tried again by itself where it fails', async () => {
    const { deliveries, clock, sent, add } = rig();
    let down = true;
    add('a', { fail: () => (down ? new StateUnavailable('away') : undefined) });
    clock.advance(250);
    await deliveries.send();
    assert.deepEqual([sent.length, deliveries.size], [0, 1]);
    down = false;
    clock.advance(250);
    await deliveries.send();
    assert.deepEqual([sent.length, deliveries.size], [1, 0]);
  });

  it('is lost where a script refuses it, and what waits behind it is not held up', async () => {
    const { deliveries, clock, sent, add, lost } = rig();
    add('bad', { fail: () => new RedisScriptError('WRONGTYPE') });
    add('good');
    await deliveries.send();
    clock.advance(1_000);
    assert.deepEqual([sent, lost()], [['good'], [1]]);
  });

  it('is lost beyond the bound; reported once a second, and settlements alone', () => {
    const { clock, add, lost } = rig(2);
    for (let n = 0; n < 12; n++) add(`d${n}`);
    add('cancel', { settlement: false });
    clock.advance(999);
    assert.deepEqual(lost(), []);
    clock.advance(1);
    assert.deepEqual(lost(), [10]);
  });

  it('is told before closing, and what cannot be is counted', async () => {
    const { deliveries, away, sent, add, lost } = rig();
    away.add('gone');
    add('a');
    add('b', { key: 'gone' });
    add('c', { key: 'gone', settlement: false });
    await deliveries.send();
    await deliveries.close(0);
    assert.deepEqual([sent, lost()], [['a'], [1]]);
    const happy = rig();
    happy.add('a');
    await happy.deliveries.close(1_000);
    assert.deepEqual([happy.sent, happy.lost(), happy.clock.pending], [['a'], [], 0]);
  });
});
