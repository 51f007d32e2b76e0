/** One certificate: no evidence is shared between tenants, routes or embedders. */
export interface CertificateKey {
  readonly tenant: string;
  readonly route: string;
  readonly embedder: string;
}

export interface StoredCertificate {
  /** JSON. */
  readonly record: string;
  /** Grows with each save. */
  readonly revision: number;
}

/** Where certificates are kept. Implementations reject where the store cannot be reached. */
export interface CertificateStore {
  /** Undefined: there is none. */
  load(key: CertificateKey): Promise<StoredCertificate | undefined>;
  /**
   * Replaces what was loaded, atomically.
   *
   * @param expected the revision that was loaded; 0: there was none
   * @returns the new revision; undefined where another process has saved in the meantime, and nothing was changed
   */
  save(key: CertificateKey, record: string, expected: number): Promise<number | undefined>;
}

/** For tests, and for one process that may forget. */
export class MemoryCertificateStore implements CertificateStore {
  readonly #stored = new Map<string, StoredCertificate>();

  async load(key: CertificateKey): Promise<StoredCertificate | undefined> {
    return this.#stored.get(nameOf(key));
  }

  async save(key: CertificateKey, record: string, expected: number): Promise<number | undefined> {
    const name = nameOf(key);
    if ((this.#stored.get(name)?.revision ?? 0) !== expected) return undefined;
    this.#stored.set(name, { record, revision: expected + 1 });
    return expected + 1;
  }
}

/** No two keys have the same name, whatever their parts contain. */
function nameOf({ tenant, route, embedder }: CertificateKey): string {
  return JSON.stringify([tenant, route, embedder]);
}
