import { hash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Turn } from '../../dialects/conversation/request.ts';
import { LruMap } from '../../lru-map.ts';
import { summaryInstructions, transcript } from './transcript.ts';

/** One question to the summarizer. */
export interface SummaryAsk {
  /** For the system prompt. */
  readonly instructions: string;
  /** For the user's message. */
  readonly text: string;
  /** The cap on the answer. */
  readonly maxTokens: number;
  /** Clock milliseconds; an answer after it is not waited for. */
  readonly deadline: number;
  /** Nobody will want it any more: the proxy ends. */
  readonly signal: AbortSignal;
}

/** Asks the summarizing model and bills it to whom it is for. Undefined, or a rejection: there is no summary. */
export type Summarize = (ask: SummaryAsk) => Promise<string | undefined>;

/** Tokens of each text; undefined: not known in time. */
export type CountEach = (texts: readonly string[]) => Promise<readonly number[] | undefined>;

export interface Summary {
  readonly text: string;
  /** Of the text alone, as the model asked for counts them. */
  readonly tokens: number;
}

/** A summary and what it is made of: the summary of the step before, and these turns. */
export interface SummaryStep {
  readonly key: string;
  readonly to: number;
  readonly turns: readonly Turn[];
  /** Tokens of those turns. */
  readonly tokens: number;
}

/** Where replicas share their summaries, so that a provider's cache is good whichever of them a request comes to. Neither rejects. */
export interface SummaryShelf {
  get(key: string): Promise<string | undefined>;
  /** Keeps a summary, unless another stands there already. @returns the one that stands there */
  keep(key: string, text: string): Promise<string>;
}

export interface SummariesOptions {
  readonly clock: Clock;
  readonly count: CountEach;
  /** Summaries remembered. Default 2,000; one is some 10 kB. */
  readonly most?: number;
  /** Summaries made at once. Default 8. */
  readonly atOnce?: number;
  /** How long a summary that failed is not asked for again, milliseconds. Default 30,000. */
  readonly restAfterFailure?: number;
  /** How long the summarizer may take, milliseconds; requests wait as long as their own deadline says. Default 60,000. */
  readonly limit?: number;
  /** Absent: each process makes its own. */
  readonly shelf?: SummaryShelf | undefined;
  /** Told why a summary failed, where that is not known to whoever asked the summarizer. */
  readonly onFailure?: (why: unknown) => void;
}

/** How the summaries of one conversation are made. */
export interface SummaryOrder {
  readonly steps: readonly SummaryStep[];
  readonly summarize: Summarize;
  readonly summaryTokens: number;
  /** Turns read at once, tokens: the summarizer has a window, too. */
  readonly mostTokens: number;
  /** Tokens of the model asked for, of one that is counted. */
  readonly factor: number;
}

/**
 * The summaries by what they stand for. Each is asked for once, however many requests want it, and outlives the request that wanted it
 * first.
 */
export class Summaries {
  readonly #clock: Clock;
  readonly #count: CountEach;
  readonly #atOnce: number;
  readonly #rest: number;
  readonly #limit: number;
  readonly #onFailure: (why: unknown) => void;
  readonly #shelf: SummaryShelf | undefined;
  readonly #known: LruMap<string, Summary>;
  readonly #failedAt: LruMap<string, number>;
  readonly #making = new Map<string, Promise<Summary | undefined>>();
  readonly #closing = new AbortController();

  constructor(options: SummariesOptions) {
    const { clock, count, most = 2000, atOnce = 8, restAfterFailure = 30_000, limit = 60_000 } = options;
    this.#clock = clock;
    this.#count = count;
    this.#atOnce = atOnce;
    this.#rest = restAfterFailure;
    this.#limit = limit;
    this.#onFailure = options.onFailure ?? (() => undefined);
    this.#shelf = options.shelf;
    this.#known = new LruMap(most);
    this.#failedAt = new LruMap(most);
  }

  /** Summaries being made. */
  get making(): number {
    return this.#making.size;
  }

  known(step: SummaryStep | undefined): Summary | undefined {
    return step === undefined ? undefined : this.#known.get(step.key);
  }

  /**
   * The summary at the last step: known, or made now. Undefined: there is none in time. Never fails.
   *
   * @param until how long it is waited for, clock milliseconds; it is made all the same, for the next request
   */
  async at(order: SummaryOrder, until: number): Promise<Summary | undefined> {
    const step = order.steps.at(-1);
    if (step === undefined) return undefined;
    return this.known(step) ?? (await this.#inTime(this.#start(step, order), until));
  }

  /** Makes the summary at the last step without anybody waiting for it. */
  prepare(order: SummaryOrder): void {
    const step = order.steps.at(-1);
    if (step === undefined || this.#known.get(step.key) !== undefined) return;
    void this.#start(step, order);
  }

  /** Resolves when all summaries under way are made, or failed. */
  async idle(): Promise<void> {
    while (this.#making.size > 0) await Promise.all(this.#making.values());
  }

  /** Gives up what is being made. Nothing is made after it. Resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.idle();
  }

  #start(step: SummaryStep, order: SummaryOrder): Promise<Summary | undefined> {
    const running = this.#making.get(step.key);
    if (running !== undefined) return running;
    const failedAt = this.#failedAt.get(step.key);
    const resting = failedAt !== undefined && this.#clock.now() - failedAt < this.#rest;
    if (resting || this.#making.size >= this.#atOnce || this.#closing.signal.aborted) return Promise.resolve(undefined);
    const making = this.#make(order)
      .catch((error: unknown) => {
        this.#onFailure(error);
        return undefined;
      })
      .then((summary) => {
        this.#making.delete(step.key);
        if (summary === undefined) this.#failedAt.set(step.key, this.#clock.now());
        return summary;
      });
    this.#making.set(step.key, making);
    return making;
  }

  /** From the last step that is known, in as few questions as the summarizer's window allows; mostly one. */
  async #make(order: SummaryOrder): Promise<Summary | undefined> {
    const { steps, mostTokens } = order;
    if (this.#shelf !== undefined) await this.#learn(this.#shelf, order);
    let done = steps.findLastIndex((step) => this.#known.get(step.key) !== undefined);
    let summary = this.known(steps[done]);
    const unread = steps.slice(done + 1).reduce((sum, { tokens }) => sum + tokens, 0);
    const most = Math.max(mostTokens, unread / MOST_QUESTIONS);
    while (done < steps.length - 1) {
      const turns: Turn[] = [];
      let tokens = 0;
      let next = done;
      for (let step = steps[next + 1]; step !== undefined; step = steps[next + 1]) {
        if (next > done && tokens + step.tokens > most) break;
        turns.push(...step.turns);
        tokens += step.tokens;
        next++;
      }
      const made = await this.#ask(turns, (summary?.tokens ?? 0) + tokens, summary, order);
      const reached = steps[next];
      if (made === undefined || reached === undefined) return undefined;
      summary = await this.#agreed(reached.key, made, order.factor);
      this.#known.set(reached.key, summary);
      done = next;
    }
    return summary;
  }

  /** Takes over what another process made last of it. */
  async #learn(shelf: SummaryShelf, { steps, factor }: SummaryOrder): Promise<void> {
    const unknown = steps.slice(steps.findLastIndex((step) => this.#known.get(step.key) !== undefined) + 1);
    const texts = await Promise.all(unknown.map(({ key }) => shelf.get(key)));
    const last = texts.findLastIndex((text) => text !== undefined);
    const [key, text] = [unknown[last]?.key, texts[last]];
    if (key === undefined || text === undefined) return;
    const [counted] = (await this.#count([text])) ?? [];
    if (counted !== undefined) this.#known.set(key, { text, tokens: Math.ceil(counted * factor) });
  }

  /** Of several processes that made the same summary the first one's is everybody's. */
  async #agreed(key: string, made: Summary, factor: number): Promise<Summary> {
    const text = this.#shelf === undefined ? made.text : await this.#shelf.keep(key, made.text);
    if (text === made.text) return made;
    const [counted] = (await this.#count([text])) ?? [];
    return counted === undefined ? made : { text, tokens: Math.ceil(counted * factor) };
  }

  /** @param replaced tokens of what the summary stands for: it must be shorter */
  async #ask(
    turns: readonly Turn[],
    replaced: number,
    before: Summary | undefined,
    { summarize, summaryTokens: maxTokens, factor }: SummaryOrder,
  ): Promise<Summary | undefined> {
    const { signal } = this.#closing;
    if (signal.aborted) return undefined;
    const instructions = summaryInstructions(maxTokens);
    const deadline = this.#clock.now() + this.#limit;
    const ask = { instructions, text: transcript(turns, before?.text), maxTokens, deadline, signal };
    const said = (await summarize(ask))?.trim();
    if (said === undefined || said === '') return undefined;
    const [counted] = (await this.#count([said])) ?? [];
    if (counted === undefined) return undefined;
    const tokens = Math.ceil(counted * factor);
    if (tokens < replaced) return { text: said, tokens };
    this.#onFailure(`the summary has ${tokens} tokens, what it stands for ${replaced}`);
    return undefined;
  }

  async #inTime(making: Promise<Summary | undefined>, deadline: number): Promise<Summary | undefined> {
    let late: (nothing: undefined) => void = () => undefined;
    const timer = this.#clock.setTimeout(
      () => late(undefined),
      Math.min(LONGEST_WAIT, Math.max(0, deadline - this.#clock.now())),
    );
    try {
      return await Promise.race([
        making,
        new Promise<undefined>((resolve) => {
          late = resolve;
        }),
      ]);
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }
}

/** A conversation many times its cap that nobody has seen yet: rather long questions than dozens of them. */
const MOST_QUESTIONS = 8;

/** A timer takes no more; it is three weeks. */
const LONGEST_WAIT = 2_147_483_647;

/** The name of the summary that follows the one of that name with these turns. */
export function nextKey(before: string, turnKeys: readonly string[]): string {
  return hash('sha256', `${before}\n${turnKeys.join('\n')}`, 'base64url').slice(0, 32);
}
