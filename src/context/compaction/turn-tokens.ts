import type { Clock } from '../../clock.ts';
import type { Conversation } from '../../dialects/conversation/request.ts';
import { LruMap } from '../../lru-map.ts';
import type { ConversationTokens } from './plan-compaction.ts';
import { type CountEach, nextKey } from './summaries.ts';
import { tokensBesideText, turnText } from './turn-content.ts';

export interface TurnTokensOptions {
  readonly clock: Clock;
  readonly count: CountEach;
  /** Turns whose tokens are remembered. Default 100,000; one is some 100 bytes. */
  readonly turnsKept?: number;
}

/** Characters counted at once. */
const PORTION = 500_000;
const NOTHING: ReadonlyMap<string, number> = new Map();

/** Counts conversations: only turns never seen before, as an agent sends its whole past each time. */
export class TurnTokens {
  readonly #clock: Clock;
  readonly #count: CountEach;
  readonly #known: LruMap<string, number>;

  constructor({ clock, count, turnsKept = 100_000 }: TurnTokensOptions) {
    this.#clock = clock;
    this.#count = count;
    this.#known = new LruMap(turnsKept);
  }

  /**
   * What its turns count, and what stands before them. Undefined: not known in time.
   *
   * @param keys of its turns
   * @param factor of the model's tokens over those that are counted
   * @param deadline clock milliseconds
   */
  async of(
    { instructions, tools, format, turns }: Conversation,
    keys: readonly string[],
    factor: number,
    deadline: number,
  ): Promise<ConversationTokens | undefined> {
    const head = [...instructions.map(turnText), JSON.stringify(tools), JSON.stringify(format ?? null)].join('\n');
    const headKey = nextKey('head', [head]);
    const headTokens = this.#known.get(headKey);
    const unknown = new Map<string, string>();
    if (headTokens === undefined) unknown.set(headKey, head);
    const found = keys.map((key, index) => {
      const tokens = this.#known.get(key);
      const turn = turns[index];
      if (tokens === undefined && turn !== undefined) unknown.set(key, turnText(turn));
      return tokens;
    });
    const fresh = unknown.size === 0 ? NOTHING : await this.#countNew(unknown, deadline);
    if (fresh === undefined) return undefined;
    const tokensOf = (key: string, known: number | undefined): number => (known ?? fresh.get(key) ?? 0) * factor;
    return {
      head: Math.ceil(tokensOf(headKey, headTokens)),
      turns: turns.map((turn, index) => Math.ceil(tokensOf(keys[index] ?? '', found[index]) + tokensBesideText(turn))),
    };
  }

  /** In portions, each remembered: what a very long conversation had no time for is counted with its next request. */
  async #countNew(
    unknown: ReadonlyMap<string, string>,
    deadline: number,
  ): Promise<ReadonlyMap<string, number> | undefined> {
    const fresh = new Map<string, number>();
    for (const portion of portionsOf(unknown)) {
      if (this.#clock.now() >= deadline) return undefined;
      const counted = await this.#count(portion.map(([, text]) => text));
      if (counted === undefined) return undefined;
      for (const [index, [key]] of portion.entries()) {
        const tokens = counted[index] ?? 0;
        fresh.set(key, tokens);
        this.#known.set(key, tokens);
      }
    }
    return fresh;
  }
}

function portionsOf(texts: ReadonlyMap<string, string>): readonly (readonly (readonly [string, string])[])[] {
  const portions: [string, string][][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const one of texts) {
    characters += one[1].length;
    if (characters > PORTION) {
      portions.push([]);
      characters = one[1].length;
    }
    portions.at(-1)?.push(one);
  }
  return portions;
}
