/** A header that tells a client when, or whether, to try again; several are wrong on purpose. */
export type HintName =
  | 'retry-after'
  | 'retry-after-ms'
  | 'retry-after-date'
  | 'retry-after-negative'
  | 'retry-after-garbage'
  | 'ratelimit-reset'
  | 'should-retry'
  | 'should-not-retry';

export interface Hint {
  readonly name: HintName;
  readonly ms: number;
}

/** The header of one hint, at a wall-clock time in milliseconds. */
export function hintHeader(hint: Hint, now: number): readonly [name: string, value: string] {
  switch (hint.name) {
    case 'retry-after':
      return ['retry-after', String(hint.ms / 1000)];
    case 'retry-after-ms':
      return ['retry-after-ms', String(hint.ms)];
    case 'retry-after-date':
      // An HTTP date has whole seconds: rounded up, so that waiting for it waits at least the time meant.
      return ['retry-after', new Date(Math.ceil((now + hint.ms) / 1000) * 1000).toUTCString()];
    case 'retry-after-negative':
      return ['retry-after', '-5'];
    case 'retry-after-garbage':
      return ['retry-after', 'soon, we hope'];
    case 'ratelimit-reset':
      return ['x-ratelimit-reset-requests', goDuration(hint.ms)];
    case 'should-retry':
      return ['x-should-retry', 'true'];
    case 'should-not-retry':
      return ['x-should-retry', 'false'];
  }
}

/** Milliseconds as OpenAI's headers spell them: `12ms`, `2s`, `6m0s`. */
function goDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
