import type { Clock } from '../../../clock.ts';
import { checkEntry, checkKey, checkQuery, checkScope, checkTenant } from '../check-entry.ts';
import { unitVector } from '../unit-vector.ts';
import type { EntryKey, VectorEntry, VectorHit, VectorIndex, VectorQuery, VectorSpace } from '../vector-index.ts';
import { CHUNK_ROWS, VectorArena } from './arena.ts';
import { type CodeQuery, CodeScan } from './code-scan.ts';
import { FileWriter } from './file-writer.ts';
import { loadRows } from './load-rows.ts';
import type { MemoryTrouble } from './memory-trouble.ts';
import { nearestRows } from './nearest-rows.ts';
import type { Partition } from './partition.ts';
import { RowBook } from './row-book.ts';
import { ScanThread } from './scan-thread.ts';
import type { FiledRow } from './vector-file.ts';

export interface MemoryIndexOptions {
  readonly space: VectorSpace;
  /** What vectors may take in all, bytes; see `bytesPerEntry`. */
  readonly maxBytes: number;
  /** What those of one tenant may take, bytes. */
  readonly perTenant: number;
  /** The file that keeps it over restarts; undefined: nothing does. */
  readonly file?: string | undefined;
  readonly clock: Clock;
  readonly onTrouble?: (trouble: MemoryTrouble) => void;
  /**
   * Partitions of more rows are searched in a thread. Default 131,072, 0.6 to 0.8 ms: as long as the scan takes less, waking another thread,
   * and this one again, makes a search later on a busy machine than it makes the event loop free.
   */
  readonly inlineRows?: number;
}

/** Rows swept in a call: some tenths of a millisecond. */
const sweptAtOnce = 20_000;

/**
 * An index in this process. Small partitions are compared whole. In large ones a short code of each vector is compared first, and then
 * the vectors of those whose codes are near (see sign-code.ts): comparing 100,000 vectors would take 40 ms, comparing their
 * codes takes 2, and no vector at `atLeast` or nearer is overlooked for it, but where more than 1,024 are.
 */
export class MemoryVectorIndex implements VectorIndex {
  readonly space: VectorSpace;
  readonly #clock: Clock;
  readonly #arena: VectorArena;
  readonly #book: RowBook;
  readonly #scan: CodeScan;
  readonly #thread: ScanThread;
  readonly #inlineRows: number;
  readonly #onTrouble: (trouble: MemoryTrouble) => void;
  #writer: FileWriter | undefined;

  private constructor(options: MemoryIndexOptions) {
    this.space = options.space;
    this.#clock = options.clock;
    this.#inlineRows = options.inlineRows ?? 131_072;
    this.#onTrouble = options.onTrouble ?? (() => undefined);
    const arena = new VectorArena(options.space.dimensions, options.maxBytes);
    this.#arena = arena;
    const rowsPerTenant = Math.max(1, Math.min(arena.capacity, Math.floor(options.perTenant / arena.rowBytes)));
    const limits = { rows: arena.capacity, rowsPerTenant };
    this.#book = new RowBook(arena, limits, (row) => this.#writer?.changed(row));
    this.#scan = new CodeScan(arena.kernel, arena.memory, 0, arena.coder.bytes);
    this.#thread = new ScanThread({ memory: arena.memory, codeBytes: arena.coder.bytes }, (reason) =>
      this.#onTrouble({ kind: 'scan-thread', reason }),
    );
  }

  /** Opens it with what its file holds; a file that cannot be read is moved away and told of. */
  static async open(options: MemoryIndexOptions): Promise<MemoryVectorIndex> {
    const index = new MemoryVectorIndex(options);
    if (options.file !== undefined) await index.#openFile(options.file);
    return index;
  }

  /** What one entry takes of `maxBytes`; the names of it take about 500 bytes more. */
  get bytesPerEntry(): number {
    return this.#arena.rowBytes;
  }

  /** How many entries fit in. */
  get capacity(): number {
    return this.#arena.capacity;
  }

  add(entry: VectorEntry): void {
    checkEntry(entry);
    const unit = unitVector(entry.vector, this.space.dimensions);
    const before = this.#book.rowOf(entry);
    if (before !== undefined) this.#book.remove(before);
    if (entry.expiresAt <= this.#clock.now()) return;
    const { tenant, scope, id, ref, expiresAt } = entry;
    const row = this.#book.takeRow(tenant);
    this.#arena.write(row, unit);
    const partition = this.#book.place({ row, tenant, scope, id, ref, expiresAt });
    this.#writer?.changed(row);
    // Ahead of need: a search does not wait for its start.
    if (partition.count > this.#inlineRows / 2) this.#thread.start();
  }

  search(query: VectorQuery): readonly VectorHit[] | Promise<readonly VectorHit[]> {
    checkQuery(query);
    const unit = unitVector(query.vector, this.space.dimensions);
    const partition = this.#book.partition(query.tenant, query.scope);
    if (partition === undefined) return [];
    if (partition.chunks.length === 0) return this.#rank(query, unit, partition.rows);
    const code = new Uint32Array(this.#arena.coder.bits / 32);
    this.#arena.coder.encode(unit, code);
    const { chunks, count } = partition;
    const codes: CodeQuery = { chunks, count, code, atLeast: query.atLeast, most: CHUNK_ROWS };
    if (count <= this.#inlineRows || !this.#thread.ready)
      return this.#rankPositions(query, unit, this.#scan.nearest(codes));
    return this.#searchInThread(query, unit, codes);
  }

  remove(keys: readonly EntryKey[]): number {
    let removed = 0;
    for (const key of keys) {
      checkKey(key);
      const row = this.#book.rowOf(key);
      if (row !== undefined && this.#book.remove(row)) removed++;
    }
    return removed;
  }

  purgeScope(tenant: string, scope: string): number {
    checkScope(tenant, scope);
    return this.#book.purge(tenant, scope);
  }

  purgeTenant(tenant: string): number {
    checkTenant(tenant);
    return this.#book.purge(tenant);
  }

  sweep(now: number): number {
    return this.#book.sweep(now, sweptAtOnce);
  }

  size(): number {
    return this.#book.count;
  }

  async close(): Promise<void> {
    await this.#thread.close();
    await this.#writer?.close();
  }

  async #searchInThread(query: VectorQuery, unit: Float32Array, codes: CodeQuery): Promise<readonly VectorHit[]> {
    if (this.#thread.full) {
      this.#onTrouble({ kind: 'overloaded', reason: 'too many searches of large partitions wait already' });
      return [];
    }
    const positions = await this.#thread.nearest(codes);
    return this.#rankPositions(query, unit, positions ?? this.#scan.nearest(codes));
  }

  /**
   * While a thread scanned, rows may have moved: whatever is at a position now is of this partition and compared itself, so that no
   * wrong hit can come of it, at worst a missed one.
   */
  #rankPositions(query: VectorQuery, unit: Float32Array, positions: Uint32Array): readonly VectorHit[] {
    const all = this.#book.partition(query.tenant, query.scope)?.rows ?? new Uint32Array();
    return this.#rank(query, unit, rowsAt(all, positions));
  }

  #rank(query: VectorQuery, unit: Float32Array, rows: Uint32Array): readonly VectorHit[] {
    const now = this.#clock.now();
    const isLive = (row: number) => {
      const record = this.#book.record(row);
      return record?.tenant === query.tenant && record.scope === query.scope && record.expiresAt > now;
    };
    const hits: VectorHit[] = [];
    for (const { row, cosine } of nearestRows(this.#arena, unit, rows, query, isLive)) {
      const record = this.#book.record(row);
      if (record === undefined) continue;
      if (hits.length === 0) this.#book.used(row);
      hits.push({ id: record.id, cosine, expiresAt: record.expiresAt, ref: record.ref });
    }
    return hits;
  }

  async #openFile(file: string): Promise<void> {
    const now = this.#clock.now();
    const toDelete = await loadRows({
      file,
      space: this.space,
      arena: this.#arena,
      book: this.#book,
      now,
      onTrouble: this.#onTrouble,
    });
    this.#writer = new FileWriter({
      file,
      clock: this.#clock,
      read: (row) => this.#filed(row),
      onFailure: (reason) => this.#onTrouble({ kind: 'file', reason: `${file}: ${reason}` }),
    });
    for (const row of toDelete) this.#writer.changed(row);
  }

  #filed(row: number): FiledRow | undefined {
    const record = this.#book.record(row);
    if (record === undefined) return undefined;
    const { tenant, scope, id, ref, expiresAt } = record;
    return { row, tenant, scope, id, ref, expiresAt, bytes: this.#arena.copyOut(row) };
  }
}

/** Where the rows are that a partition has at these positions; it may have become shorter. */
function rowsAt(rows: Partition['rows'], positions: Uint32Array): Uint32Array {
  const found = new Uint32Array(positions.length);
  let count = 0;
  for (const position of positions) {
    const row = rows[position];
    if (row !== undefined) found[count++] = row;
  }
  return found.subarray(0, count);
}
