import { connect, type Socket } from 'node:net';
import { MessageReader } from './message-reader.ts';

/** What came back for one request. `error` is set where nothing whole came. */
export interface Reply {
  readonly status: number;
  readonly bodyBytes: number;
  readonly head: string;
  /** The body, where the connection keeps bodies; else empty. */
  readonly body: string;
  /** Milliseconds from sending to the first byte of the body, and to the end. */
  readonly firstByteMs: number;
  readonly totalMs: number;
  readonly error?: string;
}

export interface ConnectionOptions {
  /** Keep bodies for the replies. */
  readonly keepBody?: boolean;
  /** Silence on the way to an answer after which it is given up, milliseconds. Default 30 s. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 30_000;

/**
 * One keep-alive connection that has one request on the way at most. Opens its socket when first used and again when the
 * other side has closed it between requests.
 */
export class Connection {
  readonly #port: number;
  readonly #onReply: (reply: Reply, connection: Connection) => void;
  readonly #reader: MessageReader;
  readonly #options: ConnectionOptions;
  #socket: Socket | undefined;
  #sentAt = 0;
  #firstByteAt = 0;
  #busy = false;

  constructor(port: number, onReply: (reply: Reply, connection: Connection) => void, options: ConnectionOptions = {}) {
    this.#port = port;
    this.#onReply = onReply;
    this.#options = options;
    this.#reader = new MessageReader(options.keepBody);
  }

  /** The answer to the request on the way has begun to come. */
  get hasBegun(): boolean {
    return this.#firstByteAt > 0;
  }

  send(request: Buffer): void {
    if (this.#busy) throw new Error('the connection has a request on the way');
    this.#busy = true;
    this.#reader.reset();
    this.#firstByteAt = 0;
    this.#sentAt = performance.now();
    this.#socket ??= this.#open();
    this.#socket.write(request);
  }

  /** Drops the connection, and with it a request on the way: what a client does that goes away. No reply is reported. */
  destroy(): void {
    this.#busy = false;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    let failure = 'connection closed';
    socket.on('data', (data: Buffer) => {
      if (socket === this.#socket) this.#read(data);
    });
    socket.on('error', (error) => {
      failure = error.message;
    });
    socket.setTimeout(this.#options.patienceMs ?? PATIENCE_MS, () => {
      failure = 'no answer';
      socket.destroy();
    });
    socket.on('close', () => {
      if (socket === this.#socket) this.#closed(failure);
    });
    return socket;
  }

  #read(data: Buffer): void {
    try {
      this.#reader.push(data);
    } catch (error) {
      this.#fail(String(error));
      return;
    }
    if (this.#firstByteAt === 0 && this.#reader.hasBody) this.#firstByteAt = performance.now();
    if (this.#reader.complete) this.#finish();
  }

  #closed(failure: string): void {
    this.#socket = undefined;
    if (!this.#busy) return;
    try {
      this.#reader.end();
      this.#finish();
    } catch {
      this.#fail(failure);
    }
  }

  #fail(error: string): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#finish(error);
  }

  #finish(error?: string): void {
    this.#busy = false;
    const now = performance.now();
    const reply: Reply = {
      status: this.#reader.status,
      bodyBytes: this.#reader.bodyBytes,
      head: this.#reader.head,
      body: this.#options.keepBody === true ? this.#reader.body : '',
      firstByteMs: (this.#firstByteAt || now) - this.#sentAt,
      totalMs: now - this.#sentAt,
      ...(error === undefined ? {} : { error }),
    };
    this.#onReply(reply, this);
  }
}

/** One request on a connection of its own, with its body. */
export function askOnce(port: number, request: Buffer): Promise<Reply> {
  return new Promise((resolve) => {
    const onReply = (reply: Reply, connection: Connection) => {
      connection.destroy();
      resolve(reply);
    };
    new Connection(port, onReply, { keepBody: true }).send(request);
  });
}
