import type { EntryKey } from '../vector-index.ts';
import type { VectorArena } from './arena.ts';
import { Partition } from './partition.ts';

/** What is known of a row besides its vector. */
export interface RowRecord extends EntryKey {
  readonly row: number;
  readonly ref: string;
  readonly expiresAt: number;
}

interface Kept extends RowRecord {
  readonly partition: Partition;
  readonly shelf: Shelf;
  position: number;
  older: Kept | undefined;
  newer: Kept | undefined;
}

/** One tenant's rows, in order of their last use. */
interface Shelf {
  readonly scopes: Map<string, Partition>;
  count: number;
  oldest: Kept | undefined;
  newest: Kept | undefined;
}

export interface RowLimits {
  /** Rows in all: as many as the arena holds. */
  readonly rows: number;
  readonly rowsPerTenant: number;
}

/** Which row holds what, and which goes where there is no more room. */
export class RowBook {
  readonly #arena: VectorArena;
  readonly #limits: RowLimits;
  readonly #onRemove: (row: number) => void;
  readonly #shelves = new Map<string, Shelf>();
  readonly #records: (Kept | undefined)[] = [];
  readonly #free: number[] = [];
  /** Rows from here on were never used. */
  #fresh = 0;
  #count = 0;
  #sweepFrom = 0;

  constructor(arena: VectorArena, limits: RowLimits, onRemove: (row: number) => void) {
    this.#arena = arena;
    this.#limits = limits;
    this.#onRemove = onRemove;
  }

  get count(): number {
    return this.#count;
  }

  record(row: number): RowRecord | undefined {
    return this.#records[row];
  }

  partition(tenant: string, scope: string): Partition | undefined {
    return this.#shelves.get(tenant)?.scopes.get(scope);
  }

  rowOf({ tenant, scope, id }: EntryKey): number | undefined {
    return this.partition(tenant, scope)?.ids.get(id);
  }

  /** A row to write a vector to, before {@link place}. Where all are taken, one that was not used for long makes room. */
  takeRow(tenant: string): number {
    const shelf = this.#shelves.get(tenant);
    if (shelf !== undefined && shelf.count >= this.#limits.rowsPerTenant) this.#removeOldest(shelf);
    else if (this.#count >= this.#limits.rows) this.#removeOldest(this.#fullest());
    return this.#free.pop() ?? this.#fresh++;
  }

  /** Enters a row whose vector is written: the most lately used one. */
  place(record: RowRecord): Partition {
    const { tenant, scope, id, row } = record;
    let shelf = this.#shelves.get(tenant);
    if (shelf === undefined) {
      shelf = { scopes: new Map(), count: 0, oldest: undefined, newest: undefined };
      this.#shelves.set(tenant, shelf);
    }
    let partition = shelf.scopes.get(scope);
    if (partition === undefined) {
      partition = new Partition(tenant, scope, this.#arena);
      shelf.scopes.set(scope, partition);
    }
    const position = partition.append(row);
    const kept: Kept = { ...record, partition, shelf, position, older: undefined, newer: undefined };
    partition.ids.set(id, row);
    this.#records[row] = kept;
    shelf.count++;
    this.#count++;
    asNewest(kept);
    return partition;
  }

  /** Makes room in a file's order: rows it names are taken, those between are free. */
  claimRow(row: number): void {
    while (this.#fresh < row) this.#free.push(this.#fresh++);
    this.#fresh = row + 1;
  }

  /** After a file was loaded that other limits were kept in. @returns the rows removed */
  trim(): readonly number[] {
    const removed: number[] = [];
    for (const shelf of [...this.#shelves.values()]) {
      while (shelf.count > this.#limits.rowsPerTenant && shelf.oldest !== undefined) {
        removed.push(shelf.oldest.row);
        this.#removeOldest(shelf);
      }
    }
    return removed;
  }

  /** Forgets everything. */
  clear(): void {
    for (const tenant of [...this.#shelves.keys()]) this.purge(tenant);
    this.#free.length = 0;
    this.#fresh = 0;
  }

  used(row: number): void {
    const kept = this.#records[row];
    if (kept === undefined || kept.shelf.newest === kept) return;
    unlink(kept);
    asNewest(kept);
  }

  /** @returns false where there was nothing in it */
  remove(row: number): boolean {
    const kept = this.#records[row];
    if (kept === undefined) return false;
    const { partition, shelf } = kept;
    const moved = partition.removeAt(kept.position);
    const movedRecord = moved === undefined ? undefined : this.#records[moved];
    if (movedRecord !== undefined) movedRecord.position = kept.position;
    partition.ids.delete(kept.id);
    unlink(kept);
    this.#records[row] = undefined;
    this.#free.push(row);
    this.#count--;
    if (partition.count === 0) shelf.scopes.delete(partition.scope);
    if (--shelf.count === 0) this.#shelves.delete(partition.tenant);
    this.#onRemove(row);
    return true;
  }

  purge(tenant: string, scope?: string): number {
    const scopes = this.#shelves.get(tenant)?.scopes;
    const partitions = scope === undefined ? [...(scopes?.values() ?? [])] : [scopes?.get(scope)];
    let removed = 0;
    for (const partition of partitions) {
      // The last first: nothing has to take its place.
      for (const row of partition?.rows.slice().reverse() ?? []) if (this.remove(row)) removed++;
    }
    return removed;
  }

  /** Removes what has expired among the next `most` rows. */
  sweep(now: number, most: number): number {
    let removed = 0;
    const end = Math.min(this.#sweepFrom + most, this.#records.length);
    for (let row = this.#sweepFrom; row < end; row++) {
      const record = this.#records[row];
      if (record !== undefined && record.expiresAt <= now && this.remove(row)) removed++;
    }
    this.#sweepFrom = end >= this.#records.length ? 0 : end;
    return removed;
  }

  #removeOldest(shelf: Shelf | undefined): void {
    if (shelf?.oldest !== undefined) this.remove(shelf.oldest.row);
  }

  /** The tenant with the most rows: nobody is pushed out by another who has more. */
  #fullest(): Shelf | undefined {
    let fullest: Shelf | undefined;
    for (const shelf of this.#shelves.values()) if (shelf.count > (fullest?.count ?? 0)) fullest = shelf;
    return fullest;
  }
}

function asNewest(kept: Kept): void {
  const { shelf } = kept;
  kept.older = shelf.newest;
  kept.newer = undefined;
  if (shelf.newest !== undefined) shelf.newest.newer = kept;
  shelf.newest = kept;
  shelf.oldest ??= kept;
}

function unlink(kept: Kept): void {
  const { shelf, older, newer } = kept;
  if (older === undefined) shelf.oldest = newer;
  else older.newer = newer;
  if (newer === undefined) shelf.newest = older;
  else newer.older = older;
}
