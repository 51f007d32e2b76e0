import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { RedisPlace } from './redis-server.ts';

/** A TCP relay in front of a server that others use as well: it can fall silent, or refuse, and be well again on the same port. */
export class Relay {
  readonly #target: RedisPlace;
  readonly #sockets = new Set<Socket>();
  #server: Server;
  #frozen = false;
  #port = 0;

  constructor(target: RedisPlace) {
    this.#target = target;
    this.#server = this.#newServer();
  }

  get place(): RedisPlace {
    return { host: '127.0.0.1', port: this.#port };
  }

  async open(): Promise<void> {
    this.#server = this.#newServer();
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Bytes go nowhere any more; connections stay. */
  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  thaw(): void {
    this.#frozen = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Ends every connection and takes none, until {@link open}. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #newServer(): Server {
    return createServer((near) => {
      const far = connect(this.#target);
      this.#pass(near, far);
      this.#pass(far, near);
    });
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => to.write(bytes));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#frozen) from.pause();
  }
}
