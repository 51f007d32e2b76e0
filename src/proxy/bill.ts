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
  readonly #inputEstimate: () => number;
  readonly #progress: StreamProgress | undefined;

  /**
   * @param inputEstimate tokens of the request, for a provider that never says
   * @param progress of a streamed try: what can be seen of an answer that breaks off
   */
  constructor(rung: Rung, inputEstimate: () => number, progress: StreamProgress | undefined) {
    this.rung = rung;
    this.#inputEstimate = inputEstimate;
    this.#progress = progress;
  }

  /** The answer came, whole. */
  answered(tokens: ReportedTokens | undefined): void {
    if (!this.open) return;
    this.open = false;
    this.tokens = tokens === undefined ? this.#estimate(0) : this.#withInput(tokens);
  }

  /** The try is over: a stream ended, well or badly, or was given up. */
  seen(): void {
    if (!this.open) return;
    this.open = false;
    const { usage, deltas } = this.#progress ?? { usage: undefined, deltas: 0 };
    if (usage === undefined) this.tokens = this.#estimate(deltas);
    else if (this.#progress?.finished === true || deltas <= usage.completionTokens)
      this.tokens = this.#withInput(usage);
    else {
      // Broken off before the last count came: what was seen since is known no better than by its events.
      this.tokens = this.#withInput({ ...usage, completionTokens: deltas });
      this.estimated = true;
    }
  }

  /** Nothing was sent. */
  void(): void {
    this.open = false;
  }

  /** The try failed. Billed as far as it was seen where the provider may have done the work. */
  failed(failure: Failure, reported?: ReportedTokens): void {
    if (!this.open) return;
    if (reported !== undefined) this.answered(reported);
    else if (failure.maybeBilled || (this.#progress?.deltas ?? 0) > 0) this.seen();
    else this.open = false;
  }

  /** No request is without input: 0 says that the provider did not say. */
  #withInput(tokens: ReportedTokens): ReportedTokens {
    if (tokens.promptTokens > 0) return tokens;
    this.estimated = true;
    return { ...tokens, promptTokens: this.#inputEstimate() };
  }

  #estimate(outputTokens: number): ReportedTokens {
    this.estimated = true;
    return estimatedTokens(this.#inputEstimate(), outputTokens);
  }
}

/** A count that nobody but this proxy made. */
export function estimatedTokens(promptTokens: number, completionTokens: number): ReportedTokens {
  return { ...NO_TOKENS, promptTokens, completionTokens };
}
