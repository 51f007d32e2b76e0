import type { CheckResult } from './verdict.ts';

/** Names one audit under way. */
export type AuditTicket = number;

export interface SettledAudit {
  readonly cosine: number;
  readonly attempt: number;
  /** Names the kept answer; undefined: it is not known which it was. */
  readonly entry: string | undefined;
  readonly result: CheckResult;
}

interface OpenAudit {
  readonly cosine: number;
  readonly attempt: number;
  readonly entry: string | undefined;
  readonly deadline: number;
  result: CheckResult | undefined;
}

/** Audits remembered after they were given up. */
const MOST_GIVEN_UP = 1_000;

/**
 * Audits under way, given out in the order in which they were begun.
 *
 * Verdicts come out of order, and not by chance: a checker may take longer over wrong answers. Taken as they come, the first 59 could all
 * be right because the wrong ones are still being looked at.
 *
 * No verdict is waited for without end. One that comes later counts where it is bad, and not where it is good: answers that take long are
 * then no place for errors to hide, and evidence is only ever made stricter by it.
 */
export class AuditQueue {
  readonly #timeout: number;
  readonly #open = new Map<AuditTicket, OpenAudit>();
  /** Those given up, the latest last. */
  readonly #givenUp = new Map<AuditTicket, OpenAudit>();
  /** Bad news of them. */
  #late: SettledAudit[] = [];
  #next: AuditTicket = 1;

  /** @param timeout milliseconds after which an audit counts as unavailable */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  begin(cosine: number, attempt: number, now: number, entry?: string): AuditTicket {
    const ticket = this.#next++;
    this.#open.set(ticket, { cosine, attempt, entry, deadline: now + this.#timeout, result: undefined });
    return ticket;
  }

  /** A ticket that was settled before is ignored, and so is good news of one that was given up. */
  settle(ticket: AuditTicket, result: CheckResult): void {
    const audit = this.#open.get(ticket);
    if (audit !== undefined) audit.result ??= result;
    else if (result === 'wrong' || result === 'unsure') this.#settleLate(ticket, result);
  }

  /** Takes out what is settled or given up, up to the first audit that is still waited for. */
  take(now: number): SettledAudit[] {
    const taken = this.#late;
    this.#late = [];
    for (const [ticket, audit] of this.#open) {
      const { cosine, attempt, entry, deadline, result } = audit;
      if (result === undefined && now < deadline) break;
      this.#open.delete(ticket);
      if (result === undefined) this.#giveUp(ticket, audit);
      taken.push({ cosine, attempt, entry, result: result ?? 'unavailable' });
    }
    return taken;
  }

  get size(): number {
    return this.#open.size;
  }

  #giveUp(ticket: AuditTicket, audit: OpenAudit): void {
    this.#givenUp.set(ticket, audit);
    if (this.#givenUp.size <= MOST_GIVEN_UP) return;
    const [oldest] = this.#givenUp.keys();
    if (oldest !== undefined) this.#givenUp.delete(oldest);
  }

  #settleLate(ticket: AuditTicket, result: CheckResult): void {
    const audit = this.#givenUp.get(ticket);
    if (audit === undefined) return;
    this.#givenUp.delete(ticket);
    const { cosine, attempt, entry } = audit;
    this.#late.push({ cosine, attempt, entry, result });
  }
}
