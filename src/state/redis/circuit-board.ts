import { randomUUID } from 'node:crypto';
import {
  CIRCUITS_SHARED,
  type CircuitBoard,
  type CircuitNews,
  type CircuitOpening,
  CLOSED_KEPT_MS,
  type LeaseReply,
  LONGEST_SHARED_NAME,
} from '../circuit-board.ts';
import type { RedisLink } from './link.ts';
import { loadScript } from './scripts.ts';

const openedScript = loadScript('circuit-opened');
const closedScript = loadScript('circuit-closed');
const leaseScript = loadScript('probe-lease');
const newsScript = loadScript('circuit-news');

/** A circuit may be open, closed and probed at once, each as another replica says. */
const FIELDS_AT_MOST = 3 * CIRCUITS_SHARED;
/** What one field of the board is in {@link CircuitNews}. */
const FIELD = /^([ocl]):(.+)$/s;

/**
 * The board of all replicas in Redis: one small hash under one key, which is gone when nothing on it holds any more. The server's
 * clock is the only one; each call is one script in one round trip, bounded by the link.
 */
export class RedisCircuitBoard implements CircuitBoard {
  readonly #link: Pick<RedisLink, 'run'>;
  readonly #replica: string;
  readonly #key: string;

  /**
   * @param prefix  before the key; deployments that share a server but no targets take different ones
   * @param replica tells this process from the others; without spaces
   */
  constructor(link: Pick<RedisLink, 'run'>, prefix = 'bw', replica: string = randomUUID()) {
    this.#link = link;
    this.#replica = replica;
    this.#key = `${prefix}:circuit:board`;
  }

  async publishOpen({ circuit, ms, attempt }: CircuitOpening): Promise<void> {
    if (!isShared(circuit) || ms <= 0) return;
    const args = [circuit, Math.ceil(ms), this.#replica, attempt, FIELDS_AT_MOST];
    await this.#link.run(openedScript, this.#key, args);
  }

  async publishClosed(circuit: string): Promise<void> {
    if (!isShared(circuit)) return;
    await this.#link.run(closedScript, this.#key, [circuit, CLOSED_KEPT_MS, this.#replica, FIELDS_AT_MOST]);
  }

  async tryProbeLease(circuit: string, ms: number): Promise<LeaseReply> {
    if (!isShared(circuit)) return { kind: 'granted' };
    const args = [circuit, Math.ceil(ms), this.#replica, FIELDS_AT_MOST];
    const left = Number(await this.#link.run(leaseScript, this.#key, args));
    return left > 0 ? { kind: 'held', ms: left } : { kind: 'granted' };
  }

  async read(): Promise<CircuitNews> {
    return newsOf(await this.#link.run(newsScript, this.#key, [this.#replica]));
  }
}

function isShared(circuit: string): boolean {
  return Buffer.byteLength(circuit) <= LONGEST_SHARED_NAME;
}

function newsOf(reply: unknown): CircuitNews {
  const open: CircuitNews['open'][number][] = [];
  const closed: CircuitNews['closed'][number][] = [];
  const probing: CircuitNews['probing'][number][] = [];
  const list: unknown[] = Array.isArray(reply) ? reply : [];
  for (let i = 0; i + 3 < list.length; i += 4) {
    const [, kind, circuit] = FIELD.exec(String(list[i])) ?? [];
    if (circuit === undefined) continue;
    const ms = Number(list[i + 1]);
    if (kind === 'o') open.push({ circuit, ms, attempt: Number(list[i + 3]) });
    else if (kind === 'c') closed.push({ circuit, stamp: String(list[i + 2]) });
    else probing.push({ circuit, ms });
  }
  return { open, closed, probing };
}
