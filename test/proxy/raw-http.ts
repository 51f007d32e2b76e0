import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** One response, as the bytes say it. */
export interface RawResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection to which anything can be written, for what no HTTP client would send. */
export class RawHttp {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(t: TestContext, url: string, options: { readonly allowHalfOpen?: boolean } = {}) {
    this.socket = connect({ ...options, port: Number(new URL(url).port), host: '127.0.0.1' });
    t.after(() => this.socket.destroy());
    const changed = () => this.#wake?.();
    this.socket.on('data', (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      changed();
    });
    // A reset is an ending like another here: what came before it is looked at.
    this.socket.on('error', changed);
    this.socket.on('close', () => {
      this.#closed = true;
      changed();
    });
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** The next response on this connection; interim ones (100) are given as well. Rejects when it closes without one. */
  async response(): Promise<RawResponse> {
    for (;;) {
      const parsed = this.#take();
      if (parsed !== undefined) return parsed;
      if (this.#closed)
        throw new Error(`closed without a response, after ${JSON.stringify(this.#bytes.toString('latin1', 0, 200))}`);
      await this.#change();
    }
  }

  /** Resolves when the other side has closed. */
  async closed(): Promise<void> {
    while (!this.#closed) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #take(): RawResponse | undefined {
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const [statusLine = '', ...lines] = this.#bytes.toString('latin1', 0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const status = Number(statusLine.split(' ')[1]);
    const length = status === 100 ? 0 : Number(headers['content-length'] ?? Number.NaN);
    if (Number.isNaN(length)) throw new Error(`a response without a length: ${statusLine}`);
    const bodyEnd = end + 4 + length;
    if (this.#bytes.length < bodyEnd) return undefined;
    const body = this.#bytes.toString('utf8', end + 4, bodyEnd);
    this.#bytes = this.#bytes.subarray(bodyEnd);
    return { status, headers, body };
  }
}

/** The bytes of a POST. A header given as undefined is left out. */
export function postBytes(
  body: string | Buffer,
  headers: Readonly<Record<string, string | undefined>> = {},
  path = '/v1/chat/completions',
): Buffer {
  const bytes = Buffer.from(body);
  const all = { host: 'proxy', 'content-type': 'application/json', 'content-length': String(bytes.length), ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), bytes]);
}
