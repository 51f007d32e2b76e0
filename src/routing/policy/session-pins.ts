import { LruMap } from '../../lru-map.ts';
import type { PinStore } from './pins/pin-store.ts';

/** Where a conversation was served last. */
export interface Pin {
  /** The configured model. */
  readonly model: string;
  /** Clock milliseconds. */
  readonly at: number;
  /** Tokens of the request, about: what a provider may hold of it. */
  readonly tokens: number;
}

/** Conversations remembered; the ones unheard of longest are forgotten. About 200 bytes each. */
const MOST_SESSIONS = 20_000;

/**
 * Which model each conversation is with: in memory, and in a store behind it where there is one, so that another replica or the next process
 * knows. Decisions are made from memory; a shared store is asked before ({@link learn}).
 */
export class SessionPins {
  readonly #pins = new LruMap<string, Pin>(MOST_SESSIONS);
  /** Pins that a shared store has not taken yet: it knows less than we do. */
  readonly #untold = new LruMap<string, Pin>(MOST_SESSIONS);
  #store: PinStore | undefined;

  /** From now on they are kept there, too. Closed with {@link close}. */
  keepIn(store: PinStore): void {
    this.#store = store;
  }

  /** They outlive the process, or are shared. */
  get kept(): boolean {
    return this.#store !== undefined;
  }

  /** Others may know of conversations that this process has not heard of. */
  get shared(): boolean {
    return this.#store?.shared === true;
  }

  get(session: string): Pin | undefined {
    const pin = this.#pins.get(session);
    if (pin !== undefined || this.#store === undefined || this.#store.shared) return pin;
    const kept = this.#store.find(session);
    if (kept !== undefined) this.#pins.set(session, kept);
    return kept;
  }

  /**
   * Reads what other replicas know of the conversation, so that {@link get} has it. Undefined: there is nothing to wait for. Never rejects: what
   * cannot be read is as it was here.
   */
  learn(session: string): Promise<void> | undefined {
    const store = this.#store;
    if (store?.shared !== true || this.#isUntold(session)) return undefined;
    const before = this.#pins.get(session);
    return store.find(session).then(
      (pin) => {
        // Unless it went on meanwhile.
        if (pin !== undefined && this.#pins.get(session) === before) this.#pins.set(session, pin);
      },
      // Whoever watches the store tells of its trouble.
      () => undefined,
    );
  }

  set(session: string, pin: Pin): void {
    this.#pins.set(session, pin);
    const store = this.#store;
    if (store === undefined) return;
    if (!store.shared) {
      store.keep(session, pin);
      return;
    }
    this.#untold.set(session, pin);
    store.keep(session, pin).then(
      () => {
        if (this.#untold.get(session) === pin) this.#untold.set(session, TOLD);
      },
      // It is told with the conversation's next turn, and counts here until then.
      () => undefined,
    );
  }

  /** Another model than was decided has answered, and holds the conversation now. */
  moved(session: string, model: string): void {
    const pin = this.#pins.get(session);
    if (pin !== undefined) this.set(session, { ...pin, model });
  }

  get size(): number {
    return this.#pins.size;
  }

  close(): void {
    this.#store?.close();
    this.#store = undefined;
  }

  #isUntold(session: string): boolean {
    const pin = this.#untold.get(session);
    return pin !== undefined && pin !== TOLD;
  }
}

/** In place of a pin that the store has: the map of these forgets by age alone. */
const TOLD: Pin = { model: '', at: 0, tokens: 0 };
