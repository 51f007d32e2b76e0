import { writeSync } from 'node:fs';

/** What waits at most for an output that takes nothing, bytes. Lines past it are lost, and counted. */
const MAX_WAITING_BYTES = 1 << 20;

/** Writes bytes to a descriptor, as `fs.writeSync`: returns how many were taken, throws when none can be. */
export type WriteBytes = (fd: number, bytes: Uint8Array, offset: number) => number;

/** Runs a function when the present turn of the event loop has done its work, as `setImmediate`. */
export type Soon = (flush: () => void) => void;

/**
 * Writes lines at the end of the event loop's turn in which they were logged, all of that turn in one synchronous write: a line is out
 * before the next request is looked at, and a busy proxy pays for one system call where it would pay for sixteen. A process
 * that is killed loses at most the turn it was in; one that exits or throws loses nothing ({@link flush}).
 *
 * An output that cannot take more (a full pipe, a full disk) never stops a request or throws into it: up to a megabyte waits for
 * the next line, then lines are lost, and once the output takes bytes again a line says how many. That needs an output that says
 * so: behind a pipe in blocking mode it is the kernel that waits for a reader that has stopped.
 */
export class LineWriter {
  /** Lines that could not be written since the start. */
  lost = 0;
  readonly #fd: number;
  readonly #write: WriteBytes;
  readonly #waiting: Buffer[] = [];
  readonly #soon: Soon;
  #waitingBytes = 0;
  #lostUnsaid = 0;
  #turn = '';

  constructor(fd: number, write: WriteBytes = writeSync, soon: Soon = setImmediate) {
    this.#fd = fd;
    this.#write = write;
    this.#soon = soon;
  }

  write(line: string): void {
    const first = this.#turn === '';
    this.#turn += line;
    if (first) this.#soon(this.flush);
  }

  /** Writes what this turn has logged so far. */
  readonly flush = (): void => {
    if (this.#turn === '') return;
    const bytes = Buffer.from(this.#turn);
    this.#turn = '';
    if (this.#waiting.length > 0 && !this.#drain()) {
      this.#wait(bytes);
      return;
    }
    const written = this.#put(bytes);
    if (written < bytes.length) this.#wait(bytes.subarray(written));
  };

  /** Writes what waits; false where some of it still does. */
  #drain(): boolean {
    for (let bytes = this.#waiting[0]; bytes !== undefined; bytes = this.#waiting[0]) {
      const written = this.#put(bytes);
      this.#waitingBytes -= written;
      if (written < bytes.length) {
        this.#waiting[0] = bytes.subarray(written);
        return false;
      }
      this.#waiting.shift();
    }
    if (this.#lostUnsaid === 0) return true;
    const line = Buffer.from(
      `${JSON.stringify({ level: 'error', lost: this.#lostUnsaid, msg: 'log lines were lost' })}\n`,
    );
    this.#lostUnsaid = 0;
    const written = this.#put(line);
    if (written === line.length) return true;
    this.#wait(line.subarray(written));
    return false;
  }

  #wait(bytes: Buffer): void {
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      const lines = linesIn(bytes);
      this.lost += lines;
      this.#lostUnsaid += lines;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  /** How many of the bytes were taken. Whatever the reason why not all were, what is left waits: see the class. */
  #put(bytes: Buffer): number {
    let written = 0;
    try {
      while (written < bytes.length) {
        const taken = this.#write(this.#fd, bytes, written);
        if (taken === 0) break;
        written += taken;
      }
    } catch {
      return written;
    }
    return written;
  }
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++;
  return lines;
}
