import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { maxDescriptors, openDescriptors, openSockets, ProcessHealth } from '../../src/telemetry/process-health.ts';

const onlyLinux = { skip: process.platform !== 'linux' };

function value(readings: Iterable<readonly [readonly string[], number]>): number {
  const [first] = readings;
  assert.ok(first);
  return first[1];
}

describe('the process knows', () => {
  it('its connections and descriptors', onlyLinux, async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const [sockets, descriptors] = [openSockets(), value(openDescriptors())];
    const accepted = once(server, 'connection');
    const client = connect(address.port, '127.0.0.1');
    const [served] = await accepted;
    assert.equal(openSockets(), sockets + 2);
    assert.equal(value(openDescriptors()), descriptors + 2);
    const closed = [once(served, 'close'), once(client, 'close')];
    client.destroy();
    served.destroy();
    await Promise.all(closed);
    server.close();
    assert.ok(value(openDescriptors()) < value(maxDescriptors()));
  });

  it('how many descriptors are open when it is not looking', onlyLinux, () => {
    const open = readdirSync('/proc/self/fdinfo').filter((name) => existsSync(`/proc/self/fdinfo/${name}`));
    assert.equal(value(openDescriptors()), open.length);
  });

  it('how long its loop was stuck, since it was last asked', async () => {
    const health = new ProcessHealth();
    try {
      await wait(60);
      const until = performance.now() + 150;
      while (performance.now() < until);
      await wait(60);
      const stuck = new Map([...health.eventLoopDelay()].map(([[quantile], seconds]) => [quantile, seconds]));
      assert.deepEqual([...stuck.keys()], ['0.5', '0.99', '1']);
      assert.ok((stuck.get('1') ?? 0) > 0.1, `${stuck.get('1')} s`);
      assert.deepEqual([...health.eventLoopDelay()], []);
    } finally {
      health.close();
    }
  });
});
