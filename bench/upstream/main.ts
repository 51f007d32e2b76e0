/**
 * The upstream behind every subject: raw sockets and ready-made bytes, so that it stays far from being the bottleneck. It is
 * told what to do over IPC instead of reading request bodies. Started by `upstream/handle.ts`.
 *
 * It is two providers: requests under `/b/` go to the second, all others to the first.
 */
import { createServer, type Socket } from 'node:net';
import { MessageReader } from '../load/message-reader.ts';
import { JSON_ANSWER, type Shape, STREAM_CLOSING, STREAM_DELTA, STREAM_HEAD, STREAM_OPENING } from './answers.ts';
import { FaultDice, type FaultKind, type FaultMix, playFault } from './faults.ts';

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
  const streams = shape.kind === 'stream' || (shape.kind === 'mixed' && reader.body.includes('"stream":true'));
  if (streams && shape.kind !== 'json') stream(socket, shape.events, shape.gapMs, fault);
  else socket.write(JSON_ANSWER);
}

/** A `fault` here is one that breaks the stream half way. */
function stream(socket: Socket, events: number, gapMs: number, fault: FaultKind | undefined): void {
  socket.write(Buffer.concat([STREAM_HEAD, STREAM_OPENING]));
  if (fault !== undefined) {
    burst(socket, Math.floor(events / 2), () => {
      if (fault === 'cut') socket.end();
    });
  } else if (gapMs === 0) burst(socket, events - 1, () => socket.write(STREAM_CLOSING));
  else pace(socket, events - 1, gapMs, performance.now() + gapMs);
}

/** One event at a time, each on its own schedule from the start of the stream, so that lateness does not add up. */
function pace(socket: Socket, left: number, gapMs: number, due: number): void {
  setTimeout(
    () => {
      if (socket.destroyed) return;
      socket.write(left > 0 ? STREAM_DELTA : STREAM_CLOSING);
      if (left > 0) pace(socket, left - 1, gapMs, due + gapMs);
    },
    Math.max(0, due - performance.now()),
  );
}

/** One write for each event and one event in a turn of the loop, as fast as the reader takes them. */
function burst(socket: Socket, left: number, close: () => void): void {
  if (socket.destroyed) return;
  if (left === 0) {
    close();
    return;
  }
  socket.write(STREAM_DELTA);
  if (socket.writableNeedDrain) socket.once('drain', () => burst(socket, left - 1, close));
  else setImmediate(burst, socket, left - 1, close);
}

function report(message: UpstreamReport): void {
  process.send?.(message);
}

process.on('message', (order: Order) => {
  shape = order.shape;
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
