import type { Socket } from 'node:net';

/** What can go wrong with one try. The last two break a stream half way; the others come before any of the answer. */
export type FaultKind = 'server-error' | 'bad-gateway' | 'overloaded' | 'throttled' | 'reset' | 'cut' | 'stall';

/** Faults on a share of the tries, each kind as likely as the next. */
export interface FaultMix {
  /** 0 to 1. */
  readonly share: number;
  readonly kinds: readonly FaultKind[];
}

/** The faults of "transient faults on N% of upstream tries" in the numbers to hold. */
export const TRANSIENT: readonly FaultKind[] = ['server-error', 'bad-gateway', 'overloaded', 'throttled', 'reset'];

/** The same with streams that end or stop in the middle. */
export const TRANSIENT_AND_BROKEN: readonly FaultKind[] = [...TRANSIENT, 'cut', 'stall'];

const REPLIES: Readonly<Partial<Record<FaultKind, Buffer>>> = {
  'server-error': json('500 Internal Server Error', {
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
    param: null,
    code: null,
  }),
  'bad-gateway': reply('502 Bad Gateway', 'text/html', '<html><body><h1>502 Bad Gateway</h1></body></html>'),
  overloaded: json('503 Service Unavailable', {
    message: 'The server is currently overloaded with other requests.',
    type: 'server_error',
    param: null,
    code: 'server_is_overloaded',
  }),
  // No retry-after: the proxy has to choose the wait.
  throttled: json('429 Too Many Requests', {
    message: 'Rate limit reached for requests',
    type: 'requests',
    param: null,
    code: 'rate_limit_exceeded',
  }),
};

/** Decides for each try what it meets; the same seed gives the same sequence. */
export class FaultDice {
  readonly #mix: FaultMix;
  #state: number;

  constructor(mix: FaultMix, seed: number) {
    this.#mix = mix;
    this.#state = seed >>> 0;
  }

  next(): FaultKind | undefined {
    if (this.#random() >= this.#mix.share) return undefined;
    return this.#mix.kinds[Math.floor(this.#random() * this.#mix.kinds.length)];
  }

  /** mulberry32: a linear congruence would tie the kind to the draw before it. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** Plays a fault that comes before the answer. Returns false for those that need an answer to break. */
export function playFault(socket: Socket, fault: FaultKind): boolean {
  if (fault === 'reset') {
    socket.resetAndDestroy();
    return true;
  }
  const bytes = REPLIES[fault];
  if (bytes !== undefined) socket.write(bytes);
  return bytes !== undefined;
}

function json(status: string, error: object): Buffer {
  return reply(status, 'application/json', JSON.stringify({ error }));
}

function reply(status: string, type: string, body: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
