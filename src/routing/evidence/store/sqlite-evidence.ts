import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Clock } from '../../../clock.ts';
import { type EvidenceKey, nameOf } from '../evidence-key.ts';
import { type EvidenceStore, KEPT_MS, MOST_PER_TENANT, type StoredEvidence } from './evidence-store.ts';

const LAYOUT = 1;
/** So long a statement waits for another process that writes, milliseconds: as long as it may hold up the event loop. */
const WAIT_MS = 50;

/** Evidence in a file of its own. It holds counts, money and names of models, and no text of anybody. */
export class SqliteEvidenceStore implements EvidenceStore {
  readonly #db: DatabaseSync;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #most: number;
  readonly #find: StatementSync;
  readonly #add: StatementSync;
  readonly #replace: StatementSync;
  readonly #trim: StatementSync;

  /**
   * Made where there is none, readable by its owner only. What was untouched for long is dropped.
   *
   * @param most records of one tenant
   * @throws {Error} where the file cannot be used
   */
  constructor(file: string, clock: Pick<Clock, 'now'>, most = MOST_PER_TENANT) {
    this.#clock = clock;
    this.#most = most;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
    this.#db = new DatabaseSync(file, { timeout: WAIT_MS });
    try {
      this.#lay(file);
      this.#db.prepare('DELETE FROM evidence WHERE touched_at < ?').run(clock.now() - KEPT_MS);
      this.#find = this.#db.prepare('SELECT revision, record FROM evidence WHERE name = ?');
      this.#add = this.#db.prepare(
        'INSERT OR IGNORE INTO evidence (name, tenant, revision, touched_at, record) VALUES (?, ?, 1, ?, ?)',
      );
      this.#replace = this.#db.prepare(
        'UPDATE evidence SET revision = revision + 1, touched_at = ?, record = ? WHERE name = ? AND revision = ?',
      );
      this.#trim = this.#db.prepare(
        `DELETE FROM evidence WHERE tenant = ?1 AND name NOT IN
           (SELECT name FROM evidence WHERE tenant = ?1 ORDER BY touched_at DESC, rowid DESC LIMIT ?2)`,
      );
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  async load(key: EvidenceKey): Promise<StoredEvidence | undefined> {
    const row = this.#find.get(nameOf(key));
    if (typeof row?.record !== 'string') return undefined;
    return { record: row.record, revision: Number(row.revision) };
  }

  async save(key: EvidenceKey, record: string, expected: number): Promise<number | undefined> {
    const name = nameOf(key);
    const now = this.#clock.now();
    if (expected > 0) {
      const { changes } = this.#replace.run(now, record, name, expected);
      return Number(changes) === 1 ? expected + 1 : undefined;
    }
    const { changes } = this.#add.run(name, key.tenant, now, record);
    if (Number(changes) !== 1) return undefined;
    this.#trim.run(key.tenant, this.#most);
    return 1;
  }

  close(): void {
    this.#db.close();
  }

  #lay(file: string): void {
    // What a power failure takes of the last second is learned again.
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    const layout = Number(this.#db.prepare('PRAGMA user_version').get()?.user_version);
    if (layout > LAYOUT) throw new Error(`${file} was written by a newer version`);
    this.#db.exec(
      `BEGIN IMMEDIATE;
       CREATE TABLE IF NOT EXISTS evidence (name TEXT PRIMARY KEY, tenant TEXT NOT NULL, revision INTEGER NOT NULL,
         touched_at REAL NOT NULL, record TEXT NOT NULL) STRICT;
       CREATE INDEX IF NOT EXISTS evidence_of_tenant ON evidence (tenant, touched_at);
       PRAGMA user_version = ${LAYOUT};
       COMMIT`,
    );
  }
}
