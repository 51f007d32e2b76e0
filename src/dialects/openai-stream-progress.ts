import { cutOff, emptyStream } from '../failures/check-answer.ts';
import type { Failure } from '../failures/failure.ts';
import { judgeFinish } from '../failures/finish-reason.ts';
import { type ChatChunk, glanceChunk, readChunk } from './openai-chat-stream.ts';
import { SeenOutput } from './seen-output.ts';
import type { SseEvent } from './sse-reader.ts';
import type { ReportedTokens, StreamProgress, StreamStep } from './stream-progress.ts';

/** Follows one streamed chat or text completion: has it begun, is it finished, what did it cost. */
export class OpenAiStreamProgress implements StreamProgress {
  /** Every choice asked for has its finish reason: nothing can be missing any more. */
  finished = false;
  /** `[DONE]` was seen. */
  done = false;
  /** A choice was ended by the provider's content filter. */
  filtered = false;
  usage: ReportedTokens | undefined;
  /** The parsed event that carried an error. */
  error: unknown;
  /** What was found wrong with the way the answer finished, where that was the error. */
  failure: Failure | undefined;
  /** Events that were no JSON and were left out. */
  malformed = 0;
  readonly #seen = new SeenOutput();
  readonly #choices: number;
  readonly #dropUsage: boolean;
  readonly #finishedChoices = new Set<number>();
  /** Choices that have said something since they finished, or without ever finishing. */
  readonly #open = new Set<number>();
  /** A choice went on behind its finish: such a server's finish says little, and only its `[DONE]` is believed. */
  #wentOn = false;
  /** An empty text at least was sent. */
  #said = false;

  constructor(options: { choices: number; dropUsage: boolean }) {
    this.#choices = options.choices;
    this.#dropUsage = options.dropUsage;
  }

  get deltas(): number {
    return this.#seen.tokens;
  }

  /** @param begun after the first delta a glance is enough: nothing is parsed that need not be */
  take(event: SseEvent, begun: boolean): StreamStep {
    const glance = begun ? glanceChunk(event) : undefined;
    // Behind the last finish nothing more should come: what does is read, for it may be more of the answer.
    if (glance === 'other' && this.#finishedChoices.size < this.#choices) {
      this.#seen.glanced(event);
      return 'delta';
    }
    if (glance === 'malformed') return this.#skip();
    return this.#read(event);
  }

  #read(event: SseEvent): StreamStep {
    const chunk = readChunk(event.data);
    switch (chunk.kind) {
      case 'done':
        this.done = true;
        this.finished = this.#isWhole();
        return 'done';
      case 'malformed':
        return this.#skip();
      case 'error':
        this.error = chunk.error;
        return 'error';
      default:
        break;
    }
    if (chunk.usage !== undefined) this.usage = chunk.usage;
    this.#said ||= chunk.says;
    this.failure = this.#wrongFinish(chunk);
    if (this.failure !== undefined) return 'error';
    if (chunk.speaking.length > 0) this.#speak(chunk.speaking);
    for (const finish of chunk.finishes) this.#finish(finish.index);
    this.finished = this.#isWhole();
    if (chunk.kind === 'usage') return this.#dropUsage && chunk.choices === 0 ? 'drop' : 'quiet';
    if (chunk.kind === 'quiet') return 'quiet';
    if (chunk.kind === 'delta') this.#seen.read(event, chunk.text + chunk.reasoning);
    return 'delta';
  }

  #speak(choices: readonly number[]): void {
    for (const index of choices) {
      if (this.#finishedChoices.has(index)) this.#wentOn = true;
      this.#open.add(index);
    }
  }

  #finish(index: number): void {
    this.#finishedChoices.add(index);
    this.#open.delete(index);
  }

  /**
   * All choices have finished, and none has gone on since. Where one has, more of it may be missing at any time: then it takes the
   * stream's proper end to be sure.
   */
  #isWhole(): boolean {
    if (this.#finishedChoices.size < this.#choices) return false;
    if (!this.done) return this.#open.size === 0 && !this.#wentOn;
    for (const index of this.#open) if (!this.#finishedChoices.has(index)) return false;
    return true;
  }

  /** The same that a whole answer is checked for: a finish reason that means failure, and a proper end of nothing at all. */
  #wrongFinish(chunk: ChatChunk): Failure | undefined {
    for (const { reason } of chunk.finishes) {
      const verdict = judgeFinish(reason);
      if (verdict === 'filtered') this.filtered = true;
      if (verdict === 'filtered' || reason === 'length') continue;
      if (verdict !== 'answer') return cutOff(verdict, reason);
      if (this.deltas === 0 && !this.#said) return emptyStream();
    }
    return undefined;
  }

  #skip(): StreamStep {
    this.malformed++;
    return 'drop';
  }
}
