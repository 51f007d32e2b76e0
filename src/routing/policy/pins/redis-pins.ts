import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../../../clock.ts';
import type { EvidenceLink } from '../../evidence/store/redis-evidence.ts';
import type { Pin } from '../session-pins.ts';
import { PIN_KEPT_MS, pinName, type SharedPinStore } from './pin-store.ts';

/** Conversations of one tenant. About 200 bytes each. */
const MOST_OF_TENANT = 10_000;
/** No tenant has this name. A key's hash tag must not be empty: Redis would then take the whole key. */
const NO_TENANT = '~';

const lua = readFileSync(new URL('./lua/keep-pin.lua', import.meta.url), 'utf8');
const keepScript = { name: 'routing/keep-pin', lua, sha: createHash('sha1').update(lua).digest('hex') };

/** Which model conversations are with, for all replicas: one hash a tenant, and when each was touched, in one slot. */
export class RedisPinStore implements SharedPinStore {
  readonly shared = true;
  readonly #link: EvidenceLink;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #prefix: string;
  readonly #most: number;

  /** @param most of one tenant */
  constructor(link: EvidenceLink, clock: Pick<Clock, 'now'>, prefix: string, most = MOST_OF_TENANT) {
    this.#link = link;
    this.#clock = clock;
    this.#prefix = prefix;
    this.#most = most;
  }

  async find(session: string): Promise<Pin | undefined> {
    const found = await this.#link.call('hget', this.#keyOf(session), pinName(session));
    const pin = typeof found === 'string' ? readPin(found) : undefined;
    return pin === undefined || this.#clock.now() - pin.at > PIN_KEPT_MS ? undefined : pin;
  }

  async keep(session: string, { model, at, tokens }: Pin): Promise<void> {
    const pin = JSON.stringify([model, at, tokens]);
    await this.#link.run(keepScript, this.#keyOf(session), [pinName(session), pin, PIN_KEPT_MS, this.#most]);
  }

  /** The connection belongs to whoever made it. */
  close(): void {}

  /** A conversation's name begins with its tenant's, and a line's end. */
  #keyOf(session: string): string {
    const tenant = session.slice(0, session.indexOf('\n'));
    return `${this.#prefix}:{${tenant === '' ? NO_TENANT : tenant}}:pins`;
  }
}

/** Undefined: another version has written it. */
function readPin(text: string): Pin | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const [model, at, tokens]: unknown[] = Array.isArray(read) ? read : [];
  return typeof model === 'string' && typeof at === 'number' && typeof tokens === 'number'
    ? { model, at, tokens }
    : undefined;
}
