import type { Exchange } from './exchange.ts';
import { triesOf } from './exchange.ts';
import type { Runtime } from './runtime.ts';

/** The end of every exchange, however it went: counted, and one line in the log. */
export function settle(exchange: Exchange, runtime: Runtime): void {
  runtime.exchanges.delete(exchange);
  const { outcome, call } = exchange;
  runtime.telemetry.exchangeDone({
    id: exchange.id,
    endpoint: exchange.endpoint,
    model: call.model,
    stream: call.stream,
    status: outcome.status,
    httpStatus: outcome.httpStatus,
    target: outcome.target,
    tries: triesOf(exchange),
    fallbackDepth: outcome.fallbackDepth,
    resumed: outcome.resumed,
    ms: runtime.clock.now() - exchange.startedAt,
    overheadMs: exchange.overheadMs,
    firstTokenMs: outcome.firstTokenMs,
    usage: outcome.usage,
    failure: outcome.failure,
    attempts: exchange.attempts,
  });
}
