import type { Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';

/** Records that a target was not called, and why. */
export function passOver(exchange: Exchange, runtime: Runtime, rung: Rung, reason: string): void {
  exchange.attempts.push({ target: rung.target.id, outcome: 'skipped', ms: 0, reason });
  runtime.telemetry.attemptDone(rung.target.id, 'skipped');
}
