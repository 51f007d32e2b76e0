import type { JsonObject } from './call.ts';

/** Prompts remembered of one model and key, the newest; and owners at all. */
const PROMPTS_KEPT = 4;
const OWNERS_KEPT = 100;
/** Providers cache in steps of so many tokens, and nothing shorter than the least. */
const STEP = 128;
const LEAST = 1024;

/** What a provider's automatic prompt cache would have: the beginnings of the last prompts. */
export class PromptCache {
  readonly #prompts = new Map<string, string[]>();

  /**
   * Takes a prompt in. @returns how many of its tokens an earlier one began with
   *
   * @param owner model and key: nobody reads another's
   */
  read(owner: string, body: JsonObject, promptTokens: number): number {
    // In the order in which providers read it. What closes the list is no part of what was said.
    const prompt = JSON.stringify([body.tools, body.system ?? body.instructions, body.messages ?? body.input]);
    const before = this.#prompts.get(owner) ?? [];
    let shared = 0;
    for (const one of before) shared = Math.max(shared, sharedPrefix(one, prompt));
    this.#prompts.delete(owner);
    this.#prompts.set(owner, [...before, prompt].slice(-PROMPTS_KEPT));
    if (this.#prompts.size > OWNERS_KEPT) {
      const oldest = this.#prompts.keys().next();
      if (!oldest.done) this.#prompts.delete(oldest.value);
    }
    const tokens = Math.floor(((shared / prompt.length) * promptTokens) / STEP) * STEP;
    return tokens >= LEAST ? tokens : 0;
  }
}

/** Characters that both begin with. */
function sharedPrefix(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    // Slices are views of the text, and compared as fast as memory is read.
    if (a.slice(low, middle) === b.slice(low, middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
