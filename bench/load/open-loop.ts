import { Connection, type ConnectionOptions, type Reply } from './connection.ts';

/** A load of a steady rate: requests start on a schedule, whether or not earlier ones are answered. */
export interface OpenLoop extends ConnectionOptions {
  readonly port: number;
  readonly request: Buffer;
  readonly perSecond: number;
  readonly forMs: number;
  readonly check: (reply: Reply) => string | undefined;
}

export interface OpenLoopResult {
  /** Milliseconds from the intended start to the end of each good answer: a stall counts for all who would have come in it. */
  readonly latencies: readonly number[];
  /** Milliseconds by which this generator itself began late: the same for every subject, so it cancels in differences. */
  readonly lateness: readonly number[];
  readonly bad: number;
  readonly complaints: ReadonlyMap<string, number>;
}

/** Waiting for stragglers after the last start, milliseconds. */
const GRACE_MS = 10_000;

export function runOpenLoop(load: OpenLoop): Promise<OpenLoopResult> {
  return new Promise((resolve) => {
    const total = Math.round((load.perSecond * load.forMs) / 1000);
    const latencies: number[] = [];
    const lateness: number[] = [];
    const complaints = new Map<string, number>();
    const intended = new Map<Connection, number>();
    const idle: Connection[] = [];
    let sent = 0;
    let answered = 0;
    const startsAt = performance.now() + 5;
    const dueOf = (index: number) => startsAt + (index * 1000) / load.perSecond;

    const complain = (what: string) => complaints.set(what, (complaints.get(what) ?? 0) + 1);
    const end = () => {
      clearTimeout(overdue);
      for (let missing = answered; missing < sent; missing++)
        complain(`no answer ${GRACE_MS / 1000} s after the last start`);
      for (const connection of intended.keys()) connection.destroy();
      const bad = [...complaints.values()].reduce((sum, count) => sum + count, 0);
      resolve({ latencies, lateness, bad, complaints });
    };
    const overdue = setTimeout(end, load.forMs + GRACE_MS);

    const onReply = (reply: Reply, connection: Connection) => {
      answered++;
      const complaint = reply.error ?? load.check(reply);
      if (complaint === undefined) latencies.push(performance.now() - (intended.get(connection) ?? Number.NaN));
      else complain(complaint);
      idle.push(connection);
      if (answered === total) end();
    };
    const tick = () => {
      const now = performance.now();
      while (sent < total && dueOf(sent) <= now) {
        const due = dueOf(sent++);
        const connection = idle.pop() ?? new Connection(load.port, onReply, load);
        intended.set(connection, due);
        lateness.push(now - due);
        connection.send(load.request);
      }
      if (sent < total) setTimeout(tick, Math.max(0, dueOf(sent) - performance.now()));
    };
    setTimeout(tick, 5);
  });
}
