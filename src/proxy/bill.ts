import { NO_TOKENS } from '../dialects/reported-tokens.ts';
import type { ReportedTokens, StreamProgress } from '../dialects/stream-progress.ts';
import type { Failure } from '../failures/failure.ts';
import type { Rung } from './chain.ts';
import type { Worst } from './worst-case.ts';

/**
 * What one try cost: open while the try runs, closed once with what it used, as the provider counted it or as far as it was seen. A
 * try that the provider cannot have charged for is closed as void. Closing again changes nothing: whoever knows first, says it.
 */
export class Bill {
  readonly rung: Rung;
  /** Undefined while the try runs, and for one that cost nothing. */
  tokens: ReportedTokens | undefined;
  /** What was used is (partly) counted by this proxy, as the provider did not say. */
  estimated = false;
  open = true;
  /** An embedding or a judge's word: no part of what the answer cost. */
  forCache = false;
  /** What the try can cost at most, where a budget has to hold it. */
  worst: Worst | undefined;
  #inputEstimate: (() => number) | undefined;
  #progress: StreamProgress | undefined;

  /**
   * @param inputEstimate tokens of the request, for a provider that never says
   * @param progress of a streamed try: what can be seen of an answer that breaks off
   */
  constructor(rung: Rung, inputEstimate: () => number, progress: StreamProgress | undefined) {
    this.rung = rung;
    this.#inputEstimate = inputEstimate;
    this.#progress = progress;
  }

  /**
   * The answer came, whole.
   *
   * @param outputEstimate tokens of the answer, for a provider that counted nothing; default: it has none
   */
  answered(tokens: ReportedTokens | undefined, outputEstimate?: () => number): void {
    if (!this.open) return;
    this.tokens = tokens === undefined ? this.#estimate(outputEstimate?.() ?? 0) : this.#withInput(tokens);
    this.#close();
  }

  /** The try is over: a stream ended, well or badly, or was given up. */
  seen(): void {
    if (!this.open) return;
    const { usage, deltas } = this.#progress ?? { usage: undefined, deltas: 0 };
    if (usage === undefined) this.tokens = this.#estimate(deltas);
    else if (this.#progress?.finished === true || deltas <= usage.completionTokens)
      this.tokens = this.#withInput(usage);
    else {
      // Broken off before the last count came: what was seen since is known no better than by its events.
      this.tokens = this.#withInput({ ...usage, completionTokens: deltas });
      this.estimated = true;
    }
    this.#close();
  }

  /** Nothing was sent. */
  void(): void {
    this.#close();
  }

  /** The try failed. Billed as far as it was seen where the provider may have done the work. */
  failed(failure: Failure, reported?: ReportedTokens): void {
    if (!this.open) return;
    if (reported !== undefined) this.answered(reported);
    else if (failure.maybeBilled || (this.#progress?.deltas ?? 0) > 0) this.seen();
    else this.#close();
  }

  /** Lets go of the try: what is kept of a request after its end is what costs the garbage collector most. */
  #close(): void {
    this.open = false;
    this.#inputEstimate = undefined;
    this.#progress = undefined;
  }

  /** No request is without input: 0 says that the provider did not say. */
  #withInput(tokens: ReportedTokens): ReportedTokens {
    if (tokens.promptTokens > 0) return tokens;
    this.estimated = true;
    return { ...tokens, promptTokens: this.#inputEstimate?.() ?? 0 };
  }

  #estimate(outputTokens: number): ReportedTokens {
    this.estimated = true;
    return estimatedTokens(this.#inputEstimate?.() ?? 0, outputTokens);
  }
}

/** A count that nobody but this proxy made. */
export function estimatedTokens(promptTokens: number, completionTokens: number): ReportedTokens {
  return { ...NO_TOKENS, promptTokens, completionTokens };
}
