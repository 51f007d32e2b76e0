import { type Logger, pino } from 'pino';
import { LineWriter } from './line-writer.ts';
import { redactSecrets } from './secrets.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export type Log = Logger;

/** Standard output, one for the process: its `lost` lines are a metric. */
export const standardOutput = new LineWriter(1);
process.on('exit', standardOutput.flush);

/** The logs of one process. They differ only in what is looked at on the way out. */
export interface Logs {
  /** For events, which may quote an upstream or a library: what looks like a secret is blanked. */
  readonly events: Log;
  /** For the line of an answered request, made of this proxy's own words and numbers alone: not searched for secrets. */
  readonly requests: Log;
}

/**
 * The log: one JSON object a line on standard output. It holds no bodies and no keys.
 *
 * @param options.write takes the lines, each whole with its line end, in place of standard output
 */
export function createLogs(options: { level: LogLevel; write?: (line: string) => void }): Logs {
  const common = {
    level: options.level,
    base: null,
    timestamp: isoTime,
    formatters: { level: (level: string) => ({ level }) },
  };
  const destination = options.write === undefined ? standardOutput : { write: options.write };
  return {
    events: pino({ ...common, hooks: { streamWrite: redactSecrets } }, destination),
    requests: pino(common, destination),
  };
}

let second = 0;
let secondText = '';

/** pino's ISO time, with the part that changes once a second made once a second. */
function isoTime(): string {
  const now = Date.now();
  const seconds = Math.floor(now / 1000);
  if (seconds !== second) {
    second = seconds;
    secondText = new Date(seconds * 1000).toISOString().slice(0, 20);
  }
  return `,"time":"${secondText}${String(now - seconds * 1000).padStart(3, '0')}Z"`;
}
