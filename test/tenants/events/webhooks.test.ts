import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { WEBHOOK_EVENTS, type WebhookConfig } from '../../../src/config/tenant-config.ts';
import { MemoryOutbox } from '../../../src/state/local/memory-outbox.ts';
import type { Outbox } from '../../../src/state/outbox.ts';
import { scopePaused, scopeResumed, stateEvent } from '../../../src/tenants/events/make-events.ts';
import { signWebhook } from '../../../src/tenants/events/sign-webhook.ts';
import { WebhookPoster } from '../../../src/tenants/events/webhook-poster.ts';
import { Webhooks } from '../../../src/tenants/events/webhooks.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { Receiver, until } from './receiver.ts';

const HOUR = 3_600_000;
const SECRET = `whsec_${randomBytes(24).toString('base64')}`;

let receiver: Receiver;
let clock: FakeClock;
let log: { level: string; message: string; fields: object }[];
let webhooks: Webhooks;
let outbox: Outbox;

beforeEach(async () => {
  receiver = await Receiver.start();
  clock = new FakeClock(Date.UTC(2026, 0, 1));
  log = [];
  outbox = new MemoryOutbox();
  webhooks = make();
});

afterEach(async () => {
  await webhooks.close(0).catch(assert.ifError);
  await receiver.close();
});

/** Waits are the longest there are. */
function make(more: { outbox?: Outbox; mostWaiting?: number } = {}): Webhooks {
  const write = (level: string) => (fields: object, message: string) => void log.push({ level, message, fields });
  return new Webhooks({
    clock,
    random: () => 0.999,
    log: { info: write('info'), warn: write('warn') },
    poster: new WebhookPoster(clock),
    outbox,
    ...more,
  });
}

function hook(more: Partial<WebhookConfig> = {}): WebhookConfig {
  return { url: receiver.url, secret: SECRET, events: WEBHOOK_EVENTS, ...more };
}

const event = (name = 's1') => scopePaused('acme', `session:${name}`, 'too dear', 1_000_000);

describe('a webhook', () => {
  it('is posted once, signed as Standard Webhooks has it', async () => {
    webhooks.publish(event(), [hook()]);
    await until(() => webhooks.stats.delivered === 1);
    assert.equal(webhooks.publish(event(), [hook()]), false);
    const [{ headers, body } = assert.fail()] = receiver.received;
    const id = String(headers['webhook-id']);
    const timestamp = String(headers['webhook-timestamp']);
    assert.equal(timestamp, String(Date.UTC(2026, 0, 1) / 1000));
    const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    assert.equal(headers['webhook-signature'], `v1,${expected}`);
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(body), {
      type: 'scope.paused',
      timestamp: '1970-01-01T00:16:40.000Z',
      data: {
        id,
        tenant: 'acme',
        scope: 'session:s1',
        text: 'session:s1 of tenant acme is paused: too dear',
        reason: 'too dear',
      },
    });
    assert.equal(receiver.received.length, 1);
  });

  it('is signed as the specification’s own example', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const signature = signWebhook(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}');
    assert.equal(signature, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('goes only to those who want it', async () => {
    const resumed = hook({ url: `${receiver.url}/resumed`, events: ['scope.resumed'] });
    webhooks.publish(event(), [resumed, hook()]);
    webhooks.publish(scopeResumed('acme', 'session:s1', 1), [resumed]);
    await until(() => webhooks.stats.delivered === 2);
    assert.deepEqual(receiver.received.map(({ url }) => url).sort(), ['/hook', '/hook/resumed']);
  });

  it('brings the credentials of its address in a header', async () => {
    webhooks.publish(event(), [hook({ url: `http://ann:p%40ss@127.0.0.1:${receiver.port}/x?token=t0ken` })]);
    await until(() => webhooks.stats.delivered === 1);
    const [{ headers, url } = assert.fail()] = receiver.received;
    assert.equal(headers.authorization, `Basic ${Buffer.from('ann:p@ss').toString('base64')}`);
    assert.equal(url, '/x?token=t0ken');
  });

  const failures: readonly [what: string, ...reactions: Receiver['reactions']][] = [
    ['a server error', 500],
    ['a refusal', 404],
    ['throttling', 429],
    ['a redirect', (response) => void response.writeHead(302, { location: '/elsewhere' }).end()],
    ['a connection that breaks', (_response, socket) => void socket.destroy()],
  ];
  for (const [what, reaction = 500] of failures) {
    it(`is sent again after ${what}, under the same id`, async () => {
      receiver.reactions = [reaction, 200];
      webhooks.publish(event(), [hook()]);
      await until(() => webhooks.stats.failedTries === 1);
      clock.advance(9_900);
      assert.equal(webhooks.stats.delivered, 0);
      clock.advance(100);
      await until(() => webhooks.stats.delivered === 1);
      assert.deepEqual(receiver.ids(), [event().id, event().id]);
      assert.deepEqual(
        receiver.received.map(({ url }) => url),
        ['/hook', '/hook'],
      );
    });
  }

  it('is not delivered by a receiver that does not answer in time', async () => {
    receiver.reactions = [() => {}, 200];
    webhooks.publish(event(), [hook()]);
    await until(() => receiver.received.length === 1);
    assert.equal(webhooks.stats.failedTries, 0);
    clock.advance(10_000);
    await until(() => webhooks.stats.failedTries === 1);
    clock.advance(10_000);
    await until(() => webhooks.stats.delivered === 1);
    assert.deepEqual(receiver.ids(), [event().id, event().id]);
  });

  it('is delivered by a status, however the rest of the answer ends', async () => {
    receiver.reactions = [(response) => void response.writeHead(200).write('endless')];
    webhooks.publish(event(), [hook()]);
    await until(() => webhooks.stats.delivered === 1);
  });

  it('is given up after eight tries, within half a day', async () => {
    receiver.reactions = [503];
    const start = clock.now();
    webhooks.publish(event(), [hook()]);
    const waits = [10, 60, 300, 1_200, 3_600, 10_800, 21_600];
    for (const [index, seconds] of waits.entries()) {
      await until(() => webhooks.stats.failedTries === index + 1);
      // Not a moment longer: the next try has a time limit of its own.
      clock.advance(Math.ceil(seconds * 999));
    }
    await until(() => webhooks.stats.givenUp === 1);
    assert.equal(receiver.received.length, 8);
    assert.ok(clock.now() - start < 12 * HOUR);
    assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-timestamp'])).size, 8);
    clock.advance(24 * HOUR);
    assert.equal(webhooks.stats.waiting, 0);
    assert.equal(clock.pending, 0);
    assert.deepEqual(await outbox.entries(), []);
  });

  it('is the last one to a receiver that answers 410', async () => {
    receiver.reactions = [503, 410];
    webhooks.publish(event('a'), [hook()]);
    await until(() => webhooks.stats.failedTries === 1);
    webhooks.publish(event('b'), [hook()]);
    await until(() => webhooks.stats.failedTries === 2);
    webhooks.publish(event('c'), [hook()]);
    clock.advance(24 * HOUR);
    assert.deepEqual([webhooks.stats.waiting, receiver.received.length, clock.pending], [0, 2, 0]);
    assert.deepEqual(await outbox.entries(), []);
  });

  it('that is not taken holds up no other', async () => {
    receiver.reactions = [500, 200];
    webhooks.publish(event('a'), [hook()]);
    await until(() => webhooks.stats.failedTries === 1);
    webhooks.publish(event('b'), [hook()]);
    await until(() => webhooks.stats.delivered === 1);
    clock.advance(10_000);
    await until(() => webhooks.stats.delivered === 2);
    assert.deepEqual(
      receiver.ids(),
      [event('a'), event('b'), event('a')].map(({ id }) => id),
    );
  });

  it('pushes out the oldest where too many wait', async () => {
    webhooks = make({ mostWaiting: 10 });
    receiver.reactions = [500];
    for (let index = 0; index < 10; index++) webhooks.publish(event(`s${index}`), [hook()]);
    await until(() => webhooks.stats.failedTries === 10);
    receiver.reactions = [200];
    for (let index = 10; index < 13; index++) webhooks.publish(event(`s${index}`), [hook()]);
    await until(() => webhooks.stats.delivered === 3);
    clock.advance(10_000);
    await until(() => webhooks.stats.delivered === 10);
    const late = new Set(receiver.ids().slice(10));
    assert.equal(webhooks.stats.dropped, 3);
    for (let index = 0; index < 13; index++) assert.equal(late.has(event(`s${index}`).id), index >= 3, `s${index}`);
    assert.ok(log.some(({ message }) => message.includes('queue full')));
  });

  it('is told without its address, secret or credentials in the log', async () => {
    receiver.reactions = [500, (_response, socket) => void socket.destroy(), 410];
    const secretive = hook({ url: `http://ann:passw0rd@127.0.0.1:${receiver.port}/services/T0KEN?key=T0KEN` });
    webhooks.publish(event(), [secretive]);
    await until(() => webhooks.stats.failedTries === 1);
    clock.advance(10_000);
    await until(() => webhooks.stats.failedTries === 2);
    clock.advance(60_000);
    await until(() => webhooks.stats.failedTries === 3);
    const lines = JSON.stringify(log);
    assert.ok(log.length >= 4);
    for (const word of ['passw0rd', 'T0KEN', SECRET]) assert.ok(!lines.includes(word), word);
  });

  it('survives an outbox that fails', async () => {
    const broken: Outbox = {
      put: () => Promise.reject(new Error('disk full')),
      remove: () => {
        throw new Error('disk full');
      },
      entries: () => [],
    };
    webhooks = make({ outbox: broken });
    webhooks.publish(event(), [hook()]);
    await until(() => webhooks.stats.delivered === 1);
    assert.ok(log.some(({ message }) => message === 'webhook outbox failed'));
  });

  it('of no tenant says so', async () => {
    webhooks.publish(stateEvent('state.unavailable', 'redis', 'replica-1', 1), [hook()]);
    await until(() => webhooks.stats.delivered === 1);
    const { data } = JSON.parse(receiver.received[0]?.body ?? '');
    assert.deepEqual([data.tenant, data.scope, data.store], [null, null, 'redis']);
  });
});

describe('webhooks over a restart', () => {
  it('are taken up where they were left, and not where the receiver is no longer configured', async () => {
    receiver.reactions = [500];
    webhooks.publish(event('a'), [hook(), hook({ secret: 'another secret' })]);
    await until(() => webhooks.stats.failedTries === 2);
    await webhooks.close(1_000);
    assert.equal(clock.pending, 0);
    assert.equal((await outbox.entries()).length, 2);
    receiver.reactions = [200];
    webhooks = make();
    assert.equal(await webhooks.restore([hook()]), 1);
    assert.equal((await outbox.entries()).length, 1);
    clock.advance(10_000);
    await until(() => webhooks.stats.delivered === 1);
    assert.deepEqual(await outbox.entries(), []);
  });

  it('are given their first try before the end, for as long as there is', async () => {
    receiver.reactions = [() => {}, 200];
    for (let index = 0; index < 8; index++) webhooks.publish(event(`s${index}`), [hook()]);
    let closed = false;
    const closing = webhooks.close(5_000).then(() => {
      closed = true;
    });
    await until(() => webhooks.stats.delivered === 7);
    assert.equal(closed, false);
    clock.advance(5_000);
    await closing;
    await until(() => webhooks.stats.failedTries === 1);
    const entries = await outbox.entries();
    assert.deepEqual(
      entries.map(({ attempts }) => attempts),
      [1],
    );
    assert.equal(clock.pending, 0);
  });

  it('are not waited for where there are none', async () => {
    await webhooks.close(60_000);
    assert.equal(webhooks.publish(event(), [hook()]), true);
    assert.equal(receiver.received.length, 0);
  });
});
