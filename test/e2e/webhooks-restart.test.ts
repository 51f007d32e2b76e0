import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { WEBHOOK_EVENTS } from '../../src/config/tenant-config.ts';
import { RedisOutbox } from '../../src/state/redis/redis-outbox.ts';
import { stateEvent } from '../../src/tenants/events/make-events.ts';
import { WebhookPoster } from '../../src/tenants/events/webhook-poster.ts';
import { Webhooks } from '../../src/tenants/events/webhooks.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { ChildProxy } from '../chaos/child-proxy.ts';
import { until as holds, redisServerCommand, skipWithout, startRedis } from '../state/redis-server.ts';
import { openOn } from '../state/redis-stand.ts';
import { stateDir } from '../state/state-dir.ts';
import { Receiver, until } from '../tenants/events/receiver.ts';

const KEY = 'bw_acme_key_0123456789abcdef';
const ADMIN = 'bw_admin_key_0123456789abcdef';
const SECRET = 'sixteen-characters';
const MINUTE = 60_000;
const noServer = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');

async function receiver(t: TestContext): Promise<Receiver> {
  const made = await Receiver.start();
  t.after(() => made.close());
  return made;
}

describe('an event that no webhook has taken', () => {
  it('is sent again, under its id, by the process that comes after one that was killed', async (t) => {
    const hook = await receiver(t);
    // No answer is no delivery.
    hook.reactions = [() => undefined];
    const config = `
listen: {host: 127.0.0.1, port: 0}
state: {dir: "${stateDir()}"}
providers: {a: {baseUrl: "http://127.0.0.1:1/v1", apiKey: k}}
models: {m: {targets: [a/x]}}
tenants: {acme: {keys: [${KEY}], webhooks: [{url: "${hook.url}", secret: ${SECRET}, events: [scope.paused]}]}}
admin: {keys: [${ADMIN}]}
`;
    const killed = await ChildProxy.start(t, config);
    const paused = await fetch(`${killed.url}/admin/pause`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ tenant: 'acme', scope: 'tenant', reason: 'by hand' }),
    });
    assert.equal(paused.status, 200);
    await until(() => hook.received.length === 1);
    killed.signal('SIGKILL');
    await killed.exited();

    hook.reactions = [204];
    const after = await ChildProxy.start(t, config);
    await until(() => hook.received.length === 2);
    await until(() => after.output.includes('taken up'));
    after.signal('SIGTERM');
    await after.exited();
    const third = await ChildProxy.start(t, config);
    third.signal('SIGTERM');
    await third.exited();

    const [first, second, ...more] = hook.received;
    assert.deepEqual([second?.headers['webhook-id'], second?.body], [first?.headers['webhook-id'], first?.body]);
    assert.equal(more.length, 0, 'what was taken is not sent again');
  });

  it('is sent by one of the replicas that are left, where they share a Redis', { skip: noServer }, async (t) => {
    const redis = await startRedis();
    t.after(() => redis.end());
    const stand = await openOn(redis);
    t.after(() => stand.close());
    const hook = await receiver(t);
    const hooks = [{ url: hook.url, secret: SECRET, events: WEBHOOK_EVENTS }];
    const replica = (clock: FakeClock) => {
      const poster = new WebhookPoster(clock);
      const log = { info: () => undefined, warn: () => undefined };
      const outbox = new RedisOutbox(stand.link, clock, 'bw');
      const webhooks = new Webhooks({ clock, random: () => 0.5, log, poster, outbox });
      t.after(() => webhooks.close(0));
      return webhooks;
    };
    hook.reactions = [500];
    // Its clock stands still from then on: it is gone.
    const gone = replica(new FakeClock(0));
    gone.publish(stateEvent('state.unavailable', 'redis', 'replica-1', 1), hooks);
    await until(() => gone.stats.failedTries === 1);

    hook.reactions = [204];
    const clock = new FakeClock(0);
    const left = [replica(clock), replica(clock)];
    for (const one of left) await one.takeUp(() => hooks);
    assert.equal(hook.received.length, 1, 'it may not be gone');
    // Each looks once a minute; the next look is asked for when the answer to the last one is there.
    for (let minute = 0; minute < 2; minute++) {
      clock.advance(MINUTE);
      await until(() => clock.pending === 2);
    }
    assert.equal(hook.received.length, 1, 'it may still not be gone');
    clock.advance(MINUTE);
    await until(() => left.some(({ stats }) => stats.delivered === 1));

    assert.deepEqual(
      hook.received.map(({ headers }) => headers['webhook-id']),
      Array(2).fill(hook.ids()[0]),
    );
    await holds('nothing is left to send', async () => (await redis.command('exists', 'bw:{outbox}')) === 0);
  });
});
