import type { Cancellation } from '../../cancellation.ts';
import type { Clock, Random, Timer } from '../../clock.ts';
import type { CacheTrouble } from '../store/cache-store.ts';
import type { IdempotencyStore, StoredKeyName } from './idempotency-store.ts';
import { type KeptAnswer, readKeptAnswer, writeKeptAnswer } from './kept-answer.ts';

/** How long a running key outlives the replica that runs it, milliseconds; renewed three times within. */
const LEASE_MS = 30_000;
/** An answer that the store did not take is brought again after, milliseconds; of so many requests at once. */
const AGAIN_MS = 1_000;
const MOST_AGAIN = 32;
/** Between two looks at a key that another replica runs, milliseconds; half of it random. */
const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 1_000;

export interface KeyedRequest {
  readonly name: StoredKeyName;
  /** The same for the same request: of endpoint and body. */
  readonly fingerprint: string;
  /** Names this request. */
  readonly owner: string;
  /** Clock milliseconds after which nobody waits. */
  readonly until: number;
  readonly cancellation: Cancellation;
}

/** What a request with a key is to do. */
export type Beginning =
  /** It makes the call, and closes the claim with what that came to. */
  | { readonly kind: 'own'; readonly claim: IdempotencyClaim }
  | { readonly kind: 'answer'; readonly answer: KeptAnswer }
  /** The key stands for another request. */
  | { readonly kind: 'mismatch' }
  /** The time was up, or the client left, while another request with the key was still under way. */
  | { readonly kind: 'still-running' }
  /**
   * The store did not reply: it goes on as if it had no key. It may have the key all the same, and closes the claim as if it had: a repeat then gets the
   * answer, instead of waiting for the lease to end and calling anew.
   */
  | { readonly kind: 'unkept'; readonly claim: IdempotencyClaim };

export interface IdempotencyOptions {
  readonly store: IdempotencyStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly onTrouble: (trouble: CacheTrouble) => void;
}

/** One call for one key, however often a client repeats it. */
export class Idempotency {
  readonly #store: IdempotencyStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onTrouble: (trouble: CacheTrouble) => void;
  /** Claims of this process, for those who wait in it. */
  readonly #claims = new Map<string, IdempotencyClaim>();
  /** Claims whose answers are to be brought again. */
  readonly #again = new Set<IdempotencyClaim>();

  constructor(options: IdempotencyOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onTrouble = options.onTrouble;
  }

  /** Takes the key, or waits for whoever has it. Never rejects. */
  async begin(request: KeyedRequest): Promise<Beginning> {
    const { name, fingerprint, owner, until, cancellation } = request;
    try {
      for (let looks = 0; ; looks++) {
        const claim = await this.#store.claim(name, fingerprint, owner, LEASE_MS);
        if (claim.kind === 'mine') return { kind: 'own', claim: this.#own(name, owner) };
        if (claim.fingerprint !== fingerprint) return { kind: 'mismatch' };
        if (claim.kind === 'done') return { kind: 'answer', answer: readKeptAnswer(claim.answer) };
        if (this.#clock.now() >= until || cancellation.reason !== undefined) return { kind: 'still-running' };
        await this.#pause(name.key, looks, until, cancellation);
      }
    } catch (error) {
      this.#onTrouble({ what: 'read', message: error instanceof Error ? error.message : String(error) });
      return { kind: 'unkept', claim: this.#own(name, owner) };
    }
  }

  async close(): Promise<void> {
    for (const claim of this.#claims.values()) claim.release();
    for (const claim of this.#again) claim.giveUp();
    await this.#store.close();
  }

  #own(name: StoredKeyName, owner: string): IdempotencyClaim {
    const claim = new IdempotencyClaim({
      name,
      owner,
      store: this.#store,
      clock: this.#clock,
      onTrouble: this.#onTrouble,
      again: this.#again,
      onOver: () => {
        if (this.#claims.get(name.key) === claim) this.#claims.delete(name.key);
      },
    });
    this.#claims.set(name.key, claim);
    return claim;
  }

  /** Until the claim is over where it is of this process; else for a while that grows. */
  #pause(key: string, looks: number, until: number, cancellation: Cancellation): Promise<void> {
    const left = Math.max(0, until - this.#clock.now());
    const running = this.#claims.get(key);
    const most = Math.min(LONGEST_LOOK_MS, FIRST_LOOK_MS * 2 ** Math.min(looks, 10));
    const ms = running === undefined ? Math.min(left, most / 2 + (this.#random() * most) / 2) : left;
    return new Promise((resolve) => {
      const done = () => {
        this.#clock.clearTimeout(timer);
        cancellation.off(done);
        running?.waiting.delete(done);
        resolve();
      };
      const timer = this.#clock.setTimeout(done, ms);
      running?.waiting.add(done);
      cancellation.on(done);
    });
  }
}

interface ClaimOptions {
  readonly name: StoredKeyName;
  readonly owner: string;
  readonly store: IdempotencyStore;
  readonly clock: Clock;
  readonly onTrouble: (trouble: CacheTrouble) => void;
  readonly onOver: () => void;
  /** Those that try to close a second time. */
  readonly again: Set<IdempotencyClaim>;
}

/** A key whose call is under way in this process. Closed once, with the answer or without. */
export class IdempotencyClaim {
  /** Called when it is over. */
  readonly waiting = new Set<() => void>();
  readonly #options: ClaimOptions;
  #timer: Timer | undefined;
  #over = false;

  constructor(options: ClaimOptions) {
    this.#options = options;
    this.#renewLater();
  }

  /** The call was answered: repeats get the same. */
  complete(answer: KeptAnswer, ttlMs: number): void {
    const { store, name, owner } = this.#options;
    this.#end(async () => store.complete(name, owner, writeKeptAnswer(answer), ttlMs));
  }

  /** The call came to nothing that a repeat should get. */
  release(): void {
    const { store, name, owner } = this.#options;
    this.#end(async () => store.release(name, owner));
  }

  /** What the store did not take the first time is not brought again. */
  giveUp(): void {
    const { again, clock } = this.#options;
    if (!again.delete(this)) return;
    clock.clearTimeout(this.#timer);
    this.#tell();
  }

  #end(close: () => Promise<void>): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.clock.clearTimeout(this.#timer);
    close().then(
      () => this.#tell(),
      (error: unknown) => {
        this.#trouble(error);
        this.#endLater(close);
      },
    );
  }

  #endLater(close: () => Promise<void>): void {
    const { again, clock } = this.#options;
    if (again.size >= MOST_AGAIN) {
      this.#tell();
      return;
    }
    again.add(this);
    this.#timer = clock.setTimeout(() => {
      again.delete(this);
      close()
        .catch((error: unknown) => this.#trouble(error))
        .finally(() => this.#tell());
    }, AGAIN_MS);
    this.#timer.unref?.();
  }

  #tell(): void {
    this.#options.onOver();
    for (const tell of [...this.waiting]) tell();
  }

  #trouble(error: unknown): void {
    this.#options.onTrouble({ what: 'write', message: error instanceof Error ? error.message : String(error) });
  }

  #renewLater(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      void this.#renew();
      if (!this.#over) this.#renewLater();
    }, LEASE_MS / 3);
    this.#timer.unref?.();
  }

  async #renew(): Promise<void> {
    const { store, name, owner } = this.#options;
    try {
      await store.renew(name, owner, LEASE_MS);
    } catch (error) {
      this.#trouble(error);
    }
  }
}
