import { CHUNK_ROWS, type VectorArena } from './arena.ts';

/** From so many rows on, a partition's codes are kept together; below half of it no more. */
export const DENSE_ROWS = CHUNK_ROWS;

/** The rows of one scope. Their order has no meaning: the last one takes the place of one that goes. */
export class Partition {
  readonly tenant: string;
  readonly scope: string;
  readonly ids = new Map<string, number>();
  readonly #arena: VectorArena;
  readonly #chunks: number[] = [];
  #rows = new Uint32Array(4);
  #count = 0;

  constructor(tenant: string, scope: string, arena: VectorArena) {
    this.tenant = tenant;
    this.scope = scope;
    this.#arena = arena;
  }

  get count(): number {
    return this.#count;
  }

  /** All rows, until the next change. */
  get rows(): Uint32Array {
    return this.#rows.subarray(0, this.#count);
  }

  /** Where the codes lie, {@link CHUNK_ROWS} in each; empty while there are few. */
  get chunks(): readonly number[] {
    return this.#chunks;
  }

  /** @returns its position */
  append(row: number): number {
    const position = this.#count++;
    if (position === this.#rows.length) {
      const longer = new Uint32Array(this.#rows.length * 2);
      longer.set(this.#rows);
      this.#rows = longer;
    }
    this.#rows[position] = row;
    if (this.#chunks.length > 0) this.#placeCode(position);
    else if (this.#count > DENSE_ROWS) for (let each = 0; each < this.#count; each++) this.#placeCode(each);
    return position;
  }

  /** @returns the row that has taken its place, if one has */
  removeAt(position: number): number | undefined {
    const last = --this.#count;
    const moved = this.#rows[last];
    if (position !== last && moved !== undefined) {
      this.#rows[position] = moved;
      if (this.#chunks.length > 0) this.#placeCode(position);
    }
    const needed = this.#count * 2 < DENSE_ROWS ? 0 : Math.ceil(this.#count / CHUNK_ROWS);
    while (this.#chunks.length > needed) this.#arena.freeChunk(this.#chunks.pop() ?? 0);
    return position === last ? undefined : moved;
  }

  /** The row at that position was written anew. */
  rewritten(position: number): void {
    if (this.#chunks.length > 0) this.#placeCode(position);
  }

  #placeCode(position: number): void {
    const index = Math.floor(position / CHUNK_ROWS);
    if (index === this.#chunks.length) this.#chunks.push(this.#arena.takeChunk());
    this.#arena.copyCode(this.#rows[position] ?? 0, this.#chunks[index] ?? 0, position % CHUNK_ROWS);
  }
}
