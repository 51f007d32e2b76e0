const END_OF_HEAD = Buffer.from('\r\n\r\n');
const NO_BODY = Buffer.alloc(0);

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_BODY_BYTES = 128 * 1024 * 1024;
const MAX_CHUNK_LINE_BYTES = 1024;

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

export interface HttpHead {
  readonly method: string;
  /** Path with query, as sent. */
  readonly target: string;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly keepAlive: boolean;
  readonly expectsContinue: boolean;
  /** Length of the body in bytes; undefined where it is chunked. */
  readonly length: number | undefined;
}

export interface HttpRequest {
  readonly head: HttpHead;
  readonly body: Buffer;
}

/** Bytes that are no HTTP/1.1 request, or one too large: the status to answer with before closing. */
export class HttpRequestError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'HttpRequestError';
    this.status = status;
  }
}

/**
 * Reads HTTP/1.1 requests out of a connection's bytes: any number in one read, one over any number of reads, bodies by
 * length or chunked. Strict, so that a proxy that sends malformed requests is found out; bounded in every part.
 */
export class HttpRequestReader {
  /** Bytes not yet read as anything. */
  #rest: Buffer = NO_BODY;
  #head: HttpHead | undefined;
  #parts: Buffer[] = [];
  #bodyBytes = 0;
  /** Bytes of the chunk at hand yet to come; undefined before its size is known. */
  #chunkLeft: number | undefined;
  #lastChunk = false;
  #lastHead: { readonly text: string; readonly head: HttpHead } | undefined;

  /** Bytes of requests behind the one that {@link next} gave last. */
  get waiting(): number {
    return this.#rest.length;
  }

  /** A head has been read whose body has not all come: what an `expect: 100-continue` waits for. */
  get awaitingBodyOf(): HttpHead | undefined {
    return this.#head;
  }

  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
  }

  /** The next whole request, or undefined until more bytes come. @throws {HttpRequestError} */
  next(): HttpRequest | undefined {
    if (this.#head === undefined && !this.#readHead()) return undefined;
    const head = this.#head;
    if (head === undefined) return undefined;
    const complete = head.length === undefined ? this.#readChunks() : this.#readLength(head.length);
    if (!complete) return undefined;
    const body = this.#parts.length > 1 ? Buffer.concat(this.#parts, this.#bodyBytes) : (this.#parts[0] ?? NO_BODY);
    this.#head = undefined;
    this.#parts = [];
    this.#bodyBytes = 0;
    return { head, body };
  }

  #readHead(): boolean {
    while (this.#rest[0] === 0x0d && this.#rest[1] === 0x0a) this.#rest = this.#rest.subarray(2);
    const end = this.#rest.indexOf(END_OF_HEAD);
    if (end === -1 ? this.#rest.length > MAX_HEAD_BYTES : end > MAX_HEAD_BYTES) {
      throw new HttpRequestError(431, `the request head is larger than ${MAX_HEAD_BYTES} bytes`);
    }
    if (end === -1) return false;
    const text = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + END_OF_HEAD.length);
    // A client that repeats a request repeats its head: no need to read the same bytes again.
    if (this.#lastHead?.text !== text) this.#lastHead = { text, head: parseHead(text) };
    this.#head = this.#lastHead.head;
    return true;
  }

  #readLength(length: number): boolean {
    const missing = length - this.#bodyBytes;
    if (this.#rest.length < missing) {
      // Handed over part by part: appending each read to the last would copy a large body again and again.
      if (this.#rest.length > 0) this.#take(this.#rest.length);
      return false;
    }
    if (missing > 0) this.#take(missing);
    return true;
  }

  #readChunks(): boolean {
    for (;;) {
      if (this.#chunkLeft === undefined) {
        const line = this.#readLine();
        if (line === undefined) return false;
        this.#chunkLeft = chunkSize(line);
        this.#lastChunk = this.#chunkLeft === 0;
        refuseLarge(this.#bodyBytes + this.#chunkLeft);
      }
      if (this.#lastChunk) return this.#skipTrailers();
      if (this.#chunkLeft > 0) {
        const here = Math.min(this.#chunkLeft, this.#rest.length);
        if (here === 0) return false;
        this.#take(here);
        this.#chunkLeft -= here;
        if (this.#chunkLeft > 0) return false;
      }
      if (this.#rest.length < 2) return false;
      if (this.#readLine() !== '') throw new HttpRequestError(400, 'a chunk is longer than its size');
      this.#chunkLeft = undefined;
    }
  }

  #skipTrailers(): boolean {
    for (let line = this.#readLine(); line !== undefined; line = this.#readLine()) {
      if (line !== '') continue;
      this.#chunkLeft = undefined;
      return true;
    }
    return false;
  }

  #readLine(): string | undefined {
    const end = this.#rest.indexOf('\r\n');
    if (end === -1 ? this.#rest.length > MAX_CHUNK_LINE_BYTES : end > MAX_CHUNK_LINE_BYTES) {
      throw new HttpRequestError(400, 'a line between chunks is too long');
    }
    if (end === -1) return undefined;
    const line = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + 2);
    return line;
  }

  #take(bytes: number): void {
    this.#parts.push(this.#rest.subarray(0, bytes));
    this.#bodyBytes += bytes;
    this.#rest = this.#rest.length === bytes ? NO_BODY : this.#rest.subarray(bytes);
  }
}

function chunkSize(line: string): number {
  const digits = line.split(';', 1)[0]?.trim() ?? '';
  if (!/^[0-9a-fA-F]{1,8}$/.test(digits)) throw new HttpRequestError(400, `"${digits}" is no chunk size`);
  return Number.parseInt(digits, 16);
}

function parseHead(text: string): HttpHead {
  const lines = text.split('\r\n');
  const [method = '', target = '', version = '', ...more] = (lines[0] ?? '').split(' ');
  if (!/^[A-Z]+$/.test(method) || target === '' || more.length > 0 || !/^HTTP\/1\.[01]$/.test(version)) {
    throw new HttpRequestError(400, 'malformed request line');
  }
  const headers: Record<string, string> = Object.create(null);
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!TOKEN.test(name)) throw new HttpRequestError(400, `malformed header line ${i}`);
    const value = line.slice(colon + 1).trim();
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : `${earlier}, ${value}`;
  }
  const connection = headers.connection?.toLowerCase() ?? '';
  return {
    method,
    target,
    headers,
    keepAlive: version === 'HTTP/1.1' ? !connection.includes('close') : connection.includes('keep-alive'),
    expectsContinue: headers.expect?.toLowerCase() === '100-continue',
    length: bodyLength(headers),
  };
}

function bodyLength(headers: Readonly<Record<string, string>>): number | undefined {
  const coding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (coding !== undefined) {
    // Both together are how requests are smuggled past a proxy.
    if (length !== undefined) throw new HttpRequestError(400, 'both content-length and transfer-encoding');
    if (coding.toLowerCase() !== 'chunked')
      throw new HttpRequestError(501, `transfer-encoding "${coding}" is not supported`);
    return undefined;
  }
  if (length === undefined) return 0;
  if (!/^\d{1,15}$/.test(length)) throw new HttpRequestError(400, `"${length}" is no content-length`);
  refuseLarge(Number(length));
  return Number(length);
}

function refuseLarge(bytes: number): void {
  if (bytes > MAX_BODY_BYTES)
    throw new HttpRequestError(413, `the request body is larger than ${MAX_BODY_BYTES} bytes`);
}
