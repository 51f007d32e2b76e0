import { HEAD_BYTES, SignCoder } from '../sign-code.ts';
import { lengthOf, toSixteenBits } from '../sixteen-bits.ts';
import { type Kernel, type KernelMemory, kernelMemory, kernelOver, mostMemory } from './kernel.ts';

/** Rows that are ranked at once, and codes in a chunk. */
export const CHUNK_ROWS = 1_024;
/** What each of the two threads works in: the query's vector, its code, the numbers of rows, what the kernel answers. */
export const scratch = { vector: 0, code: 16_384, rows: 17_408, out: 21_504, bytes: 32_768 } as const;
const threads = 2;
const mostDimensions = 8_192;
/** A partition has codes in chunks where it fills half of one at least. */
const chunksPerRow = 2 / CHUNK_ROWS;

/**
 * Vectors and their codes in one memory that a second thread can read. A row is a vector in 16-bit numbers and its code; chunks hold
 * the codes of one large partition a second time, one after the other, because scanning scattered ones takes six times as long: first
 * the heads of all, then the rest of all.
 */
export class VectorArena {
  readonly capacity: number;
  readonly coder: SignCoder;
  readonly memory: KernelMemory;
  readonly kernel: Kernel;
  readonly rowBytes: number;
  readonly #dimensions: number;
  readonly #vectorBytes: number;
  readonly #rowsAt = scratch.bytes * threads;
  readonly #bytes: Uint8Array;
  /** 1 / the length of each row's vector in its own numbers. */
  readonly #inverse: Float32Array;
  readonly #freeChunks: number[] = [];
  readonly #query: Int16Array;
  #queryInverse = 0;
  readonly #askedRows: Uint32Array;
  readonly #answers: Float32Array;

  /** @param maxBytes what all rows together may take; capped at what one memory can hold, 4 GiB with the chunks */
  constructor(dimensions: number, maxBytes: number) {
    if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > mostDimensions)
      throw new RangeError(`vectors of ${dimensions} dimensions: expected 1 to ${mostDimensions}`);
    this.#dimensions = dimensions;
    this.coder = new SignCoder(dimensions);
    this.#vectorBytes = Math.ceil(dimensions / 16) * 32;
    this.rowBytes = this.#vectorBytes + this.coder.bytes;
    const chunkBytes = CHUNK_ROWS * this.coder.bytes;
    const most = (mostMemory - this.#rowsAt - chunkBytes * 2) / (this.rowBytes + chunkBytes * chunksPerRow);
    this.capacity = Math.max(1, Math.floor(Math.min(maxBytes / this.rowBytes, most)));
    const chunksAt = this.#rowsAt + this.capacity * this.rowBytes;
    const chunks = Math.ceil(this.capacity * chunksPerRow) + 1;
    this.memory = kernelMemory(chunksAt + chunks * chunkBytes);
    this.kernel = kernelOver(this.memory);
    for (let chunk = chunks - 1; chunk >= 0; chunk--) this.#freeChunks.push(chunksAt + chunk * chunkBytes);
    const { buffer } = this.memory;
    this.#bytes = new Uint8Array(buffer);
    this.#inverse = new Float32Array(this.capacity);
    this.#query = new Int16Array(buffer, scratch.vector, this.#vectorBytes / 2);
    this.#askedRows = new Uint32Array(buffer, scratch.rows, CHUNK_ROWS);
    this.#answers = new Float32Array(buffer, scratch.out, CHUNK_ROWS);
  }

  /** Puts a vector of length 1 into a row. */
  write(row: number, unit: Float32Array): void {
    const at = this.#rowsAt + row * this.rowBytes;
    this.#inverse[row] = toSixteenBits(unit, new Int16Array(this.memory.buffer, at, this.#vectorBytes / 2));
    this.coder.encode(unit, new Uint32Array(this.memory.buffer, at + this.#vectorBytes, this.coder.bits / 32));
  }

  /** A row as it is kept in files. */
  copyOut(row: number): Uint8Array<ArrayBuffer> {
    const at = this.#rowsAt + row * this.rowBytes;
    return new Uint8Array(this.#bytes.subarray(at, at + this.rowBytes));
  }

  /** Puts back what {@link copyOut} gave. @returns false where it is no row of these dimensions */
  copyIn(row: number, bytes: Uint8Array): boolean {
    if (bytes.byteLength !== this.rowBytes) return false;
    const at = this.#rowsAt + row * this.rowBytes;
    this.#bytes.set(bytes, at);
    const length = lengthOf(new Int16Array(this.memory.buffer, at, this.#dimensions));
    this.#inverse[row] = 1 / length;
    return length > 0;
  }

  /** The vector that {@link cosines} compares with, of length 1. */
  setQuery(unit: Float32Array): void {
    this.#queryInverse = toSixteenBits(unit, this.#query);
  }

  /** Of the query and up to {@link CHUNK_ROWS} rows, into `into`. */
  cosines(rows: Uint32Array, into: Float32Array): void {
    const count = rows.length;
    this.#askedRows.set(rows);
    this.kernel.dot(scratch.rows, count, this.#rowsAt, this.rowBytes, this.#vectorBytes, scratch.vector, scratch.out);
    for (let i = 0; i < count; i++) {
      const cosine = (this.#answers[i] ?? 0) * (this.#inverse[rows[i] ?? 0] ?? 0) * this.#queryInverse;
      into[i] = Math.max(-1, Math.min(1, cosine));
    }
  }

  /** Place for {@link CHUNK_ROWS} codes: its address. */
  takeChunk(): number {
    const chunk = this.#freeChunks.pop();
    if (chunk === undefined) throw new Error('no chunk is free: partitions hold more of them than their rows fill');
    return chunk;
  }

  freeChunk(chunk: number): void {
    this.#freeChunks.push(chunk);
  }

  copyCode(row: number, chunk: number, index: number): void {
    const from = this.#rowsAt + row * this.rowBytes + this.#vectorBytes;
    const restBytes = this.coder.bytes - HEAD_BYTES;
    const head = from + HEAD_BYTES;
    this.#bytes.copyWithin(chunk + index * HEAD_BYTES, from, head);
    this.#bytes.copyWithin(chunk + CHUNK_ROWS * HEAD_BYTES + index * restBytes, head, head + restBytes);
  }
}
