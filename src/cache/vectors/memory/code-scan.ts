import { distanceLimit, HEAD_BYTES } from '../sign-code.ts';
import { CHUNK_ROWS, scratch } from './arena.ts';
import type { Kernel, KernelMemory } from './kernel.ts';

/** A search for near codes, in plain numbers that another thread can be sent. */
export interface CodeQuery {
  /** Addresses of the chunks, all full but the last. */
  readonly chunks: readonly number[];
  readonly count: number;
  readonly code: Uint32Array;
  /** Vectors at this cosine or nearer are wanted. */
  readonly atLeast: number;
  /** The most positions wanted: those with the fewest bits that differ. */
  readonly most: number;
}

/** Where this many of a chunk pass by their heads, all the rests are compared in one go. */
const manyOfAChunk = CHUNK_ROWS / 8;

/** Scans codes, in whichever thread it was made. The head of a code, a quarter of it, rules out nearly all of the others. */
export class CodeScan {
  readonly #kernel: Kernel;
  readonly #query: number;
  readonly #out: number;
  readonly #code: Uint32Array;
  readonly #differ: Uint16Array;
  readonly #restBytes: number;
  readonly #passed = new Uint16Array(CHUNK_ROWS);
  readonly #heads = new Uint16Array(CHUNK_ROWS);

  /** @param place address of this thread's own scratch memory */
  constructor(kernel: Kernel, memory: KernelMemory, place: number, codeBytes: number) {
    this.#kernel = kernel;
    this.#query = place + scratch.code;
    this.#out = place + scratch.out;
    this.#restBytes = codeBytes - HEAD_BYTES;
    this.#code = new Uint32Array(memory.buffer, this.#query, codeBytes / 4);
    this.#differ = new Uint16Array(memory.buffer, this.#out, CHUNK_ROWS);
  }

  /** Positions in the partition of the codes nearest to one, in no order. */
  nearest({ chunks, count, code, atLeast, most }: CodeQuery): Uint32Array {
    this.#code.set(code);
    const bits = (HEAD_BYTES + this.#restBytes) * 8;
    const limit = distanceLimit(atLeast, bits);
    const headLimit = distanceLimit(atLeast, HEAD_BYTES * 8);
    const positions: number[] = [];
    const distances: number[] = [];
    for (const [index, chunk] of chunks.entries()) {
      const start = index * CHUNK_ROWS;
      const here = Math.min(CHUNK_ROWS, count - start);
      if (here <= 0) break;
      const passed = this.#passHeads(chunk, here, headLimit);
      const rests = chunk + CHUNK_ROWS * HEAD_BYTES;
      const inOneGo = passed > manyOfAChunk;
      if (inOneGo) this.#compareRests(rests, here);
      for (let i = 0; i < passed; i++) {
        const place = this.#passed[i] ?? 0;
        if (!inOneGo) this.#compareRests(rests + place * this.#restBytes, 1);
        const distance = (this.#heads[place] ?? 0) + (this.#differ[inOneGo ? place : 0] ?? 0);
        if (distance > limit) continue;
        positions.push(start + place);
        distances.push(distance);
      }
    }
    if (positions.length <= most) return Uint32Array.from(positions);
    return fewest(positions, distances, bits, most);
  }

  /** @returns how many passed: their places are in `#passed` */
  #passHeads(chunk: number, here: number, limit: number): number {
    this.#kernel.hamming(chunk, here, HEAD_BYTES, this.#query, this.#out);
    let passed = 0;
    for (let place = 0; place < here; place++) {
      const distance = this.#differ[place] ?? 0;
      if (distance > limit) continue;
      this.#heads[place] = distance;
      this.#passed[passed++] = place;
    }
    return passed;
  }

  #compareRests(rests: number, count: number): void {
    if (this.#restBytes === 0) this.#differ.fill(0, 0, count);
    else this.#kernel.hamming(rests, count, this.#restBytes, this.#query + HEAD_BYTES, this.#out);
  }
}

/** Those of the `most` least distances, counted instead of sorted. */
function fewest(positions: readonly number[], distances: readonly number[], bits: number, most: number): Uint32Array {
  const counts = new Uint32Array(bits + 1);
  for (const distance of distances) counts[distance] = (counts[distance] ?? 0) + 1;
  let cut = 0;
  let below = 0;
  while (below + (counts[cut] ?? 0) <= most) below += counts[cut++] ?? 0;
  let atCut = most - below;
  const kept: number[] = [];
  for (let i = 0; i < positions.length; i++) {
    const distance = distances[i] ?? 0;
    if (distance < cut || (distance === cut && atCut-- > 0)) kept.push(positions[i] ?? 0);
  }
  return Uint32Array.from(kept);
}
