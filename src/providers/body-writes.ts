import type { Socket } from 'node:net';
import { WORTH_FREEING } from '../free-memory.ts';

/** What became of one body. */
interface Writes {
  /** Calls it was given to. */
  sends: number;
  /** Times a socket began to write it. */
  begun: number;
  /** Times a socket wrote all of it. */
  ended: number;
}

/**
 * Tells which large request bodies the system may still be reading: a socket writes from the very memory, after `write` has returned, and a provider that
 * answers before it has read its request leaves that under way.
 *
 * Written over HTTP/2, or broken off: never known to be out.
 */
export class BodyWrites {
  readonly #writes = new WeakMap<object, Writes>();

  /** A body is given to a call. */
  sends(body: Buffer): void {
    if (body.length < WORTH_FREEING) return;
    const known = this.#writes.get(body);
    if (known === undefined) this.#writes.set(body, { sends: 1, begun: 0, ended: 0 });
    else known.sends++;
  }

  /** False only where nobody reads the body any more: it was never sent, or as often as it was sent a socket has written all of it. */
  mayBeUnderWay(body: Buffer): boolean {
    const known = this.#writes.get(body);
    return known !== undefined && (known.begun !== known.sends || known.ended !== known.sends);
  }

  /** Sees what is written to a new connection. */
  watch(socket: Socket): void {
    const write = socket.write.bind(socket) as (...args: readonly unknown[]) => boolean;
    const watched = (chunk: Uint8Array | string, ...more: readonly unknown[]): boolean => {
      const known = typeof chunk === 'string' ? undefined : this.#writes.get(chunk);
      // With a callback of its own it is not one of ours.
      if (known === undefined || more.length > 0) return write(chunk, ...more);
      known.begun++;
      return write(chunk, (error?: Error | null) => {
        if (!error) known.ended++;
      });
    };
    socket.write = watched;
  }
}
