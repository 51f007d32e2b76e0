import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CertificateKey, CertificateStore, StoredCertificate } from '../../certify/certificate-store.ts';

/** Certificates in the cache's own file, which one process has at a time. They hold counts, and no text of anybody. */
export class SqliteCertificateStore implements CertificateStore {
  readonly #find: StatementSync;
  readonly #add: StatementSync;
  readonly #replace: StatementSync;

  constructor(db: DatabaseSync) {
    db.exec(
      'CREATE TABLE IF NOT EXISTS certificates (name TEXT PRIMARY KEY, revision INTEGER NOT NULL, record TEXT NOT NULL) STRICT',
    );
    this.#find = db.prepare('SELECT revision, record FROM certificates WHERE name = ?');
    this.#add = db.prepare('INSERT OR IGNORE INTO certificates (name, revision, record) VALUES (?, 1, ?)');
    this.#replace = db.prepare(
      'UPDATE certificates SET revision = revision + 1, record = ? WHERE name = ? AND revision = ?',
    );
  }

  async load(key: CertificateKey): Promise<StoredCertificate | undefined> {
    const row = this.#find.get(certificateName(key));
    if (typeof row?.record !== 'string') return undefined;
    return { record: row.record, revision: Number(row.revision) };
  }

  async save(key: CertificateKey, record: string, expected: number): Promise<number | undefined> {
    const name = certificateName(key);
    const { changes } = expected === 0 ? this.#add.run(name, record) : this.#replace.run(record, name, expected);
    return Number(changes) === 1 ? expected + 1 : undefined;
  }
}

/** No two keys have the same name, whatever their parts contain. */
export function certificateName({ tenant, route, embedder }: CertificateKey): string {
  return JSON.stringify([tenant, route, embedder]);
}
