import type { Clock, Random } from '../../../clock.ts';
import type { SemanticMode } from '../../../config/cache-config.ts';
import type { CertificateEvent } from '../../certify/certificate-event.ts';
import type { CertificateKey, CertificateStore } from '../../certify/certificate-store.ts';
import { Certifier } from '../../certify/certifier.ts';
import type { CertifySettings } from '../../certify/settings.ts';
import { type CertifiedThing, versionOf } from '../../certify/version.ts';

/** Certificates open at once: tenants times routes. What comes above has none, and is never served. */
const MOST_OPEN = 10_000;
/** A certificate that could not be read is tried again after, milliseconds. */
const RETRY_MS = 5_000;

export interface CertificateBookOptions {
  readonly store: CertificateStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly onEvent: (key: CertificateKey, event: CertificateEvent) => void;
  readonly onTrouble: (reason: string) => void;
}

interface Open {
  readonly key: CertificateKey;
  /** As the latest request had it. */
  mode: SemanticMode;
  readonly version: string;
  /** Undefined: it is being read, or could not be. */
  certifier: Certifier | undefined;
  retryAt: number;
}

/** The certificates of all routes that are asked, read when the first question comes. */
export class CertificateBook {
  readonly #options: CertificateBookOptions;
  readonly #open = new Map<string, Open>();
  readonly #reading = new Set<Promise<void>>();

  constructor(options: CertificateBookOptions) {
    this.#options = options;
  }

  /** Undefined while it is read: nobody waits for it, and what is not known is not served. */
  find(
    key: CertificateKey,
    mode: SemanticMode,
    thing: CertifiedThing,
    settings: CertifySettings,
  ): Certifier | undefined {
    const name = JSON.stringify([key.tenant, key.route, key.embedder]);
    const version = versionOf(thing, settings);
    let open = this.#open.get(name);
    if (open?.version !== version) {
      if (open === undefined && this.#open.size >= MOST_OPEN) return undefined;
      const before = open?.certifier;
      open = { key, mode, version, certifier: undefined, retryAt: Number.NEGATIVE_INFINITY };
      this.#open.set(name, open);
      if (before !== undefined) this.#flushOne(before);
    }
    open.mode = mode;
    if (open.certifier === undefined && this.#options.clock.now() >= open.retryAt) this.#read(open, thing, settings);
    return open.certifier;
  }

  /** Those that are open. */
  *entries(): Generator<{ readonly key: CertificateKey; readonly mode: SemanticMode; readonly certifier: Certifier }> {
    for (const { key, mode, certifier } of this.#open.values())
      if (certifier !== undefined) yield { key, mode, certifier };
  }

  /** Stores what was learned. Never rejects: what could not be stored is kept for the next time. */
  async flush(): Promise<void> {
    for (const { certifier } of this.#open.values()) {
      if (certifier === undefined) continue;
      try {
        await certifier.flush();
      } catch (error) {
        this.#options.onTrouble(messageOf(error));
        return;
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#reading);
    await this.flush();
  }

  #read(open: Open, thing: CertifiedThing, settings: CertifySettings): void {
    const { store, clock, random, onEvent, onTrouble } = this.#options;
    const { key } = open;
    open.retryAt = Number.POSITIVE_INFINITY;
    const reading: Promise<void> = Certifier.open({
      key,
      thing,
      settings,
      store,
      clock,
      random,
      onEvent: (event) => onEvent(key, event),
    })
      .then(
        (certifier) => {
          open.certifier = certifier;
        },
        (error: unknown) => {
          open.retryAt = clock.now() + RETRY_MS;
          onTrouble(messageOf(error));
        },
      )
      .finally(() => this.#reading.delete(reading));
    this.#reading.add(reading);
  }

  #flushOne(certifier: Certifier): void {
    certifier.flush().catch((error: unknown) => this.#options.onTrouble(messageOf(error)));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
