import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { hashText, SeededText } from '../../src/simulator/words.ts';
import { HELLO, type Rig, rig } from './rig.ts';
import { dataOf } from './stream-reading.ts';
import { pause, until } from './until.ts';

/** About 220 bytes each on the wire: 50 MB in all, far more than the sockets of a machine hold. */
const TOKENS = 240_000;
const MODEL = `sim-long-${TOKENS}`;
/** What the proxy may hold of it: its own buffers and those of Node around its sockets, bytes. */
const MOST_HELD = 4 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A client that asks and does not read: nobody takes anything out of the response. */
async function ask(t: TestContext, proxy: Rig): Promise<IncomingMessage> {
  const asked = request(`${proxy.proxy.url}/v1/chat/completions`, { method: 'POST', agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => asked.on('response', resolve).on('error', reject));
  asked.end(JSON.stringify({ model: 'm', stream: true, messages: HELLO }));
  const response = await answered;
  t.after(() => response.destroy());
  return response;
}

/** Looks in a row at which upstream has sent nothing more: on a busy machine a time without a look would say nothing. */
const STILL = 30;

/** Waits until upstream sends no more. */
async function untilHeldBack(proxy: Rig): Promise<number> {
  const sent = () => proxy.upstreams[0]?.requests[0]?.tokensSent ?? 0;
  let before = -1;
  for (let still = 0; still < STILL; still++) {
    if (before < sent()) still = 0;
    before = sent();
    await pause(10);
  }
  return before;
}

/** Bytes outside the heap that are in use: what is only waiting to be collected is none of them. */
async function heldBytes(): Promise<number> {
  // Twice: what one round finds unreachable may hold on to more, and buffers are let go of in a turn of their own.
  for (let round = 0; round < 2; round++) {
    collectGarbage();
    await pause(50);
  }
  const { arrayBuffers, external } = process.memoryUsage();
  return arrayBuffers + external;
}

for (const onBreak of ['error', 'resume']) {
  test(`row 38: 50 MB to a client that does not read (onBreak ${onBreak}) are held back at the provider, and arrive intact`, async (t) => {
    // The stall limit is shorter than the client's break: a slow reader must not look like a stalled provider.
    const proxy = await rig(t, {
      config: `models: {m: {targets: [a/${MODEL}], timeouts: {stall: 40s}, stream: {onBreak: ${onBreak}}}}`,
    });
    const before = await heldBytes();

    const response = await ask(t, proxy);
    const sent = await untilHeldBack(proxy);

    assert.ok(sent < TOKENS / 2, `${sent} of ${TOKENS} tokens were let through`);
    const held = (await heldBytes()) - before;
    assert.ok(held < MOST_HELD, `${held} bytes are held`);
    await pause(2_500);
    assert.equal(proxy.upstreams[0]?.requests[0]?.tokensSent, sent, 'still held back, and not given up');

    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece);
    assertIntact(dataOf(Buffer.concat(pieces).toString()));
    await until('it is settled', () => proxy.records.length === 1);
    assert.equal(proxy.records[0]?.status, 'ok');
  });
}

function assertIntact(events: readonly string[]): void {
  const text = new SeededText(hashText('hello'), TOKENS);
  let index = 0;
  for (const data of events) {
    const content = data === '[DONE]' ? '' : (JSON.parse(data).choices[0]?.delta.content ?? '');
    if (content === '') continue;
    if (content !== text.token(index)) assert.fail(`token ${index} is ${content}, not ${text.token(index)}`);
    index++;
  }
  assert.equal(index, TOKENS);
  assert.equal(events.at(-1), '[DONE]');
}

test('row 38: a client that stops reading and then leaves is followed upstream', async (t) => {
  const proxy = await rig(t, { config: `models: {m: {targets: [a/${MODEL}]}}` });
  const response = await ask(t, proxy);
  await untilHeldBack(proxy);

  response.socket.resetAndDestroy();

  await until('upstream knows', () => proxy.upstreams[0]?.requests[0]?.closed === 'client-gone');
  await until('it is settled', () => proxy.records.length === 1);
  assert.equal(proxy.records[0]?.status, 'cancelled');
});

test('row 38: a client that never reads on is given up at the deadline', async (t) => {
  const proxy = await rig(t, { config: `models: {m: {targets: [a/${MODEL}], timeouts: {total: 20s}}}` });
  const response = await ask(t, proxy);

  await until('upstream knows', () => proxy.upstreams[0]?.requests[0]?.closed === 'client-gone');

  response.destroy();
  await until('it is settled', () => proxy.records.length === 1);
  assert.notEqual(proxy.records[0]?.status, 'ok');
});
