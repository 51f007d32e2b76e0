import { cutOff, emptyStream } from '../failures/check-answer.ts';
import type { Failure } from '../failures/failure.ts';
import { judgeFinish } from '../failures/finish-reason.ts';
import { type ChatChunk, glanceChunk, readChunk } from './openai-chat-stream.ts';
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
  /** Events with content so far: about one token each where the provider does not count. */
  deltas = 0;
  /** Events that were no JSON and were left out. */
  malformed = 0;
  readonly #choices: number;
  readonly #dropUsage: boolean;
  readonly #finishedChoices = new Set<number>();
  /** An empty text at least was sent. */
  #said = false;

  constructor(options: { choices: number; dropUsage: boolean }) {
    this.#choices = options.choices;
    this.#dropUsage = options.dropUsage;
  }

  /** @param begun after the first delta a glance is enough: nothing is parsed that need not be */
  take(event: SseEvent, begun: boolean): StreamStep {
    const glance = begun ? glanceChunk(event) : undefined;
    if (glance === 'other') {
      this.deltas++;
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
    for (const finish of chunk.finishes) this.#finishedChoices.add(finish.index);
    if (this.#finishedChoices.size >= this.#choices) this.finished = true;
    if (chunk.kind === 'usage') return this.#dropUsage && chunk.choices === 0 ? 'drop' : 'quiet';
    if (chunk.kind === 'quiet') return 'quiet';
    if (chunk.kind === 'delta') this.deltas++;
    return 'delta';
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
