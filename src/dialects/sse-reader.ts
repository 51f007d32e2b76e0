const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const NOWHERE = Number.POSITIVE_INFINITY;
const LEAST_GROWTH = 1024;
const NO_BYTES = Buffer.alloc(0);
const NO_EVENTS: readonly SseEvent[] = Object.freeze([]);

/** One event grew past `maxEventBytes`: an upstream that never ends an event must not grow this process. */
export class SseTooLarge extends Error {
  readonly code = 'sse_event_too_large';
  /** The bound that was passed, bytes. */
  readonly maxEventBytes: number;
  constructor(maxEventBytes: number) {
    super(`A server-sent event is larger than ${maxEventBytes} bytes.`);
    this.name = 'SseTooLarge';
    this.maxEventBytes = maxEventBytes;
  }
}

/**
 * One block of a stream up to and including its blank line: an event, or (`hasData` false) comments and fields that by
 * the standard dispatch nothing. Nothing is copied: both ranges point into buffers that already exist.
 *
 * The events of one `push` are adjacent: each starts where the one before it ended, all in the same `bytes`.
 */
export class SseEvent {
  /** The buffer that holds the block as it came over the wire. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** The value of the last `event:` field, '' where there was none. */
  readonly name: string;
  /** The data is `payload[from, to)`: inside `bytes` for the usual single `data:` line, joined by LF for several. */
  readonly payload: Buffer;
  readonly from: number;
  readonly to: number;
  /** Set to false to leave the block out of {@link keptBytes}. */
  keep = true;

  constructor(bytes: Buffer, start: number, end: number, name: string, payload: Buffer, from: number, to: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.name = name;
    this.payload = payload;
    this.from = from;
    this.to = to;
  }

  /** False for a comment or a block without any `data:` line. An empty `data:` line counts as data. */
  get hasData(): boolean {
    return this.from >= 0;
  }

  /** The data as a buffer of its own range (a view, not a copy); empty where there is none. */
  get data(): Buffer {
    return this.from < 0 ? NO_BYTES : this.payload.subarray(this.from, this.to);
  }

  /** The block as it came over the wire (a view, not a copy). */
  get raw(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }
}

/** What was left when the stream ended. */
export interface SseTail {
  /** Bytes of an event without its blank line were there. By the standard they are not an event. */
  readonly partial: boolean;
  /** Those bytes. */
  readonly bytes: Buffer;
}

/**
 * Cuts a byte stream into server-sent events, as the WHATWG standard says: LF, CR and CRLF in any mix, a byte order mark at
 * the start, comments, `data:` with or without a space and over several lines. It works on bytes, so a character split over
 * two reads is whole again in the event.
 *
 * `id:` and `retry:` steer reconnecting, which a POST stream has none of: they are relayed, never interpreted.
 *
 * An event inside one chunk is never copied; one that straddles chunks is copied once (amortised, for many tiny chunks).
 */
export class SseReader {
  readonly #maxEventBytes: number;
  /** Bytes of the unfinished block, from its start; may have room to grow. */
  #held: Buffer = NO_BYTES;
  #heldLength = 0;
  /** Where the unfinished line starts, and from where its end is still to be searched; offsets into `#held`. */
  #lineStart = 0;
  #cursor = 0;
  /** The last byte seen was a CR that ended a line: an LF that follows belongs to it. */
  #afterCr = false;
  #atStreamStart = true;
  #name = '';
  /** The latest data line of the unfinished block; -1 while there is none. */
  #from = -1;
  #to = -1;
  /** From, to of all data lines, once there is a second. */
  #lines: number[] | undefined;
  #failure: SseTooLarge | undefined;

  /** @param options.maxEventBytes bound on one block with its comments and terminator, bytes. */
  constructor(options: { maxEventBytes: number }) {
    if (!(options.maxEventBytes > 0))
      throw new RangeError(`maxEventBytes must be positive, got ${options.maxEventBytes}`);
    this.#maxEventBytes = options.maxEventBytes;
  }

  /**
   * Takes the next bytes and returns the blocks they complete, adjacent and in order. The chunk must not be changed
   * afterwards: events point into it.
   *
   * @throws {SseTooLarge} where a block passes the bound; blocks complete before it are returned first, and the next call
   * throws.
   */
  push(chunk: Buffer): readonly SseEvent[] {
    if (this.#failure !== undefined) throw this.#failure;
    if (chunk.length === 0) return NO_EVENTS;
    const bytes = this.#heldLength === 0 ? chunk : this.#withHeld(chunk);
    const end = bytes.length;
    let events: SseEvent[] | undefined;
    let blockStart = 0;
    let lineStart = this.#lineStart;
    let cursor = this.#cursor;
    if (this.#afterCr) {
      this.#afterCr = false;
      if (bytes[cursor] === LF) lineStart = ++cursor;
    }
    let nextLf = -1;
    let nextCr = -1;
    while (cursor < end) {
      // Each kind of terminator is searched once per occurrence: a chunk without any CR pays one native scan for it.
      if (nextLf < cursor) nextLf = bytes[cursor] === LF ? cursor : positionOf(bytes, LF, cursor);
      if (nextCr < cursor) nextCr = positionOf(bytes, CR, cursor);
      if (nextLf === NOWHERE && nextCr === NOWHERE) {
        cursor = end;
        break;
      }
      const lineEnd = Math.min(nextLf, nextCr);
      cursor = lineEnd + 1;
      if (lineEnd === nextCr) {
        if (cursor === end) this.#afterCr = true;
        else if (bytes[cursor] === LF) cursor++;
      }
      if (this.#atStreamStart) {
        this.#atStreamStart = false;
        // Left out of the block too: it may be relayed behind bytes of our own, where it would spoil the field's name.
        if (startsWithBom(bytes)) lineStart = blockStart = 3;
      }
      if (lineEnd > lineStart) {
        this.#field(bytes, lineStart, lineEnd);
      } else {
        if (cursor - blockStart > this.#maxEventBytes) return this.#tooLarge(events);
        const event = this.#dispatch(bytes, blockStart, cursor);
        if (events === undefined) events = [event];
        else events.push(event);
        blockStart = cursor;
      }
      lineStart = cursor;
    }
    if (end - blockStart > this.#maxEventBytes) return this.#tooLarge(events);
    this.#hold(bytes, blockStart, lineStart);
    return events ?? NO_EVENTS;
  }

  /** Ends the stream: tells whether an event was cut off. */
  end(): SseTail {
    const bytes = this.#held.subarray(0, this.#heldLength);
    return { bytes, partial: bytes.some((byte) => byte !== LF && byte !== CR) };
  }

  #field(bytes: Buffer, start: number, end: number): void {
    if (startsWithData(bytes, start, end)) {
      const name = start + 4;
      if (name === end) this.#data(end, end);
      else if (bytes[name] === COLON) this.#data(afterSpace(bytes, name + 1, end), end);
    } else if (bytes[start] === 0x65) {
      const line = bytes.toString('utf8', start, end);
      if (line === 'event') this.#name = '';
      else if (line.startsWith('event:')) this.#name = line.slice(line[6] === ' ' ? 7 : 6);
    }
  }

  #data(from: number, to: number): void {
    if (this.#lines !== undefined) this.#lines.push(from, to);
    else if (this.#from >= 0) this.#lines = [this.#from, this.#to, from, to];
    this.#from = from;
    this.#to = to;
  }

  #dispatch(bytes: Buffer, start: number, end: number): SseEvent {
    const name = this.#name;
    const from = this.#from;
    const to = this.#to;
    const lines = this.#lines;
    this.#name = '';
    this.#from = -1;
    this.#to = -1;
    if (lines === undefined) return new SseEvent(bytes, start, end, name, bytes, from, to);
    this.#lines = undefined;
    const joined = joinLines(bytes, lines);
    return new SseEvent(bytes, start, end, name, joined, 0, joined.length);
  }

  #withHeld(chunk: Buffer): Buffer {
    const length = this.#heldLength + chunk.length;
    if (length > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#heldLength, LEAST_GROWTH));
      this.#held.copy(grown, 0, 0, this.#heldLength);
      this.#held = grown;
    }
    chunk.copy(this.#held, this.#heldLength);
    this.#heldLength = length;
    return this.#held.subarray(0, length);
  }

  /** Keeps the unfinished block. Once events point into `bytes`, it is kept as a view without room: growing copies it. */
  #hold(bytes: Buffer, blockStart: number, lineStart: number): void {
    const length = bytes.length - blockStart;
    if (blockStart > 0 || this.#heldLength === 0) {
      this.#held = length === 0 ? NO_BYTES : bytes.subarray(blockStart);
      this.#heldLength = length;
    }
    if (blockStart > 0 && this.#from >= 0) {
      this.#from -= blockStart;
      this.#to -= blockStart;
      if (this.#lines !== undefined) this.#lines = this.#lines.map((offset) => offset - blockStart);
    }
    this.#lineStart = lineStart - blockStart;
    this.#cursor = length;
  }

  #tooLarge(events: SseEvent[] | undefined): readonly SseEvent[] {
    this.#failure = new SseTooLarge(this.#maxEventBytes);
    this.#held = NO_BYTES;
    this.#heldLength = 0;
    if (events === undefined) throw this.#failure;
    return events;
  }
}

/**
 * The wire bytes of those events of one `push` that are still `keep`, for one write: the chunk itself where nothing was
 * dropped, a view where one run is left, a copy only where runs must be joined.
 */
export function keptBytes(events: readonly SseEvent[]): Buffer {
  const runs: Buffer[] = [];
  let start = -1;
  let end = -1;
  let bytes: Buffer = NO_BYTES;
  for (const event of events) {
    if (event.keep) {
      if (start < 0) start = event.start;
      end = event.end;
      bytes = event.bytes;
    } else if (start >= 0) {
      runs.push(bytes.subarray(start, end));
      start = -1;
    }
  }
  if (start >= 0) {
    if (runs.length === 0) return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
    runs.push(bytes.subarray(start, end));
  }
  return runs.length === 1 && runs[0] !== undefined ? runs[0] : Buffer.concat(runs);
}

function positionOf(bytes: Buffer, byte: number, from: number): number {
  const position = bytes.indexOf(byte, from);
  return position < 0 ? NOWHERE : position;
}

function startsWithBom(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function startsWithData(bytes: Buffer, start: number, end: number): boolean {
  return (
    end - start >= 4 &&
    bytes[start] === 0x64 &&
    bytes[start + 1] === 0x61 &&
    bytes[start + 2] === 0x74 &&
    bytes[start + 3] === 0x61
  );
}

function afterSpace(bytes: Buffer, start: number, end: number): number {
  return start < end && bytes[start] === SPACE ? start + 1 : start;
}

function joinLines(bytes: Buffer, lines: readonly number[]): Buffer {
  const parts: Buffer[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    if (index > 0) parts.push(LF_BYTES);
    parts.push(bytes.subarray(lines[index], lines[index + 1]));
  }
  return Buffer.concat(parts);
}

const LF_BYTES = Buffer.from([LF]);
