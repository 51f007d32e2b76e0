import type { Clock, Timer } from '../../../clock.ts';
import { FileThread } from './file-thread.ts';
import type { FiledRow } from './vector-file.ts';

export interface FileWriterOptions {
  readonly file: string;
  readonly clock: Clock;
  /** A row as it is now; undefined where it is free. */
  readonly read: (row: number) => FiledRow | undefined;
  readonly onFailure: (reason: string) => void;
}

/** A crash loses what was added within it, milliseconds. */
const afterMs = 250;
const afterFailureMs = 5_000;
/** At 4 kB each, what is copied in one go. */
const atOnce = 256;

/** Brings the file up to date some time after the rows have changed: of each row only its last state is written. */
export class FileWriter {
  readonly #options: FileWriterOptions;
  readonly #thread: FileThread;
  readonly #changed = new Set<number>();
  #timer: Timer | undefined;
  #writing: Promise<boolean> | undefined;

  constructor(options: FileWriterOptions) {
    this.#options = options;
    this.#thread = new FileThread(options.file);
  }

  changed(row: number): void {
    this.#changed.add(row);
    if (this.#writing === undefined) this.#writeAfter(afterMs);
  }

  /** Writes what is left; what cannot be written now is given up. */
  async close(): Promise<void> {
    this.#options.clock.clearTimeout(this.#timer);
    if (this.#writing !== undefined) await this.#writing;
    this.#options.clock.clearTimeout(this.#timer);
    while (this.#changed.size > 0 && (await this.#writeSome()));
    await this.#thread.close();
  }

  #writeAfter(ms: number): void {
    this.#timer ??= this.#options.clock.setTimeout(() => void this.#write(), ms);
    this.#timer.unref?.();
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    this.#writing = this.#writeSome();
    const written = await this.#writing;
    this.#writing = undefined;
    if (this.#changed.size > 0) this.#writeAfter(written ? 0 : afterFailureMs);
  }

  /** @returns false where it failed; the rows are then to be written still */
  async #writeSome(): Promise<boolean> {
    const puts: FiledRow[] = [];
    const deletes: number[] = [];
    for (const row of this.#changed) {
      if (puts.length + deletes.length === atOnce) break;
      this.#changed.delete(row);
      const filed = this.#options.read(row);
      if (filed === undefined) deletes.push(row);
      else puts.push(filed);
    }
    const failure = await this.#thread.write({ puts, deletes });
    if (failure === undefined) return true;
    for (const { row } of puts) this.#changed.add(row);
    for (const row of deletes) this.#changed.add(row);
    this.#options.onFailure(failure);
    return false;
  }
}
