/**
 * The upstream behind every subject: raw sockets and ready-made bytes, so that it stays far from being the bottleneck. It is
 * told what to do over IPC instead of reading request bodies. Started by `upstream/handle.ts`.
 *
 * It is two providers: requests under `/b/` go to the second, all others to the first.
 */
import { createServer, type Socket } from 'node:net';
import { MessageReader } from '../load/message-reader.ts';
import { JSON_ANSWER, type Shape } from './answers.ts';
import { FaultDice, type FaultKind, type FaultMix, playFault } from './faults.ts';
import { DIALECTS, type Dialect, dialectOf, plainScript, type StreamScript, spokenScript } from './stream-script.ts';

/** From the handle: answer like this from now on; acknowledged with the same `id`. */
export interface Order {
  readonly id: number;
  readonly shape: Shape;
  readonly faults: { readonly a?: FaultMix; readonly b?: FaultMix };
  readonly seed: number;
}

/** To the handle: once with the port, then once for each order. */
export type UpstreamReport = { readonly port: number } | { readonly id: number; readonly requests: number };

let shape: Shape = { kind: 'json' };
let scripts: Partial<Record<Dialect, StreamScript>> = {};
let dice: { a?: FaultDice; b?: FaultDice } = {};
let requests = 0;

const server = createServer({ noDelay: true }, (socket) => {
  let reader = new MessageReader();
  socket.on('data', (data: Buffer) => {
    // Only the mixed shape has to look into bodies.
    if (shape.kind === 'mixed' && reader.head === '') reader = new MessageReader(true);
    try {
      reader.push(data);
    } catch (error) {
      process.stderr.write(`upstream: ${String(error)}\n`);
      socket.destroy();
      return;
    }
    if (!reader.complete) return;
    requests++;
    const fault = (reader.head.startsWith('POST /b/') ? dice.b : dice.a)?.next();
    if (fault === undefined || !playFault(socket, fault)) answer(socket, reader, fault);
    reader.reset();
  });
  // A proxy that hangs up is the proxy's business; the client's checks decide whether it was right.
  socket.on('error', () => socket.destroy());
});

function answer(socket: Socket, reader: MessageReader, fault: FaultKind | undefined): void {
  if (shape.kind === 'json' || (shape.kind === 'mixed' && !reader.body.includes('"stream":true'))) {
    socket.write(JSON_ANSWER);
    return;
  }
  const script = scripts[shape.kind === 'spoken' ? dialectOf(reader.head) : 'chat'];
  if (script !== undefined) stream(socket, script, shape.gapMs, fault);
}

/** What is streamed in each dialect while this shape is in force. */
function scriptsOf(now: Shape): Partial<Record<Dialect, StreamScript>> {
  if (now.kind === 'json') return {};
  if (now.kind !== 'spoken') return { chat: plainScript(now.events) };
  return Object.fromEntries(DIALECTS.map((dialect) => [dialect, spokenScript(dialect, now.events)]));
}

/** A `fault` here is one that breaks the stream half way. */
function stream(socket: Socket, script: StreamScript, gapMs: number, fault: FaultKind | undefined): void {
  socket.write(script.opening);
  const { length } = script.deltas;
  if (fault !== undefined) {
    burst(socket, script, 0, Math.floor((length + 1) / 2), () => {
      if (fault === 'cut') socket.end();
    });
  } else if (gapMs === 0) burst(socket, script, 0, length, () => socket.write(script.closing));
  else pace(socket, script, 0, gapMs, performance.now() + gapMs);
}

/** One event at a time, each on its own schedule from the start of the stream, so that lateness does not add up. */
function pace(socket: Socket, script: StreamScript, at: number, gapMs: number, due: number): void {
  setTimeout(
    () => {
      if (socket.destroyed) return;
      const delta = script.deltas[at];
      socket.write(delta ?? script.closing);
      if (delta !== undefined) pace(socket, script, at + 1, gapMs, due + gapMs);
    },
    Math.max(0, due - performance.now()),
  );
}

/** One write for each event and one event in a turn of the loop, as fast as the reader takes them. */
function burst(socket: Socket, script: StreamScript, at: number, to: number, close: () => void): void {
  if (socket.destroyed) return;
  const delta = at < to ? script.deltas[at] : undefined;
  if (delta === undefined) {
    close();
    return;
  }
  socket.write(delta);
  if (socket.writableNeedDrain) socket.once('drain', () => burst(socket, script, at + 1, to, close));
  else setImmediate(burst, socket, script, at + 1, to, close);
}

function report(message: UpstreamReport): void {
  process.send?.(message);
}

process.on('message', (order: Order) => {
  shape = order.shape;
  scripts = scriptsOf(shape);
  const { a, b } = order.faults;
  dice = {
    ...(a === undefined ? {} : { a: new FaultDice(a, order.seed) }),
    ...(b === undefined ? {} : { b: new FaultDice(b, order.seed + 1) }),
  };
  report({ id: order.id, requests });
});
process.on('disconnect', () => process.exit(0));

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  report({ port: address.port });
});
