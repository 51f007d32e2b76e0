import { Connection, type ConnectionOptions, type Reply } from './connection.ts';

/** A load where each of some clients sends its next request when it has the answer to the last. */
export interface ClosedLoop extends ConnectionOptions {
  readonly port: number;
  /** The request, or what gives the next one. */
  readonly request: Buffer | (() => Buffer);
  readonly connections: number;
  /** No request is begun after this many milliseconds; those on the way are waited for. */
  readonly forMs: number;
  /** Milliseconds between the first requests of the connections, so that streams do not beat together. */
  readonly staggerMs?: number;
  /** What is wrong with an answer, if anything. */
  readonly check: (reply: Reply) => string | undefined;
  /** Bad answers are what is measured: go on whatever their number. */
  readonly toleratesBad?: boolean;
  /** Called for each good answer. */
  readonly onGood?: (reply: Reply) => void;
}

export interface ClosedLoopResult {
  readonly good: number;
  readonly bad: number;
  /** What was wrong, with counts. */
  readonly complaints: ReadonlyMap<string, number>;
  /** Milliseconds from the first request to the last answer. */
  readonly tookMs: number;
}

/** Answers in one loop that were too bad to go on: something is broken, and figures of it would be lies. */
const BAD_ENOUGH = 50;

export function runClosedLoop(load: ClosedLoop): Promise<ClosedLoopResult> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const complaints = new Map<string, number>();
    let good = 0;
    let bad = 0;
    let open = load.connections;

    const next = (connection: Connection) => {
      const goesOn = load.toleratesBad === true || bad < BAD_ENOUGH;
      if (goesOn && performance.now() - startedAt < load.forMs) {
        connection.send(typeof load.request === 'function' ? load.request() : load.request);
        return;
      }
      connection.destroy();
      open--;
      if (open === 0) resolve({ good, bad, complaints, tookMs: performance.now() - startedAt });
    };
    const onReply = (reply: Reply, connection: Connection) => {
      const complaint = reply.error ?? load.check(reply);
      if (complaint === undefined) {
        good++;
        load.onGood?.(reply);
      } else {
        bad++;
        complaints.set(complaint, (complaints.get(complaint) ?? 0) + 1);
      }
      next(connection);
    };

    for (let index = 0; index < load.connections; index++) {
      const connection = new Connection(load.port, onReply, load);
      if (load.staggerMs === undefined) next(connection);
      else setTimeout(next, index * load.staggerMs, connection);
    }
  });
}

/** Throws unless every answer was good. */
export function mustBeGood(who: string, result: ClosedLoopResult): void {
  if (result.bad === 0 && result.good > 0) return;
  const list = [...result.complaints].map(([complaint, count]) => `${count} x ${complaint}`).join('; ');
  throw new Error(`${who}: ${result.bad} bad answers of ${result.good + result.bad}: ${list}`);
}
