import { addSums, noSums, type PromptOwner, type PromptSums } from './prompt-record.ts';

const DAY_MS = 86_400_000;
const DAYS_KEPT = 30;

/** What the prompts of one agent were, day by day (UTC). */
export class AgentDays {
  readonly owner: PromptOwner;
  readonly #days = new Map<number, PromptSums>();
  lastAt = 0;

  constructor(owner: PromptOwner) {
    this.owner = owner;
  }

  /** @param at clock milliseconds */
  add(sums: PromptSums, at: number): void {
    const day = Math.floor(at / DAY_MS);
    let kept = this.#days.get(day);
    if (kept === undefined) {
      kept = noSums();
      this.#days.set(day, kept);
      if (this.#days.size > DAYS_KEPT) this.#days.delete(Math.min(...this.#days.keys()));
    }
    addSums(kept, sums);
    this.lastAt = Math.max(this.lastAt, at);
  }

  /** Rising by day. */
  days(): readonly { readonly day: string; readonly sums: PromptSums }[] {
    return [...this.#days]
      .sort(([a], [b]) => a - b)
      .map(([day, sums]) => ({ day: new Date(day * DAY_MS).toISOString().slice(0, 10), sums }));
  }
}
