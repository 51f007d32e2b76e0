import { Cancellation } from '../cancellation.ts';
import type { Timer } from '../clock.ts';
import type { Answered, Unanswered } from './answered.ts';
import { askRung } from './ask-rung.ts';
import type { Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';

type Result = Answered | Unanswered;

/** A first token later than this share of the target's own calls is late. */
const LATE_QUANTILE = 0.95;

/**
 * Asks one rung, and another beside it when the first token is late. The first to answer wins, the other is cancelled.
 * What both failed of comes back together, so that the chain goes on without either.
 *
 * @param pickBackup finds the other one when it is needed; undefined: there is none
 */
export async function hedged(
  exchange: Exchange,
  runtime: Runtime,
  rung: Rung,
  pickBackup: () => Rung | undefined,
): Promise<Result> {
  const { gate } = rung;
  gate.hedges.called();
  const late = gate.firstToken.quantile(LATE_QUANTILE);
  if (late === undefined)
    return askRung(exchange, runtime, rung, { cancellation: exchange.cancellation, lastHope: false });

  const first = new Cancellation(exchange.cancellation);
  const second = new Cancellation(exchange.cancellation);
  const result = await race(exchange, runtime, { rung, pickBackup }, [first, second], late);
  // The winner's branch stays attached: its stream still has to hear when the client leaves.
  if (result.kind === 'none' || result.rung !== rung) first.release();
  if (result.kind === 'none' || result.rung === rung) second.release();
  return result;
}

function race(
  exchange: Exchange,
  runtime: Runtime,
  { rung, pickBackup }: { rung: Rung; pickBackup: () => Rung | undefined },
  [first, second]: readonly [Cancellation, Cancellation],
  lateMs: number,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const failed: Unanswered[] = [];
    let running = 1;
    let won = false;
    let timer: Timer | undefined;
    const settle = (result: Result, other: Cancellation) => {
      running--;
      if (won) {
        if (result.kind === 'answer') discard(result);
        return;
      }
      if (result.kind === 'answer') {
        won = true;
        other.cancel('hedge_lost');
      } else {
        failed.push(result);
        if (running > 0) return;
      }
      runtime.clock.clearTimeout(timer);
      resolve(result.kind === 'answer' ? result : { kind: 'none', asked: failed.flatMap((one) => one.asked) });
    };
    const broken = (error: unknown) => {
      if (won) {
        runtime.telemetry.defect(error);
        return;
      }
      // Whatever the other comes to, nobody is left to take it.
      won = true;
      first.cancel('hedge_lost');
      second.cancel('hedge_lost');
      runtime.clock.clearTimeout(timer);
      reject(error);
    };
    const startBackup = () => {
      if (won || running === 0) return;
      let backup: Rung | undefined;
      try {
        backup = pickBackup();
      } catch (error) {
        broken(error);
        return;
      }
      if (backup === undefined || !rung.gate.hedges.tryHedge()) return;
      running++;
      runtime.telemetry.hedged(rung.target.id, backup.target.id);
      askRung(exchange, runtime, backup, { cancellation: second, lastHope: false }).then(
        (r) => settle(r, first),
        broken,
      );
    };
    timer = runtime.clock.setTimeout(startBackup, lateMs);
    askRung(exchange, runtime, rung, { cancellation: first, lastHope: false }).then((r) => settle(r, second), broken);
  });
}

/** An answer that came in the same moment as the winner's. */
function discard(loser: Answered): void {
  if (loser.answer.kind === 'stream') loser.answer.abort();
  loser.bill.seen();
  loser.lease.settle('success');
}
