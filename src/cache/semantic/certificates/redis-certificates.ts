import { createHash } from 'node:crypto';
import type { CertificateKey, CertificateStore, StoredCertificate } from '../../certify/certificate-store.ts';
import { type RedisCommands, tenantKey } from '../../store/redis-keys.ts';
import { cacheScripts } from '../../store/redis-scripts.ts';
import { certificateName } from './sqlite-certificates.ts';

/** Certificates in Redis, shared by replicas: a hash each, replaced only by who has seen the latest. */
export class RedisCertificateStore implements CertificateStore {
  readonly #link: RedisCommands;
  readonly #prefix: string;

  constructor(link: RedisCommands, prefix: string) {
    this.#link = link;
    this.#prefix = prefix;
  }

  async load(key: CertificateKey): Promise<StoredCertificate | undefined> {
    const found = await this.#link.call('hmget', this.#keyOf(key), 'record', 'revision');
    const [record, revision]: unknown[] = Array.isArray(found) ? found : [];
    return typeof record === 'string' ? { record, revision: Number(revision) } : undefined;
  }

  async save(key: CertificateKey, record: string, expected: number): Promise<number | undefined> {
    const revision = Number(await this.#link.run(cacheScripts.saveCertificate, this.#keyOf(key), [record, expected]));
    return revision < 0 ? undefined : revision;
  }

  #keyOf(key: CertificateKey): string {
    const name = createHash('sha256').update(certificateName(key)).digest('base64url').slice(0, 24);
    return tenantKey(this.#prefix, key.tenant, `:certificate:${name}`);
  }
}
