/**
 * Reads one HTTP/1.1 message after another from a socket, for the bench's own client and upstream: it counts the body and
 * checks its framing, and keeps bytes only where asked. Not a general parser: no trailers, no pipelining, no upgrade.
 */
export class MessageReader {
  /** Status code of a response; 0 for a request. */
  status = 0;
  /** Bytes of body so far, without chunk framing. */
  bodyBytes = 0;
  /** The first line and the headers, once they are complete. */
  head = '';
  complete = false;
  readonly #kept: Buffer[] | undefined;
  #pending: Buffer | undefined;
  #state: 'head' | 'sized' | 'until-close' | 'chunk-size' | 'chunk-data' | 'chunk-end' = 'head';
  #left = 0;
  #sizeLine = '';

  /** @param keepBody keep the bytes for {@link body}: for the first answer of a subject and where faults are checked. */
  constructor(keepBody = false) {
    this.#kept = keepBody ? [] : undefined;
  }

  get body(): string {
    return Buffer.concat(this.#kept ?? []).toString('utf8');
  }

  /** True once the head has come and some of the body. */
  get hasBody(): boolean {
    return this.bodyBytes > 0;
  }

  /** Makes ready for the next message on the same socket. */
  reset(): void {
    this.status = 0;
    this.bodyBytes = 0;
    this.head = '';
    this.complete = false;
    this.#pending = undefined;
    this.#state = 'head';
    this.#left = 0;
    this.#sizeLine = '';
    if (this.#kept) this.#kept.length = 0;
  }

  /** Takes what the socket gave. Throws when the framing is broken or bytes follow the end of the message. */
  push(data: Buffer): void {
    let offset = 0;
    if (this.#state === 'head') {
      const all = this.#pending ? Buffer.concat([this.#pending, data]) : data;
      const end = all.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#pending = all;
        return;
      }
      this.#pending = undefined;
      this.#openHead(all.toString('latin1', 0, end + 2));
      data = all;
      offset = end + 4;
    }
    while (!this.complete && offset < data.length) offset = this.#step(data, offset);
    if (offset < data.length) throw new Error('bytes after the end of the message');
  }

  /** The peer closed. Throws unless that is a legitimate end. */
  end(): void {
    if (this.#state === 'until-close') this.complete = true;
    if (!this.complete) throw new Error('connection closed inside a message');
  }

  #openHead(head: string): void {
    this.head = head;
    if (head.startsWith('HTTP/')) this.status = Number(head.slice(9, 12));
    if (/\r\ntransfer-encoding: *chunked\r\n/i.test(head)) {
      this.#state = 'chunk-size';
      return;
    }
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
    if (length === undefined && this.status !== 0) {
      this.#state = 'until-close';
      return;
    }
    this.#state = 'sized';
    this.#left = Number(length ?? 0);
    this.complete = this.#left === 0;
  }

  #step(data: Buffer, offset: number): number {
    switch (this.#state) {
      case 'sized':
      case 'chunk-data': {
        const end = Math.min(data.length, offset + this.#left);
        this.#take(data, offset, end);
        this.#left -= end - offset;
        if (this.#left === 0) {
          if (this.#state === 'sized') this.complete = true;
          else this.#expectLineEnd('chunk-end');
        }
        return end;
      }
      case 'until-close':
        this.#take(data, offset, data.length);
        return data.length;
      case 'chunk-size':
        return this.#readSize(data, offset);
      case 'chunk-end': {
        const end = Math.min(data.length, offset + this.#left);
        this.#left -= end - offset;
        if (this.#left === 0) {
          if (this.#sizeLine === '0') this.complete = true;
          this.#sizeLine = '';
          this.#state = 'chunk-size';
        }
        return end;
      }
      case 'head':
        throw new Error('unreachable: the head is read in push');
    }
  }

  #readSize(data: Buffer, offset: number): number {
    const lineEnd = data.indexOf(10, offset);
    const end = lineEnd < 0 ? data.length : lineEnd + 1;
    this.#sizeLine += data.toString('latin1', offset, end);
    if (lineEnd < 0) return end;
    const size = Number.parseInt(this.#sizeLine, 16);
    if (Number.isNaN(size)) throw new Error(`bad chunk size ${JSON.stringify(this.#sizeLine)}`);
    this.#left = size;
    if (size > 0) this.#state = 'chunk-data';
    else {
      this.#expectLineEnd('chunk-end');
      this.#sizeLine = '0';
    }
    return end;
  }

  #expectLineEnd(state: 'chunk-end'): void {
    this.#state = state;
    this.#left = 2;
    this.#sizeLine = '';
  }

  #take(data: Buffer, from: number, to: number): void {
    this.bodyBytes += to - from;
    this.#kept?.push(Buffer.from(data.subarray(from, to)));
  }
}
