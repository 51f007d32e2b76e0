import type { Subject } from '../subjects/subject.ts';
import { Connection } from './connection.ts';
import { chatBody } from './payloads.ts';
import { chatRequest } from './request.ts';

/** What became of the requests of a soak. */
export interface Tally {
  answered: number;
  /** Requests whose client went away before the end. */
  left: number;
  bad: number;
}

interface Kind {
  readonly request: Buffer;
  /** Of 100 requests, how many are of this kind. */
  readonly share: number;
  /** The client leaves at a random moment within so many milliseconds. */
  readonly leavesWithinMs?: number;
}

const CLIENTS = 24;
/** Random pause of a client between two requests, milliseconds: keeps the proxy busy, not saturated. */
const PAUSE_MS = 60;

/** Mixed load on one subject until stopped: small, middle and large bodies, streams, and clients that go away in both. */
export class Soak {
  readonly #kinds: readonly Kind[];
  readonly #port: number;
  readonly #tally: Tally = { answered: 0, left: 0, bad: 0 };
  readonly #clients: Promise<void>[] = [];
  #stopping = false;

  constructor(subject: Subject) {
    this.#port = subject.port;
    const body = (bytes: number, stream: boolean) => chatRequest(subject, chatBody(subject.model, bytes, stream));
    const small = body(1_000, false);
    const stream = body(1_000, true);
    this.#kinds = [
      { request: small, share: 50 },
      { request: body(20_000, false), share: 15 },
      { request: body(500_000, false), share: 3 },
      { request: stream, share: 17 },
      { request: stream, share: 10, leavesWithinMs: 200 },
      { request: small, share: 5, leavesWithinMs: 2 },
    ];
    for (let index = 0; index < CLIENTS; index++) this.#clients.push(this.#client());
  }

  /** Lets what is on the way end. */
  async stop(): Promise<Tally> {
    this.#stopping = true;
    await Promise.all(this.#clients);
    return this.#tally;
  }

  async #client(): Promise<void> {
    let settle: () => void = () => undefined;
    const connection = new Connection(this.#port, (reply) => {
      if (reply.status === 200 && reply.error === undefined) this.#tally.answered++;
      else this.#tally.bad++;
      settle();
    });
    while (!this.#stopping) {
      const kind = this.#pick();
      let leaves: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        settle = resolve;
        connection.send(kind.request);
        if (kind.leavesWithinMs === undefined) return;
        leaves = setTimeout(() => {
          this.#tally.left++;
          connection.destroy();
          resolve();
        }, Math.random() * kind.leavesWithinMs);
      });
      // Else it would cut the next request on this connection.
      clearTimeout(leaves);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MS));
    }
    connection.destroy();
  }

  #pick(): Kind {
    let ticket = Math.random() * 100;
    for (const kind of this.#kinds) {
      ticket -= kind.share;
      if (ticket < 0) return kind;
    }
    throw new Error('the shares do not add up to 100');
  }
}
