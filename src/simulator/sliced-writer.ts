import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import type { Slicing } from './behaviour.ts';

interface Piece {
  readonly bytes: Buffer;
  readonly slicing: Slicing;
  /** Between two slices, milliseconds; 0: one turn of the event loop, so that each can be read alone. */
  readonly gapMs: number;
}

/** Writes bytes to a socket in slices, each in a write of its own, at the reader's pace. */
export class SlicedWriter {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #onIdle: () => void;
  readonly #queue: Piece[] = [];
  #at = 0;
  #writing = false;
  #stopped = false;
  #timer: Timer | undefined;
  #immediate: NodeJS.Immediate | undefined;

  /** @param onIdle called whenever all that was pushed has been written */
  constructor(socket: Socket, clock: Clock, onIdle: () => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.#onIdle = onIdle;
  }

  get idle(): boolean {
    return !this.#writing;
  }

  push(bytes: Buffer, slicing: Slicing, gapMs: number): void {
    this.#queue.push({ bytes, slicing, gapMs });
    if (this.#writing) return;
    this.#writing = true;
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  readonly #next = (): void => {
    const piece = this.#queue[0];
    if (piece === undefined) {
      this.#writing = false;
      this.#onIdle();
      return;
    }
    const end = sliceEnd(piece, this.#at);
    const slice = piece.bytes.subarray(this.#at, end);
    this.#at = end;
    if (end === piece.bytes.length) {
      this.#queue.shift();
      this.#at = 0;
    }
    this.#socket.write(slice, (error) => {
      if (this.#stopped || error) return;
      if (piece.gapMs > 0) this.#timer = this.#clock.setTimeout(this.#next, piece.gapMs);
      else this.#immediate = setImmediate(this.#next);
    });
  };
}

function sliceEnd(piece: Piece, start: number): number {
  const { bytes, slicing } = piece;
  if (slicing === 'bytes') return start + 1;
  if (slicing === 'inside-characters') {
    for (let i = start + 1; i < bytes.length; i++) {
      // Behind the first byte of a character of several.
      if (((bytes[i] ?? 0) & 0xc0) === 0x80 && (bytes[i - 1] ?? 0) >= 0xc0) return i;
    }
  }
  return bytes.length;
}
