import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** What a command is answered with. Texts and bytes go as bulk strings. */
export type RespValue =
  | number
  | string
  | null
  | Buffer
  | readonly RespValue[]
  | ReadonlyMap<string, RespValue>
  | RespError;

export class RespError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** A server that speaks the Redis protocol, version 2 or 3 as the client asks, and knows what it is told. */
export class RespServer {
  port = 0;
  /** Every command since the start but those of connecting, arguments included. */
  readonly commands: Buffer[][] = [];
  readonly #answer: (name: string, args: readonly Buffer[]) => RespValue;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#serve(socket));

  constructor(answer: (name: string, args: readonly Buffer[]) => RespValue) {
    this.#answer = answer;
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
    return this;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    // Otherwise each answer waits 40 ms for the client to confirm the one before.
    socket.setNoDelay();
    let buffer = Buffer.alloc(0);
    let version = 2;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (bytes) => {
      buffer = Buffer.concat([buffer, bytes]);
      for (let read = readCommand(buffer); read; read = readCommand(buffer)) {
        buffer = buffer.subarray(read.length);
        const [first, ...args] = read.parts;
        const name = String(first).toLowerCase();
        if (name === 'hello') version = Number(args[0]);
        socket.write(encode(this.#reply(name, args, read.parts), version));
      }
    });
  }

  #reply(name: string, args: readonly Buffer[], whole: Buffer[]): RespValue {
    if (name === 'hello') return new Map<string, RespValue>([['server', 'redis']]);
    if (name === 'info') return 'redis_version:8.0.0\r\ncluster_enabled:0\r\n';
    if (name === 'client' || name === 'select') return 'OK';
    this.commands.push(whole);
    return this.#answer(name, args);
  }
}

function encode(value: RespValue, version: number): Buffer {
  if (value === null) return Buffer.from(version === 3 ? '_\r\n' : '$-1\r\n');
  if (typeof value === 'number') return Buffer.from(`:${value}\r\n`);
  if (value instanceof RespError) return Buffer.from(`-${value.message}\r\n`);
  if (typeof value === 'string' || Buffer.isBuffer(value)) {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
  }
  if (value instanceof Map) {
    const inner = [...value].flat().map((each) => encode(each, version));
    return Buffer.concat([Buffer.from(version === 3 ? `%${value.size}\r\n` : `*${value.size * 2}\r\n`), ...inner]);
  }
  const items = value as readonly RespValue[];
  return Buffer.concat([Buffer.from(`*${items.length}\r\n`), ...items.map((each) => encode(each, version))]);
}

/** The first command in a buffer, an array of bulk strings, if it is whole. */
function readCommand(buffer: Buffer): { readonly parts: Buffer[]; readonly length: number } | undefined {
  let at = 0;
  const line = (): string | undefined => {
    const end = buffer.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const text = buffer.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  const head = line();
  if (head === undefined) return undefined;
  const parts: Buffer[] = [];
  for (let part = 0; part < Number(head.slice(1)); part++) {
    const size = Number(line()?.slice(1));
    if (Number.isNaN(size) || buffer.length < at + size + 2) return undefined;
    parts.push(buffer.subarray(at, at + size));
    at += size + 2;
  }
  return { parts, length: at };
}
