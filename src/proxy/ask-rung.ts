import type { Cancellation } from '../cancellation.ts';
import { type Failure, UpstreamFailure } from '../failures/failure.ts';
import type { Answered, Continuation, Unanswered } from './answered.ts';
import type { Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';
import { fits } from './fitness.ts';
import { passOver } from './pass-over.ts';
import { RungLoop, TargetRefused } from './rung-loop.ts';
import type { Runtime } from './runtime.ts';
import { type Prepared, prepare, tryTarget } from './try-target.ts';

/** How one rung is asked. */
export interface AskMode {
  readonly cancellation: Cancellation;
  /** Every circuit is open: one call is let through all the same. */
  readonly lastHope: boolean;
  /** The target is to continue a broken stream. */
  readonly continuation?: Continuation;
  /** The answer is looked at before any of it goes out, and another model follows whatever it is. */
  readonly heldWhole?: true;
}

/** All tries of one rung. Never rejects for what an upstream did. */
export async function askRung(
  exchange: Exchange,
  runtime: Runtime,
  rung: Rung,
  mode: AskMode,
): Promise<Answered | Unanswered> {
  let prepared: Prepared;
  try {
    prepared = prepare(exchange, rung);
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    return unable(exchange, runtime, rung, error.failure);
  }
  const moreToAsk = mode.heldWhole === true || (!mode.lastHope && laterRungOpen(exchange, rung));
  const loop = new RungLoop<Answered>(exchange, runtime, rung, { ...mode, moreToAsk }, (headers, lease, newSocket) =>
    // A target asked against its open circuit gets the usual time and no more: it is expected to fail.
    tryTarget(exchange, runtime, rung, {
      ...mode,
      prepared,
      headers,
      lease,
      newSocket,
      patient: !moreToAsk && !mode.lastHope,
    }),
  );
  try {
    return await loop.run();
  } catch (error) {
    if (error instanceof UpstreamFailure)
      return { kind: 'none', asked: [{ rung, failure: error.failure, refused: false }] };
    if (!(error instanceof TargetRefused)) throw error;
    passOver(exchange, runtime, rung, error.reason);
    return {
      kind: 'none',
      asked: [{ rung, failure: loop.lastFailure ?? error.failure, refused: loop.lastFailure === undefined }],
    };
  }
}

/** The target cannot serve such a request: it is passed over, and its circuit and keys hear nothing of it. */
function unable(exchange: Exchange, runtime: Runtime, rung: Rung, failure: Failure): Unanswered {
  passOver(exchange, runtime, rung, failure.message);
  return { kind: 'none', asked: [{ rung, failure, refused: failure.class === 'capability_unsupported' }] };
}

/** A later rung that can serve the request would be admitted now. Where none is, this target may use what is left of the deadline. */
function laterRungOpen(exchange: Exchange, rung: Rung): boolean {
  for (const later of exchange.chain.rungs) {
    if (later.index <= rung.index || !fits(exchange, later)) continue;
    if (later.gate.circuit.admits() && later.gate.keys?.usable() !== 0) return true;
  }
  return false;
}
