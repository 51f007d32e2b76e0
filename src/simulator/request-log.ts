import type { Usage } from './answer.ts';
import type { HttpHead } from './http-request.ts';

/**
 * How a request ended: its answer was handed over whole; the client left before; the simulator closed (`cut`) or reset the
 * connection; or it has not ended.
 */
export type Closing = 'open' | 'completed' | 'client-gone' | 'cut' | 'reset';

/** Request bodies are kept for inspection up to this many bytes in all, the newest. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** What the simulator saw of one request, and what it did. Times are the clock's, in milliseconds. */
export interface SimulatedRequest {
  readonly id: number;
  readonly at: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The secret in `authorization`, `api-key`, `x-api-key` or `x-goog-api-key`. */
  readonly key: string | undefined;
  readonly model: string;
  /** What happened, in the grammar without `sim-`: `ok`, `429-after-2s`. Empty where no model was asked. */
  readonly behaviour: string;
  readonly stream: boolean;
  /** The body, parsed on reading; its text where it is no JSON; undefined where there was none or it is no longer kept. */
  readonly body: unknown;
  /** Undefined while, or where, no status was sent. */
  readonly status: number | undefined;
  /** Since `at`, until the first byte of the answer. */
  readonly firstByteMs: number | undefined;
  /** Since `at`, until the request ended, however it did. */
  readonly finishedMs: number | undefined;
  readonly closed: Closing;
  readonly closedAt: number | undefined;
  /** Tokens handed to the socket. */
  readonly tokensSent: number;
  /** What the answer reports; undefined where it is no answer. */
  readonly usage: Usage | undefined;
}

export class RequestRecord implements SimulatedRequest {
  readonly id: number;
  readonly at: number;
  readonly key: string | undefined;
  readonly #head: HttpHead;
  model = '';
  behaviour = '';
  stream = false;
  rawBody: Buffer | undefined;
  status: number | undefined;
  firstByteMs: number | undefined;
  closed: Closing = 'open';
  closedAt: number | undefined;
  tokensSent = 0;
  usage: Usage | undefined;

  constructor(id: number, at: number, head: HttpHead, body: Buffer) {
    this.id = id;
    this.at = at;
    this.#head = head;
    this.key = keyOf(head.headers);
    this.rawBody = body.length === 0 ? undefined : body;
  }

  get method(): string {
    return this.#head.method;
  }

  get path(): string {
    return this.#head.target;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#head.headers;
  }

  get finishedMs(): number | undefined {
    return this.closedAt === undefined ? undefined : this.closedAt - this.at;
  }

  get body(): unknown {
    const text = this.rawBody?.toString();
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (cause) {
      if (cause instanceof SyntaxError) return text;
      throw cause;
    }
  }

  /** For `GET /requests`: neither headers nor body, and of the key only its end. */
  toJSON(): Record<string, unknown> {
    const {
      id,
      at,
      method,
      path,
      model,
      behaviour,
      stream,
      status,
      firstByteMs,
      finishedMs,
      closed,
      tokensSent,
      usage,
    } = this;
    const key = this.key === undefined ? undefined : `...${this.key.slice(-4)}`;
    return {
      id,
      at,
      method,
      path,
      key,
      model,
      behaviour,
      stream,
      status,
      firstByteMs,
      finishedMs,
      closed,
      tokensSent,
      usage,
    };
  }
}

/** The newest requests, and a count of all. */
export class RequestLog {
  readonly #capacity: number;
  #records: RequestRecord[] = [];
  #count = 0;
  /** Index into the records of the oldest that may still keep its body. */
  #oldestBody = 0;
  #bodyBytes = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Requests seen since the start, kept or not. */
  get count(): number {
    return this.#count;
  }

  /** The newest, oldest first. */
  get records(): readonly RequestRecord[] {
    return this.#records.length > this.#capacity ? this.#records.slice(-this.#capacity) : this.#records;
  }

  add(at: number, head: HttpHead, body: Buffer): RequestRecord {
    const record = new RequestRecord(++this.#count, at, head, body);
    this.#records.push(record);
    this.#bodyBytes += body.length;
    while (this.#bodyBytes > MAX_BODY_BYTES) this.#dropOldestBody();
    // Trimmed in steps: moving the whole array on each request would cost more than the request.
    if (this.#records.length >= this.#capacity * 1.25 + 16) this.#trim();
    return record;
  }

  clear(): void {
    this.#records = [];
    this.#oldestBody = 0;
    this.#bodyBytes = 0;
  }

  #trim(): void {
    const dropped = this.#records.length - this.#capacity;
    while (this.#oldestBody < dropped) this.#dropOldestBody();
    this.#records = this.#records.slice(dropped);
    this.#oldestBody -= dropped;
  }

  #dropOldestBody(): void {
    const oldest = this.#records[this.#oldestBody++];
    if (oldest?.rawBody === undefined) return;
    this.#bodyBytes -= oldest.rawBody.length;
    oldest.rawBody = undefined;
  }
}

function keyOf(headers: Readonly<Record<string, string>>): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined)
    return /^bearer /i.test(authorization) ? authorization.slice(7).trim() : authorization;
  return headers['api-key'] ?? headers['x-api-key'] ?? headers['x-goog-api-key'];
}
