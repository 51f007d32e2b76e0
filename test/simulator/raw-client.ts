import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';

export const HELLO = [{ role: 'user', content: 'Hello there' }];

/** A simulator that is closed with the test. */
export async function startFor(t: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await Simulator.start(options);
  t.after(() => simulator.close());
  return simulator;
}

/** The bytes of a request with a JSON body. */
export function requestBytes(
  body: unknown,
  path = '/v1/chat/completions',
  headers: Record<string, string> = {},
): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const lines = Object.entries({ host: 'simulator', 'content-type': 'application/json', ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `POST ${path} HTTP/1.1\r\n${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** A chat request's bytes. */
export function chatBytes(
  model: string,
  fields: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): string {
  return requestBytes({ model, messages: HELLO, ...fields }, '/v1/chat/completions', headers);
}

/** How a connection stands: open, ended by a FIN, or broken by an error (its code). */
export type Standing = 'open' | 'end' | string;

/** A client without any understanding of HTTP: what came is there to be looked at. */
export class RawClient {
  readonly socket: Socket;
  /** Each read, as it came. */
  readonly reads: Buffer[] = [];
  standing: Standing = 'open';
  #changed: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    const change = () => {
      const waiting = this.#changed;
      this.#changed = [];
      for (const resolve of waiting) resolve();
    };
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.reads.push(bytes);
      change();
    });
    socket.on('end', () => {
      this.standing = 'end';
      change();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.standing = error.code ?? error.message;
      change();
    });
  }

  static async open(t: TestContext, simulator: Simulator): Promise<RawClient> {
    const socket = connect(simulator.port, '127.0.0.1');
    t.after(() => socket.destroy());
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return client;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.reads);
  }

  get text(): string {
    return this.bytes.toString();
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** Waits until what came satisfies the condition. */
  async until(condition: (client: this) => boolean): Promise<this> {
    while (!condition(this)) {
      if (this.standing !== 'open')
        throw new Error(`connection: ${this.standing}, after ${JSON.stringify(this.text.slice(-200))}`);
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
    return this;
  }

  /** Waits until the other side has ended or broken the connection. */
  async gone(): Promise<this> {
    while (this.standing === 'open') await new Promise<void>((resolve) => this.#changed.push(resolve));
    return this;
  }

  /** Waits for a whole response. */
  async response(): Promise<RawResponse> {
    let chunked = false;
    await this.until(({ reads }) => {
      // In a body of thousands of reads, only one that ends in a line end can be the last.
      if (chunked && reads.at(-1)?.at(-1) !== 0x0a) return false;
      const response = parseResponse(this.bytes);
      chunked = response.headers['transfer-encoding'] === 'chunked';
      return response.complete;
    });
    return parseResponse(this.bytes);
  }
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Without the chunks' framing. */
  readonly body: Buffer;
  /** The body has its length, or its last chunk. */
  readonly complete: boolean;
  /** What came behind it. */
  readonly rest: Buffer;
}

const NONE: RawResponse = { status: 0, headers: {}, body: Buffer.alloc(0), complete: false, rest: Buffer.alloc(0) };

/** The response that bytes begin with, as far as it came. */
export function parseResponse(bytes: Buffer): RawResponse {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return NONE;
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(':', 1)[0], line.slice(line.indexOf(':') + 1).trim()]),
  );
  const status = Number(statusLine.split(' ')[1]);
  const rest = bytes.subarray(headEnd + 4);
  if (headers['transfer-encoding'] === 'chunked') return { status, headers, ...dechunk(rest) };
  const length = Number(headers['content-length']);
  return {
    status,
    headers,
    body: rest.subarray(0, length),
    complete: rest.length >= length,
    rest: rest.subarray(length),
  };
}

function dechunk(bytes: Buffer): Pick<RawResponse, 'body' | 'complete' | 'rest'> {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = lineEnd === -1 ? Number.NaN : Number.parseInt(bytes.subarray(at, lineEnd).toString(), 16);
    if (size === 0) return { body: Buffer.concat(chunks), complete: true, rest: bytes.subarray(lineEnd + 4) };
    if (Number.isNaN(size) || bytes.length < lineEnd + 2 + size + 2) {
      return { body: Buffer.concat(chunks), complete: false, rest: bytes.subarray(at) };
    }
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

/** Asks once on a connection of its own. */
export async function ask(t: TestContext, simulator: Simulator, bytes: string): Promise<RawResponse> {
  const client = await RawClient.open(t, simulator);
  const response = await client.send(bytes).response();
  client.socket.destroy();
  return response;
}

/** Lets the event loop turn until the condition holds; fails after five seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`never came true: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
