import { setImmediate as nextTurn } from 'node:timers/promises';
import { codeVersion } from '../sign-code.ts';
import type { VectorSpace } from '../vector-index.ts';
import type { VectorArena } from './arena.ts';
import type { MemoryTrouble } from './memory-trouble.ts';
import type { RowBook, RowRecord } from './row-book.ts';
import { setAside, VectorFile } from './vector-file.ts';

export interface LoadOptions {
  readonly file: string;
  readonly space: VectorSpace;
  readonly arena: VectorArena;
  readonly book: RowBook;
  /** Clock milliseconds. */
  readonly now: number;
  readonly onTrouble: (trouble: MemoryTrouble) => void;
}

/** Rows read in one turn of the event loop: about 2 ms. */
const aTurn = 500;

/**
 * Fills an empty index from its file. A file that cannot be read is moved away, one of another embedder emptied; both are told of.
 * Never fails. @returns rows of the file that are in use no more
 */
export async function loadRows(options: LoadOptions): Promise<readonly number[]> {
  const { file, onTrouble } = options;
  try {
    return await load(options);
  } catch (error) {
    options.book.clear();
    onTrouble({ kind: 'file', reason: `${file} cannot be read (${messageOf(error)}); the index starts empty` });
  }
  try {
    setAside(file);
    return await load(options);
  } catch (error) {
    onTrouble({ kind: 'file', reason: `${file} cannot be made anew (${messageOf(error)})` });
    return [];
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function load({ file, space, arena, book, now, onTrouble }: LoadOptions): Promise<readonly number[]> {
  const stored = new VectorFile(file);
  try {
    const { embedder, dimensions } = space;
    if (!stored.claim({ embedder, dimensions, codeVersion }))
      onTrouble({ kind: 'file', reason: `${file} held vectors of another embedder; the index starts empty` });
    const kept: RowRecord[] = [];
    const unused: number[] = [];
    let read = 0;
    for (const { bytes, ...record } of stored.rows()) {
      if (record.expiresAt > now && record.row < arena.capacity && arena.copyIn(record.row, bytes)) {
        book.claimRow(record.row);
        kept.push(record);
      } else unused.push(record.row);
      if (++read % aTurn === 0) await nextTurn();
    }
    // When each was used last is not kept: those that expire soonest are taken for the oldest.
    kept.sort((one, other) => one.expiresAt - other.expiresAt);
    for (const record of kept) book.place(record);
    return [...unused, ...book.trim()];
  } finally {
    stored.close();
  }
}
