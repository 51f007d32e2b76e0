import type { RedisCommands } from '../cache/store/redis-keys.ts';
import { Seal } from '../cache/store/seal.ts';
import type { SummaryShelf } from '../context/compaction/summaries.ts';

/** Who comes back later than this has the summary made again. */
const KEPT_SECONDS = 24 * 3600;

export interface SummaryShelfOptions {
  readonly link: RedisCommands;
  /** Before every key. */
  readonly prefix: string;
  /** That of the cache, for what stands in Redis is of the same kind; undefined: not encrypted. */
  readonly encryptionKey: string | undefined;
  readonly onTrouble: (reason: string) => void;
}

/** Summaries in Redis, by the hash of what they stand for, for a day. What cannot be read there is made again. */
export class RedisSummaryShelf implements SummaryShelf {
  readonly #options: SummaryShelfOptions;
  readonly #seal: Seal;

  constructor(options: SummaryShelfOptions) {
    this.#options = options;
    this.#seal = new Seal(options.encryptionKey);
  }

  async get(key: string): Promise<string | undefined> {
    try {
      const sealed = await this.#options.link.call('GET', this.#keyOf(key));
      return typeof sealed === 'string' ? this.#open(key, sealed) : undefined;
    } catch (error) {
      this.#tell(error);
      return undefined;
    }
  }

  async keep(key: string, text: string): Promise<string> {
    try {
      const sealed = this.#seal.close(Buffer.from(text), key).toString('base64');
      const { link } = this.#options;
      if ((await link.call('SET', this.#keyOf(key), sealed, 'EX', KEPT_SECONDS, 'NX')) === 'OK') return text;
      return (await this.get(key)) ?? text;
    } catch (error) {
      this.#tell(error);
      return text;
    }
  }

  #open(key: string, sealed: string): string {
    return this.#seal.open(Buffer.from(sealed, 'base64'), key).toString('utf8');
  }

  /** The key is a hash over tenant, agent and all that was said: nobody finds another's. */
  #keyOf(key: string): string {
    return `${this.#options.prefix}:{${key}}:summary`;
  }

  #tell(error: unknown): void {
    this.#options.onTrouble(error instanceof Error ? error.message : String(error));
  }
}
