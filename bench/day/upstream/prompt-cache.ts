import { hash } from 'node:crypto';

/** Idle entries are dropped after so long, milliseconds: 5 to 10 minutes at providers that say so. */
const KEPT_MS = 5 * 60_000;
/** Shorter prompts are not cached, and what is cached comes in such steps, tokens. */
const LEAST = 1_024;
const STEP = 128;

/** A provider's cache of prompts: what a prompt has in common with one that came shortly before, message by message from the first. */
export class PromptCache {
  readonly #seen = new Map<string, number>();

  /**
   * @param parts the prompt's parts in order, with their tokens
   * @returns tokens that are read from the cache
   */
  read(model: string, parts: readonly { readonly text: string; readonly tokens: number }[], now: number): number {
    let chain = model;
    let tokens = 0;
    let known = 0;
    for (const part of parts) {
      chain = hash('sha1', `${chain}\n${part.text}`);
      tokens += part.tokens;
      const at = this.#seen.get(chain);
      // A part's name holds all before it: whatever is known has its whole past in common.
      if (at !== undefined && now - at <= KEPT_MS) known = tokens;
      if (tokens >= LEAST) this.#seen.set(chain, now);
    }
    // The last token is always read anew.
    const whole = Math.floor(Math.min(known, tokens - 1) / STEP) * STEP;
    return whole >= LEAST ? whole : 0;
  }
}
