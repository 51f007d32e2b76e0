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

/**
 * Audits under way, given out in the order in which they were begun.
 *
 * Verdicts come out of order, and not by chance: a checker may take longer over wrong answers. Taken as they come, the first 59 could all
 * be right because the wrong ones are still being looked at.
 */
export class AuditQueue {
  readonly #timeout: number;
  readonly #open = new Map<AuditTicket, OpenAudit>();
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

  /** A ticket that is not open (given up, or settled before) is ignored. */
  settle(ticket: AuditTicket, result: CheckResult): void {
    const audit = this.#open.get(ticket);
    if (audit !== undefined) audit.result ??= result;
  }

  /** Takes out what is settled or given up, up to the first audit that is still waited for. */
  take(now: number): SettledAudit[] {
    const taken: SettledAudit[] = [];
    for (const [ticket, { cosine, attempt, entry, deadline, result }] of this.#open) {
      if (result === undefined && now < deadline) break;
      this.#open.delete(ticket);
      taken.push({ cosine, attempt, entry, result: result ?? 'unavailable' });
    }
    return taken;
  }

  get size(): number {
    return this.#open.size;
  }
}
