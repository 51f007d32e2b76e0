import type { Clock } from '../clock.ts';
import type { LeaseReply } from '../state/circuit-board.ts';

/**
 * A request that is refused so shortly before a probe is due asks for the lease, ms: longer than any answer takes, so that a
 * replica with traffic knows in time.
 */
export const ASK_AHEAD_MS = 500;
/** An answer that has not come by then is not waited for, ms: the replica decides alone. */
export const ANSWER_WITHIN_MS = 250;
/** A lease nobody has begun to use by then, ms after the probe was due, is free again. */
const UNUSED_FOR_MS = 1_000;
/** The longest a replica stays away because another probes, before it asks again, ms. */
const ASK_AGAIN_MS = 1_000;

/** Where leases are asked for; `shared-circuits.ts`. Never throws. */
export interface LeaseDesk {
  /** `undefined`: the board could not be asked. */
  askLease(circuit: string, ms: number, within: number): Promise<LeaseReply | undefined>;
  /** Until when another replica probes, as far as known, epoch ms; 0: nobody does. */
  probedElsewhereUntil(circuit: string): number;
}

/** What this replica knows about who may probe. All but `unknown` end by themselves. */
type Standing =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'asked' | 'ours' | 'elsewhere'; readonly until: number };

const UNKNOWN: Standing = { kind: 'unknown' };

/**
 * Of all replicas, the one that probes a circuit. Asked for in the background, just before a probe is due, and only by requests:
 * a replica without any must not keep the others from probing. Whoever knows nothing when the time has come (it had no request
 * to ask for, or the board is away) goes by its own rule, one probe a replica, unless it has read that another is at it.
 */
export class ProbeLease {
  readonly #circuit: string;
  readonly #desk: LeaseDesk;
  readonly #clock: Clock;
  #standing: Standing = UNKNOWN;
  /** Serial of the latest question; an answer to an earlier one is old news. */
  #question = 0;

  constructor(circuit: string, desk: LeaseDesk, clock: Clock) {
    this.#circuit = circuit;
    this.#desk = desk;
    this.#clock = clock;
  }

  /** A request was refused, and a probe is due at `dueAt`. */
  refusedUntil(dueAt: number, now: number): void {
    if (dueAt - now <= ASK_AHEAD_MS && this.#now(now).kind === 'unknown') this.#ask(dueAt, now);
  }

  /** Whether the probe that is due may begin here. */
  allows(now: number): boolean {
    const standing = this.#now(now);
    if (standing.kind === 'ours') return true;
    if (standing.kind !== 'unknown') {
      if (standing.kind === 'elsewhere' && standing.until - now <= ASK_AHEAD_MS) this.#ask(standing.until, now);
      return false;
    }
    if (this.#desk.probedElsewhereUntil(this.#circuit) <= now) return true;
    this.#standing = elsewhere(now);
    return false;
  }

  /** When asking again makes sense; 0 where nothing here refuses. */
  waitsUntil(now: number): number {
    const standing = this.#now(now);
    return standing.kind === 'asked' || standing.kind === 'elsewhere' ? standing.until : 0;
  }

  /** The probe has begun here, with the lease or without: others are to know for `ms`. */
  taken(ms: number, now: number): void {
    this.#standing = { kind: 'ours', until: now + ms };
    this.#tell(ms);
  }

  /** The probe has ended. `keepFor` ms nobody else begins one: long enough to read how it went. */
  ended(keepFor: number): void {
    if (this.#standing.kind !== 'ours') return;
    this.#standing = UNKNOWN;
    this.#tell(keepFor);
  }

  #now(now: number): Standing {
    if (this.#standing.kind !== 'unknown' && this.#standing.until <= now) this.#standing = UNKNOWN;
    return this.#standing;
  }

  #ask(dueAt: number, now: number): void {
    const question = ++this.#question;
    const ms = Math.max(0, dueAt - now) + UNUSED_FOR_MS;
    this.#standing = { kind: 'asked', until: now + ANSWER_WITHIN_MS };
    void this.#desk.askLease(this.#circuit, ms, ANSWER_WITHIN_MS).then((reply) => {
      if (question === this.#question) this.#standing = standingAfter(reply, now + ms, this.#clock.now());
    });
  }

  #tell(ms: number): void {
    this.#question++;
    void this.#desk.askLease(this.#circuit, ms, ANSWER_WITHIN_MS);
  }
}

function standingAfter(reply: LeaseReply | undefined, until: number, now: number): Standing {
  if (reply?.kind === 'granted') return { kind: 'ours', until };
  return reply?.kind === 'held' ? elsewhere(now) : UNKNOWN;
}

/** However little is left of that lease: who has requests asks again before this ends, and never just tries. */
function elsewhere(now: number): Standing {
  return { kind: 'elsewhere', until: now + ASK_AGAIN_MS };
}
