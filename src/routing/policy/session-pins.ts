import { LruMap } from '../../lru-map.ts';

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

/** Which model each conversation is with. In memory: another replica, or a new process, decides anew. */
export class SessionPins {
  readonly #pins = new LruMap<string, Pin>(MOST_SESSIONS);

  get(session: string): Pin | undefined {
    return this.#pins.get(session);
  }

  set(session: string, pin: Pin): void {
    this.#pins.set(session, pin);
  }

  /** Another model than was decided has answered, and holds the conversation now. */
  moved(session: string, model: string): void {
    const pin = this.#pins.get(session);
    if (pin !== undefined) this.#pins.set(session, { ...pin, model });
  }

  get size(): number {
    return this.#pins.size;
  }
}
