import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import Fastify from 'fastify';
import { hashKey } from '../../src/config/key-hash.ts';
import { adminRoutes } from '../../src/console/admin-routes.ts';
import type { Administration, LedgerWish } from '../../src/console/administration.ts';
import { LocalAdministration } from '../../src/console/local-administration.ts';
import type { LedgerShapePage } from '../../src/console/shapes.ts';
import { sendOwn } from '../../src/proxy/own-reply.ts';
import { StateUnavailable } from '../../src/state/budget-store.ts';
import { openMemoryStore } from '../../src/state/local/memory-store.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { until } from '../chaos/until.ts';
import { entry } from '../state/asks.ts';
import { tenantsOf } from '../tenants/rig.ts';
import { ADMIN_KEY } from './admin-rig.ts';

/** The admin API over a ledger that does as it is told. */
async function doorOver(
  t: TestContext,
  ledger: (page: number) => Promise<void> | void,
  pages = Number.POSITIVE_INFINITY,
) {
  const clock = new FakeClock();
  const { budgets, keys } = openMemoryStore({ clock });
  const line = { ...entry('acme', 'r'), model: 'm'.repeat(400) };
  for (let n = 0; n < 500; n++)
    budgets.settle({ tenant: 'acme', ids: [`r${n}`], held: false, charges: [], refunds: [], entry: line });
  const config = tenantsOf('  acme: {}');
  const real = new LocalAdministration({
    config: () => config,
    budgets,
    keys,
    clock,
    heldKnown: true,
    tell: () => undefined,
    keysChanged: () => undefined,
  });
  let read = 0;
  const administration: Administration = Object.create(real, {
    ledger: {
      value: async (wish: LedgerWish): Promise<LedgerShapePage> => {
        await ledger(read++);
        const page = await real.ledger({ ...wish, after: undefined, limit: 500 });
        return { ...page, next: read < pages ? '1' : null };
      },
    },
  });
  const telemetry = new Telemetry({ level: 'silent', write: () => undefined });
  t.after(() => telemetry.close());
  const app = Fastify();
  const defects: unknown[] = [];
  adminRoutes(app, {
    admin: () => ({ keys: [{ id: 'admin#1', hash: hashKey(ADMIN_KEY), agent: undefined }] }),
    administration: () => administration,
    refuse: (reply, failure) => sendOwn(reply, failure, telemetry),
    acted: () => undefined,
    defect: (error) => defects.push(error),
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => app.close());
  return { url, defects, pagesRead: () => read };
}

const PATH = '/admin/ledger?tenant=acme&format=csv';
const HEADERS = { authorization: `Bearer ${ADMIN_KEY}` };

test('a long ledger goes out no faster than it is read, and stops where the reader leaves', async (t) => {
  const door = await doorOver(t, () => undefined);
  const socket = connect(Number(new URL(door.url).port), '127.0.0.1');
  socket.pause();
  socket.write(`GET ${PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_KEY}\r\n\r\n`);
  await until('it has begun', () => door.pagesRead() > 0);
  // What the system's buffers take is read ahead; then nothing is until somebody reads.
  let seen = -1;
  for (let still = 0; still < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    still = door.pagesRead() === seen ? still + 1 : 0;
    seen = door.pagesRead();
  }
  socket.resume();
  await until('it goes on', () => door.pagesRead() > seen + 5);
  socket.destroy();
  await once(socket, 'close');
  let left = -1;
  await until('it has stopped', () => {
    const stopped = door.pagesRead() === left;
    left = door.pagesRead();
    return stopped;
  });
  assert.deepEqual(door.defects, []);
});

test('a ledger that breaks off in between is no whole table', async (t) => {
  const door = await doorOver(t, (page) => {
    if (page === 3) throw new StateUnavailable('away');
  });
  const response = await fetch(door.url + PATH, { headers: HEADERS });
  assert.equal(response.status, 200);
  await assert.rejects(response.text());
});

test('a store that is away from the beginning is 503, worth a repeat', async (t) => {
  const door = await doorOver(t, () => {
    throw new StateUnavailable('redis://10.0.0.7 is away');
  });
  for (const path of [PATH, '/admin/ledger?tenant=acme']) {
    const response = await fetch(door.url + path, { headers: HEADERS });
    const { error } = Object(await response.json());
    assert.deepEqual(
      [response.status, error.code, response.headers.get('retry-after')],
      [503, 'state_unavailable', '1'],
    );
    assert.ok(!error.message.includes('10.0.0.7'), 'the reason is for the log');
  }
});

test('as many lines as asked for, over pages', async (t) => {
  const door = await doorOver(t, () => undefined, 3);
  const text = await (await fetch(door.url + PATH, { headers: HEADERS })).text();
  assert.equal(text.trimEnd().split('\r\n').length, 1 + 1500);
});
