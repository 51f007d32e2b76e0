import { Agent } from 'undici';
import type { Clock } from '../../clock.ts';

/** Posts one message. */
export interface Poster {
  /**
   * @returns the status that was answered; redirects are not followed
   * @throws where no answer came in time, or at all
   */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<number>;
  /** Gives up what is under way. */
  close(): Promise<void>;
}

/** Long enough for a receiver that does its work before it answers, though it should not. */
const TIMEOUT_MS = 10_000;

/** Over HTTP. Waits are this clock's; undici's own are off, being coarse. */
export class WebhookPoster implements Poster {
  readonly #agent = new Agent({
    allowH2: false,
    connections: 4,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: TIMEOUT_MS },
  });
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(clock: Clock, { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {}) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  async post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<number> {
    const target = new URL(url);
    const given = new AbortController();
    const timer = this.#clock.setTimeout(
      () => given.abort(new Error(`no answer within ${this.#timeoutMs} ms`)),
      this.#timeoutMs,
    );
    try {
      const { statusCode, body: answer } = await this.#agent.request({
        origin: target.origin,
        path: target.pathname + target.search,
        method: 'POST',
        headers: { ...headers, ...credentials(target) },
        body,
        signal: given.signal,
      });
      // What is said beside the status does not matter, and may be endless.
      answer.on('error', ignored);
      answer.destroy();
      return statusCode;
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** The answer was judged by its status; how its body ends is nobody's concern. */
function ignored(): void {}

function credentials({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
