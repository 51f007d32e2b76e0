import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { RedisPlace } from './redis-server.ts';

/** What a fake server says to a command: a line of the protocol, such as `+OK` or `-LOADING ...`, or a text. */
export type Answer = `+${string}` | `-${string}` | { readonly text: string };

/** A server that speaks just enough of the Redis protocol to say things that a real one can hardly be made to say. */
export class FakeRedis implements RedisPlace {
  readonly host = '127.0.0.1';
  port = 0;
  /** Asked for each command, after what connecting needs. */
  answer: (command: string) => Answer = () => '+OK';
  info = 'redis_version:8.0.0\r\ncluster_enabled:0\r\n';
  readonly commands: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      let received = '';
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('data', (bytes) => {
        received += bytes.toString('latin1');
        for (let read = readCommand(received); read; read = readCommand(received)) {
          received = received.slice(read.length);
          this.commands.push(read.name);
          socket.write(this.#reply(read.name));
        }
      });
    });
  }

  async listen(port = 0): Promise<this> {
    this.#server.listen(port, this.host);
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
    return this;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #reply(name: string): string {
    if (name === 'info') return bulk(this.info);
    if (name === 'client' || name === 'select' || name === 'auth') return '+OK\r\n';
    const answer = this.answer(name);
    return typeof answer === 'string' ? `${answer}\r\n` : bulk(answer.text);
  }
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

/** The first command in a buffer, an array of bulk strings, if it is whole. */
function readCommand(buffer: string): { readonly name: string; readonly length: number } | undefined {
  const [head, count] = /^\*(\d+)\r\n/.exec(buffer) ?? [];
  if (head === undefined) return undefined;
  let at = head.length;
  let name = '';
  for (let part = 0; part < Number(count); part++) {
    const [size, bytes] = /^\$(\d+)\r\n/.exec(buffer.slice(at)) ?? [];
    if (size === undefined || buffer.length < at + size.length + Number(bytes) + 2) return undefined;
    at += size.length;
    if (part === 0) name = buffer.slice(at, at + Number(bytes)).toLowerCase();
    at += Number(bytes) + 2;
  }
  return { name, length: at };
}
