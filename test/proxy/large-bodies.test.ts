import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Rig } from '../chaos/rig.ts';
import { rig } from '../chaos/rig.ts';
import { until } from '../chaos/until.ts';

const ANSWER = JSON.stringify({
  id: 'a',
  object: 'chat.completion',
  created: 1,
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const MORE = 'limits: {body: 64MiB}\n';

function bodyOf(model: string, content: string): string {
  return JSON.stringify({ model, messages: [{ role: 'user', content }] });
}

/** Text in which every place is told from every other. */
function counted(length: number): string {
  let text = '';
  for (let at = 0; text.length < length; at++) text += `${at} `;
  return text;
}

async function listening(t: TestContext, server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

async function ask(
  { proxy }: Rig,
  body: string | ReadableStream<Buffer>,
  path = '/v1/chat/completions',
): Promise<number> {
  const response = await fetch(`${proxy.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    duplex: 'half',
  } as RequestInit);
  await response.arrayBuffer();
  return response.status;
}

/** An upstream that answers each request when it has read all of it, with one status after another. */
async function reader(t: TestContext, statuses: number[] = []): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push(Buffer.concat(chunks).toString());
    response.writeHead(statuses.shift() ?? 200, { 'content-type': 'application/json' }).end(ANSWER);
  });
  t.after(() => server.closeAllConnections());
  return { url: await listening(t, server), bodies };
}

const CONFIG = `${MORE}models: {same: {targets: [a/same]}, other: {targets: [a/renamed]}}`;

test('a large body arrives as it was sent, whether or not its length was announced', async (t) => {
  const { url, bodies } = await reader(t);
  const it = await rig(t, {
    upstreams: [],
    providers: `providers: {a: {baseUrl: "${url}", apiKey: k}}`,
    config: CONFIG,
  });
  const sent = bodyOf('same', counted(700_000));
  const pieces = async function* () {
    for (let at = 0; at < sent.length; at += 33_333) yield Buffer.from(sent.slice(at, at + 33_333));
  };

  assert.equal(await ask(it, sent), 200);
  assert.equal(await ask(it, ReadableStream.from(pieces())), 200);
  assert.equal(await ask(it, bodyOf('other', counted(700_000))), 200);

  assert.ok(bodies[0] === sent && bodies[1] === sent, 'byte for byte');
  assert.ok(bodies[2] === bodyOf('renamed', counted(700_000)), 'but for the name of the model');
});

test('a large request that is repeated is sent whole each time, in either dialect', async (t) => {
  const { url, bodies } = await reader(t, [500, 200, 500, 200]);
  const it = await rig(t, {
    upstreams: [],
    providers: `providers: {a: {baseUrl: "${url}", apiKey: k}}`,
    config: CONFIG,
  });
  const content = counted(300_000);

  assert.equal(await ask(it, bodyOf('same', content)), 200);
  const messages = JSON.stringify({ model: 'other', max_tokens: 5, messages: [{ role: 'user', content }] });
  assert.equal(await ask(it, messages, '/v1/messages'), 200);

  assert.equal(bodies.length, 4);
  for (const body of bodies) assert.equal(JSON.parse(body).messages.at(-1).content, content);
  assert.ok(bodies[0] === bodies[1] && bodies[2] === bodies[3]);
});

/**
 * A provider that answers when it has seen the request's head, and reads the rest when it is told to: the proxy is done with the request while its
 * connection still writes it.
 */
async function earlyAnswerer(t: TestContext) {
  const sockets: Socket[] = [];
  const received: Buffer[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.once('data', (first) => {
      received.push(first);
      socket.pause();
      // Kept long, or the proxy's side closes it as idle, and what it still writes is lost with it.
      const head = ['HTTP/1.1 200 OK', 'content-type: application/json', 'keep-alive: timeout=600'];
      socket.write(`${head.join('\r\n')}\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`);
    });
    socket.on('error', () => socket.destroy());
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const readOn = () => {
    for (const socket of sockets) socket.on('data', (chunk) => received.push(chunk)).resume();
  };
  return { url: await listening(t, server), readOn, received };
}

for (const model of ['same', 'other']) {
  test(`what a connection still writes is left alone, though the exchange is over: ${model}`, async (t) => {
    const early = await earlyAnswerer(t);
    const beside = await reader(t);
    const it = await rig(t, {
      upstreams: [],
      providers: `providers: {a: {baseUrl: "${early.url}", apiKey: k}, b: {baseUrl: "${beside.url}", apiKey: k}}`,
      config: CONFIG.replace('{same', '{beside: {targets: [b/renamed]}, same'),
    });
    // More than the system takes off a writer's hands while nobody reads.
    const content = counted(24_000_000);

    assert.equal(await ask(it, bodyOf(model, content)), 200);
    await until('the exchange is over', () => it.proxy.runtime.exchanges.size === 0);
    // What was given back would be used again by these.
    for (const filler of 'xy') assert.equal(await ask(it, bodyOf('beside', filler.repeat(content.length))), 200);
    early.readOn();
    const expected = bodyOf(model === 'same' ? 'same' : 'renamed', content);
    const behindHead = (early.received[0]?.indexOf('\r\n\r\n') ?? 0) + 4;
    await until('all of it has come', () => {
      const bytes = early.received.reduce((sum, { length }) => sum + length, 0);
      return bytes >= behindHead + expected.length;
    });

    const all = Buffer.concat(early.received).toString();
    assert.ok(all.slice(behindHead) === expected, 'what arrived is what was asked');
  });
}
