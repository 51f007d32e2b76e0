import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { WORTH_FREEING } from '../../src/free-memory.ts';
import { BodyWrites } from '../../src/providers/body-writes.ts';
import { until } from '../chaos/until.ts';

/** Two ends of a connection, of which the far one reads nothing yet. */
async function connection(t: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ pauseOnConnect: true });
  const far = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  near.on('error', () => near.destroy());
  t.after(async () => {
    near.destroy();
    (await far).destroy();
    server.close();
  });
  return { near, far: await far };
}

/** More than the system takes while nobody reads. */
const MUCH = 24_000_000;

test('a body is under way from when it is sent until all of it is written', async (t) => {
  const { near, far } = await connection(t);
  const writes = new BodyWrites();
  writes.watch(near);
  const body = Buffer.alloc(MUCH, 'x');
  assert.equal(writes.mayBeUnderWay(body), false, 'it was never sent');

  writes.sends(body);
  assert.equal(writes.mayBeUnderWay(body), true, 'it waits for its connection');
  near.cork();
  near.write('head', 'latin1');
  near.write(body);
  near.uncork();
  assert.equal(writes.mayBeUnderWay(body), true, 'nobody reads it');
  far.on('data', () => undefined).resume();
  await until('it is written', () => !writes.mayBeUnderWay(body));
});

test('a body sent twice is under way until both are written', async (t) => {
  const [first, second] = [await connection(t), await connection(t)];
  const writes = new BodyWrites();
  for (const { near } of [first, second]) writes.watch(near);
  const body = Buffer.alloc(MUCH, 'x');
  for (const { near } of [first, second]) {
    writes.sends(body);
    near.write(body);
  }
  let done = false;
  const { near: twin } = first;
  twin.once('drain', () => {
    done = true;
  });
  first.far.on('data', () => undefined).resume();
  await until('the first is written', () => done);
  assert.equal(writes.mayBeUnderWay(body), true);
  second.far.on('data', () => undefined).resume();
  await until('the second is written', () => !writes.mayBeUnderWay(body));
});

test('a body whose connection broke is never known to be out', async (t) => {
  const { near } = await connection(t);
  const writes = new BodyWrites();
  writes.watch(near);
  const body = Buffer.alloc(MUCH, 'x');
  writes.sends(body);
  near.write(body);
  near.destroy();
  await new Promise((resolve) => near.once('close', resolve));
  await new Promise(setImmediate);
  assert.equal(writes.mayBeUnderWay(body), true);
});

test('what is too small to be given back is not followed, and written as ever', async (t) => {
  const { near, far } = await connection(t);
  const writes = new BodyWrites();
  writes.watch(near);
  const small = Buffer.alloc(WORTH_FREEING - 1, 'x');
  writes.sends(small);
  assert.equal(writes.mayBeUnderWay(small), false);
  let received = '';
  far.on('data', (chunk) => {
    received += chunk.toString();
  });
  far.resume();
  near.write(small);
  near.write('é', 'latin1');
  await new Promise<void>((resolve) => near.end('end', () => resolve()));
  await until('all of it has come', () => received.endsWith('end'));
  assert.equal(received.length, small.length + 4);
});
